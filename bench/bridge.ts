// The bridge against its rivals, against a bare loop, and against its goals. See bench/README.md.
//
//   RIVALS_DIR=... npm run bench:bridge -- [--quick] [--only m3,m4,m8,m9] [--json FILE]
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { Bed } from './bridge/bed.ts'
import type { Contender } from './bridge/contender.ts'
import { type DeadResult, measureDead } from './bridge/dead-endpoint.ts'
import {
  afterKills,
  againstCeiling,
  cpuAgainstRival,
  inOrder,
  memoryUnderLoad,
  memoryWithoutEndpoint,
  rateAgainstRival,
  showLevel,
} from './bridge/findings.ts'
import { type KillResult, measureKill } from './bridge/kill.ts'
import { readOptions } from './bridge/options.ts'
import { printDead, printKills, printSeries } from './bridge/report.ts'
import { type Level, measureThroughput, type Series } from './bridge/throughput.ts'
import type { Finding } from './gateway/findings.ts'
import { printFindings } from './gateway/report.ts'

const slow: Level = { latencyMs: 20, inFlight: 40 }
const fast: Level = { latencyMs: 5, inFlight: 100 }
const immediate: Level = { latencyMs: 0, inFlight: 100 }
const killed = { events: 4_000, after: 1_000 }

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

const bed = await Bed.start(options)
const rivals = [bed.parallelConsumer, bed.benthos].filter((one): one is Contender => one !== undefined)
try {
  if (asked.has('m3') || asked.has('m4') || asked.has('m9')) await throughput()
  if (asked.has('m8')) await kills()
  if (asked.has('m9')) await deadEndpoint()
} finally {
  await bed.stop()
}
console.log('\nGoals')
printFindings(findings)
if (options.json !== undefined) {
  writeFileSync(options.json, JSON.stringify({ options, ...result, findings }, undefined, 2))
}

async function throughput(): Promise<void> {
  const levels = [
    ...(asked.has('m3') || asked.has('m9') ? [slow] : []),
    fast,
    ...(asked.has('m4') ? [immediate] : []),
  ]
  const { endpoint, brokerPid, ours, ceiling, parallelConsumer } = bed
  const topics = await bed.topics.load('rate', options.events)
  const { rounds } = options
  const all = await measureThroughput([ours, ceiling, ...rivals], levels, {
    ...{ endpoint, topics, brokerPid, rounds },
    onSample: (level, { name }, { perSecond, cpuPer1k }) =>
      console.error(
        `  ${showLevel(level)}, ${name}: ${perSecond.toFixed(0)} events/s, ${cpuPer1k.toFixed(3)} CPU s/1k`,
      ),
  })
  result['throughput'] = all
  for (const level of levels) {
    const series = all.filter((one) => one.level === level)
    console.log(`\n${showLevel(level)}, ${options.events} events`)
    printSeries(series)
    const of = ({ name }: Contender): Series => seriesOf(series, name)
    const rival = parallelConsumer === undefined ? undefined : of(parallelConsumer)
    if (asked.has('m3') && level === slow) findings.push(againstCeiling(of(ours), of(ceiling)))
    if (asked.has('m3') && level === fast && rival !== undefined)
      findings.push(rateAgainstRival(of(ours), rival))
    if (asked.has('m3')) findings.push(...inOrder(of(ours)))
    if (asked.has('m4') && level !== slow && rival !== undefined)
      findings.push(cpuAgainstRival(of(ours), rival))
    if (asked.has('m9') && level !== immediate) findings.push(memoryUnderLoad(of(ours)))
  }
}

async function kills(): Promise<void> {
  const { endpoint, topics, ours, parallelConsumer } = bed
  const loaded = await topics.load('kill', killed.events)
  const all: KillResult[] = []
  const contenders = parallelConsumer === undefined ? [ours] : [ours, parallelConsumer]
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of contenders) {
      all.push(await measureKill(contender, { endpoint, topics, loaded, level: fast, after: killed.after }))
    }
  }
  result['kills'] = all
  printKills(all, killed.events)
  findings.push(...afterKills(all.filter(({ contender }) => contender === ours.name)))
}

async function deadEndpoint(): Promise<void> {
  const { topics, ours } = bed
  const { waiting, deadSeconds } = options
  const loaded = await topics.load('dead', waiting)
  const all: DeadResult[] = []
  for (const death of ['refuses', 'silent'] as const) {
    all.push(
      await measureDead(ours, death, { topics, loaded, inFlight: fast.inFlight, seconds: deadSeconds }),
    )
  }
  result['deadEndpoint'] = all
  printDead(all, waiting, deadSeconds)
  findings.push(...all.flatMap(memoryWithoutEndpoint))
}

function seriesOf(series: readonly Series[], contender: string): Series {
  const found = series.find((one) => one.contender === contender)
  if (found === undefined) throw new Error(`${contender} was not measured`)
  return found
}
