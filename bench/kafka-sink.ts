// The sink of events against kafkajs as others would use it, and against its goals. See bench/README.md.
//
//   npm run bench:kafka-sink -- [--quick] [--writers 1,1000] [--memory 10000000] [--json FILE]
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { type Finding, finding } from './gateway/findings.ts'
import { printFindings } from './gateway/report.ts'
import { Bed } from './kafka-sink/bed.ts'
import { built } from './kafka-sink/built.ts'
import type { Contender } from './kafka-sink/contender.ts'
import { JavaProducer } from './kafka-sink/java-producer.ts'
import { type MemoryRun, measureMemory } from './kafka-sink/memory.ts'
import { readOptions } from './kafka-sink/options.ts'
import { bytesOf } from './kafka-sink/payloads.ts'
import { type Figure, figureOf, printSeries, type Series } from './kafka-sink/report.ts'
import type { SubjectName } from './kafka-sink/subjects.ts'

const options = readOptions(process.argv.slice(2))
const findings: Finding[] = []
const all: Series[] = []
let memory: MemoryRun | undefined
const awaiting: readonly SubjectName[] = ['kafka sink', 'record sink', 'plain batcher']
const warmUp = { writers: 200, seconds: 2, events: 20_000 }

console.log(
  `Node.js ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)}`,
)
const bed = await Bed.start()
try {
  await writersInFlight()
  await nobodyWaits()
  if (options.memory > 0) await memoryRun()
} finally {
  await bed.stop()
}
console.log('\nGoals')
printFindings(findings)
if (options.json !== undefined) {
  const machine = { node: process.version, cores: availableParallelism(), load: loadavg() }
  writeFileSync(
    options.json,
    JSON.stringify({ options, ...machine, series: all, memory, findings }, undefined, 2),
  )
}

/** M5 and M6: every event has somebody who waits for it. */
async function writersInFlight(): Promise<void> {
  const contenders = await started(awaiting)
  const [bare] = options.writers.includes(1) ? await started(['bare send']) : []
  for (const writers of options.writers) {
    const racing = writers === 1 && bare !== undefined ? [...contenders, bare] : contenders
    const { seconds, events } = options
    const series = await race(racing, writers, (contender) => contender.run({ writers, seconds, events }))
    console.log(`\n${writers} ${writers === 1 ? 'write' : 'writes'} in flight`)
    printSeries(series)
    const batcher = series.find(({ name }) => name === 'plain batcher')
    for (const name of ['kafka sink', 'record sink']) {
      const ours = series.find((one) => one.name === name)
      if (ours === undefined) continue
      if (batcher !== undefined && writers === 1_000) {
        const what = `rate of the ${name} against a plain batcher, 1,000 in flight`
        findings.push(finding('M5', what, ratio(ours, batcher, 'perSecond'), '>=', 0.9))
      }
      const lone = series.find((one) => one.name === 'bare send')
      if (lone !== undefined) {
        const what = `p50 of the ${name} against a bare send, one in flight`
        findings.push(finding('M6', what, ratio(ours, lone, 'p50Ms'), '<=', 1.2))
      }
      findings.push(...underLoad(ours))
    }
  }
}

/** For the ratio: what kafkajs and Java do with batches that nobody waits for. */
async function nobodyWaits(): Promise<void> {
  const [batches] = await started(['bare batches of 1,000'])
  if (batches === undefined) return
  const { seconds, events } = options
  const java = options.java ? await JavaProducer.find() : undefined
  const topic = await bed.topic('java')
  const sizes = bytesOf(await built(options.dist)).map(({ key, value }) => key.length + value.length)
  const bytes = Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)
  const series: Series[] = [
    { name: batches.name, writers: undefined, samples: [] },
    { name: 'Java, ProducerPerformance', writers: undefined, samples: [] },
  ]
  const [ours, theirs] = series
  for (let round = 0; round < options.rounds; round++) {
    for (const second of [false, true]) {
      ours?.samples.push(await batches.run({ writers: 1, seconds, events }))
      // By number, because the tool knows no time: about as long as the others.
      if (java !== undefined && (!second || options.rounds > 1)) {
        theirs?.samples.push(
          await java.run(bed.brokers, topic, events === 0 ? seconds * 100_000 : events, bytes),
        )
      }
    }
  }
  const shown = series.filter(({ samples }) => samples.length > 0)
  console.log(`\nNobody waits (records of ${bytes} bytes)`)
  printSeries(shown)
  const sink = all.find(({ name, writers }) => name === 'kafka sink' && writers === 1_000)
  for (const one of sink === undefined ? [] : shown) {
    console.log(
      `  kafka sink with 1,000 in flight against it: ${ratio(sink as Series, one, 'perSecond').toFixed(2)} of its rate`,
    )
  }
  all.push(...shown)
}

/** M9: a long run. */
async function memoryRun(): Promise<void> {
  const [sink] = await started(['kafka sink'])
  if (sink === undefined) return
  memory = await measureMemory(sink, options.memory)
  const { events, perSecond, peakMb, growth } = memory
  console.log(`\nMemory over ${events} events, 256 in flight`)
  console.log(`  ${perSecond.toFixed(0)} events/s, peak ${peakMb.toFixed(0)} MB, growth ${growth.toFixed(2)}`)
  findings.push(finding('M9', `MB over ${events} events`, peakMb, '<=', 200))
  findings.push(finding('M9', `growth of the memory over ${events} events`, growth, '<=', 1.15))
}

function underLoad(series: Series): readonly Finding[] {
  if (series.writers !== 1_000) return []
  return [
    finding('M9', `MB of the ${series.name}, 1,000 in flight`, figureOf(series, 'peakMb').most, '<=', 200),
  ]
}

async function started(names: readonly SubjectName[]): Promise<readonly Contender[]> {
  const wanted = names.filter((name) => options.only.length === 0 || options.only.includes(name))
  const contenders: Contender[] = []
  for (const name of wanted) {
    const contender = await bed.contender(name, options)
    await contender.run(name === 'bare send' ? { ...warmUp, writers: 1 } : warmUp)
    contenders.push(contender)
  }
  return contenders
}

/** Rounds of A B B A; what was confirmed has to be in the topic. */
async function race(
  contenders: readonly Contender[],
  writers: number,
  run: (contender: Contender) => Promise<Series['samples'][number]>,
): Promise<readonly Series[]> {
  const series = contenders.map(({ name }): Series => ({ name, writers, samples: [] }))
  for (let round = 0; round < options.rounds; round++) {
    for (const n of [...contenders.keys(), ...[...contenders.keys()].reverse()]) {
      const contender = contenders[n] as Contender
      const before = await bed.count(contender.topic)
      const sample = await run(contender)
      const stored = (await bed.count(contender.topic)) - before
      if (stored !== sample.events) {
        throw new Error(`${contender.name}: ${sample.events} confirmed, ${stored} stored`)
      }
      series[n]?.samples.push(sample)
    }
  }
  all.push(...series)
  return series
}

function ratio(ours: Series, theirs: Series, figure: Figure): number {
  return figureOf(ours, figure).median / figureOf(theirs, figure).median
}
