import { setTimeout as pause } from 'node:timers/promises'
import { CommitWatch } from './commit-watch.ts'
import type { Contender } from './contender.ts'
import type { Arrivals, Endpoint } from './endpoint.ts'
import { arrivalsUntil, type Level, newRun } from './throughput.ts'
import type { LoadedTopics, Remembered, Topics } from './topics.ts'

/** A contender that was killed and started again at once. */
export interface KillResult {
  readonly contender: string
  /** Delivered when it was killed, with what was in flight. */
  readonly delivered: number
  /** Of them below the offsets that it had committed. */
  readonly committed: number
  /** Of them at most what was in flight, or came after the last acknowledged commit: nobody could know of these. */
  readonly unavoidable: number
  /** Delivered again by the one that came after it. */
  readonly repeats: number
  /** From the kill to its first delivery. */
  readonly resumeSeconds: number
  /** Events that came to nobody. */
  readonly lost: number
  readonly overlap: number
}

export interface KillOptions {
  readonly endpoint: Endpoint
  readonly topics: Topics
  readonly loaded: LoadedTopics
  readonly level: Level
  /** Deliveries after which it is killed. */
  readonly after: number
}

const lookMs = 10
/** What was in flight at a kill is answered by then, and who has repeats to make has made them. */
const settleMs = 300

/** @throws Error: not every event arrived */
export async function measureKill(contender: Contender, options: KillOptions): Promise<KillResult> {
  const { endpoint, topics, loaded, level, after } = options
  await endpoint.reset(level.latencyMs)
  const task = { topics: loaded, run: newRun(), url: endpoint.url, inFlight: level.inFlight }
  const topic = contender.topicOf?.(loaded) ?? ''
  const remembered = (): Promise<readonly Remembered[]> =>
    topics.committed(contender.groupOf(task.run), topic)
  const watch = new CommitWatch()
  const first = contender.start(task)
  await arrivalsUntil(endpoint, first, lookMs, ({ mostInFlight }) => mostInFlight > 0)
  for (;;) {
    const { answered } = await endpoint.arrivals()
    if (answered >= after) break
    first.check()
    watch.look(answered, await remembered())
  }
  await first.kill()
  const killedAt = performance.now()
  const second = contender.start(task)
  try {
    await pause(settleMs)
    const delivered = (await endpoint.arrivals()).answered
    const committed = await remembered()
    watch.look(delivered, committed)
    await arrivalsUntil(endpoint, second, lookMs, ({ answered }) => answered > delivered)
    const resumeSeconds = (performance.now() - killedAt) / 1_000
    // A repeat comes out of order, because what it repeats was in order.
    const different = ({ answered, reordered, gaps }: Arrivals): number => answered - reordered + gaps
    await arrivalsUntil(endpoint, second, lookMs, (arrivals) => different(arrivals) >= loaded.events)
    await pause(settleMs)
    const { reordered, gaps, overlap } = await endpoint.arrivals()
    return {
      contender: contender.name,
      delivered,
      committed: committed.reduce((sum, { offset }) => sum + Math.max(0, offset), 0),
      // When a commit was sent, as many more may have been answered as were in flight, and not yet heard of.
      unavoidable: watch.sinceCommit(delivered) + level.inFlight,
      ...{ repeats: reordered, resumeSeconds, lost: gaps, overlap },
    }
  } finally {
    await second.stop()
  }
}
