// The gateway against its rival and its goals: rate, latency, CPU and memory. See bench/README.md.
//
//   RIVALS_DIR=... npm run bench:gateway -- [--quick] [--only m1,m2,m7,m9] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bed } from './gateway/bed.ts'
import { recordedMix } from './gateway/bodies.ts'
import { type DownResult, measureBrokerDown } from './gateway/broker-down.ts'
import type { Contender } from './gateway/contender.ts'
import {
  againstRival,
  type Finding,
  finding,
  memoryUnderLoad,
  memoryWithoutKafka,
  nothingLost,
  spoolAgainstKafka,
  spoolWithoutKafka,
} from './gateway/findings.ts'
import { readOptions } from './gateway/options.ts'
import { measureProofCost } from './gateway/proof-cost.ts'
import { printDown, printFarEnd, printFindings, printSeries } from './gateway/report.ts'
import { showSpread } from './gateway/spread.ts'
import { measureThroughput, type Series } from './gateway/throughput.ts'

const options = readOptions(process.argv.slice(2), process.env)
const asked = new Set(options.measures)
const findings: Finding[] = []
const result: Record<string, unknown> = {
  node: process.version,
  cores: availableParallelism(),
  load: loadavg(),
}
console.log(
  `Node.js ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)}`,
)

if (asked.has('m7')) await proofCost()
if (asked.has('m1') || asked.has('m2') || asked.has('m9')) await gateways()
console.log('\nGoals')
printFindings(findings)
if (options.json !== undefined) {
  writeFileSync(options.json, JSON.stringify({ options, ...result, findings }, undefined, 2))
}

async function proofCost(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-relay-bench-'))
  const { all, contentType } = recordedMix(folder)
  rmSync(folder, { recursive: true })
  const cost = await measureProofCost(options.dist, all, contentType, options.rounds)
  result['m7'] = cost
  console.log('M7: from body to proven datum, CPU microseconds per event')
  console.log(`  intake      ${showSpread(cost.intake, 1)}`)
  console.log(`  JSON.parse  ${showSpread(cost.parse, 1)}`)
  findings.push(finding('M7', 'intake against JSON.parse', cost.intake.median / cost.parse.median, '<=', 7))
}

async function gateways(): Promise<void> {
  const bed = await Bed.start(options)
  try {
    const kafka = await bed.ourGateway('kafka')
    const spool = asked.has('m2') || asked.has('m9') ? await bed.ourGateway('spool') : undefined
    const ours = spool === undefined ? [kafka] : [kafka, spool]
    const benthos = options.alone ? undefined : await bed.benthos()
    const rivals = benthos === undefined ? [] : [benthos.contender(true), benthos.contender(false)]
    const builds: Contender[] = []
    for (const dist of options.against) builds.push(await bed.ourGateway('kafka', dist))
    const series = await throughput(bed, [...ours, ...builds, ...rivals])
    for (const registries of options.registries) {
      const of = ({ name }: Contender): Series => seriesOf(series, registries, name)
      if (asked.has('m1'))
        for (const rival of rivals) findings.push(...againstRival(of(kafka), of(rival), rival.gzip))
      if (spool !== undefined && asked.has('m2')) findings.push(...spoolAgainstKafka(of(spool), of(kafka)))
      findings.push(...ours.map((one) => nothingLost(of(one))))
      if (asked.has('m9') && registries === 256) findings.push(...ours.map((one) => memoryUnderLoad(of(one))))
    }
    if (spool !== undefined) await brokerDown(bed, ours, series)
    const reports = await bed.check()
    result['farEnd'] = Object.fromEntries(reports)
    printFarEnd(reports)
    for (const { topic } of ours) {
      const missing = reports.get(topic)?.missing ?? Number.NaN
      findings.push(finding('M1', `ids acknowledged and missing in ${topic}`, missing, '<=', 0))
    }
  } finally {
    await bed.stop()
  }
}

async function throughput(bed: Bed, contenders: readonly Contender[]): Promise<readonly Series[]> {
  const { farEnd, load, brokerPid } = bed
  const { rounds, seconds, events, registries } = options
  const series = await measureThroughput(contenders, registries, {
    ...{ farEnd, load, brokerPid, rounds, seconds, events },
    idsFile: (contender) => bed.idsFile(contender),
    onSample: (level, { name }, { perSecond, p99Ms }) =>
      console.error(`  ${level} registries, ${name}: ${perSecond} events/s, p99 ${p99Ms} ms`),
  })
  for (const level of registries) {
    console.log(`\n${level} ${level === 1 ? 'registry' : 'registries'}`)
    printSeries(series.filter((one) => one.registries === level))
  }
  result['throughput'] = series
  return series
}

/** Both with few and with many registries above it; what a gateway without a spool does then is answer 503. */
async function brokerDown(bed: Bed, ours: readonly Contender[], series: readonly Series[]): Promise<void> {
  const { kafka } = bed.stack
  const levels = options.registries.filter((level) => level >= 64)
  const down: DownResult[] = []
  for (const registries of levels) {
    const { load } = bed
    const seconds = options.downSeconds
    const idsFile = (contender: Contender): string => bed.idsFile(contender)
    down.push(...(await measureBrokerDown(ours, { kafka, load, registries, seconds, idsFile })))
  }
  result['brokerDown'] = down
  printDown(down)
  const [acknowledgedByKafka] = ours
  for (const one of down) {
    if (asked.has('m9')) findings.push(...memoryWithoutKafka(one))
    if (!asked.has('m2') || one.contender === acknowledgedByKafka?.name || acknowledgedByKafka === undefined)
      continue
    findings.push(spoolWithoutKafka(one, seriesOf(series, one.registries, acknowledgedByKafka.name)))
  }
}

function seriesOf(series: readonly Series[], registries: number, contender: string): Series {
  const found = series.find((one) => one.registries === registries && one.contender === contender)
  if (found === undefined) throw new Error(`${contender} was not measured with ${registries} registries`)
  return found
}
