// What fanning out and queueing cost, as ratios against a bare loop over the same sinks in the same run.
//
//   npm run bench:sinks
//
// Rounds are interleaved (A B B A) and the medians are shown with their spread, because a machine is never quiet.
import { Broadcaster, EventQueue, type Sink } from 'registry-relay'

const rounds = 5
const deliveriesPerRound = 1_000_000

/** Takes everything at once: what is measured is the way to it. */
class NullSink implements Sink<number> {
  count = 0

  async write(items: readonly number[]): Promise<void> {
    this.count += items.length
  }

  async close(): Promise<void> {}
}

interface Contender {
  readonly name: string
  /** Resolves when `events` events have reached every sink. */
  readonly run: (events: number, sinks: readonly NullSink[]) => Promise<void>
}

const bareLoop: Contender = {
  name: 'bare loop',
  async run(events, sinks) {
    for (let n = 0; n < events; n++) for (const sink of sinks) await sink.write([n])
  },
}

const broadcaster: Contender = {
  name: 'Broadcaster',
  async run(events, sinks) {
    const broadcast = new Broadcaster<number>(sinks)
    for (let n = 0; n < events; n++) await broadcast.write([n])
    await broadcast.close({ deadlineMs: 60_000 })
  },
}

const queue: Contender = {
  name: 'EventQueue',
  async run(events, [sink]) {
    if (sink === undefined) throw new Error('a queue needs a sink')
    const queued = new EventQueue<number>(sink)
    for (let n = 0; n < events; n++) await queued.write([n])
    await queued.close({ deadlineMs: 60_000 })
  },
}

async function measure(contender: Contender, sinkCount: number): Promise<number> {
  const sinks = Array.from({ length: sinkCount }, () => new NullSink())
  const events = Math.ceil(deliveriesPerRound / sinkCount)
  const before = process.cpuUsage()
  await contender.run(events, sinks)
  const { user, system } = process.cpuUsage(before)
  for (const { count } of sinks)
    if (count !== events) throw new Error(`${contender.name} lost ${events - count}`)
  return (user + system) / (events * sinkCount)
}

async function compare(sinkCount: number, contender: Contender): Promise<void> {
  await measure(bareLoop, sinkCount)
  await measure(contender, sinkCount)
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await measure(bareLoop, sinkCount))
    ours.push(await measure(contender, sinkCount))
    ours.push(await measure(contender, sinkCount))
    bare.push(await measure(bareLoop, sinkCount))
  }
  const ratio = median(ours) / median(bare)
  const name = `${contender.name} to ${sinkCount}`.padEnd(22)
  console.log(`${name} ${show(ours)} CPU us per delivery, bare loop ${show(bare)}: ${ratio.toFixed(1)} x`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function show(values: readonly number[]): string {
  return `${median(values).toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`
}

for (const sinkCount of [10, 100, 1_000]) await compare(sinkCount, broadcaster)
await compare(1, queue)
