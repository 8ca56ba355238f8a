import { setTimeout as pause } from 'node:timers/promises'
import { cpuSeconds } from '../gateway/process-usage.ts'
import type { Contender, Running } from './contender.ts'
import type { Arrivals, Endpoint } from './endpoint.ts'
import type { LoadedTopics } from './topics.ts'

/** How the endpoint is, and how many requests it gets at once. */
export interface Level {
  readonly latencyMs: number
  readonly inFlight: number
}

/** One process of a contender, from its first delivery to its last. */
export interface Sample {
  readonly perSecond: number
  /** CPU seconds for 1,000 events, all threads, after the first delivery: no start-up. */
  readonly cpuPer1k: number
  /** The same of the broker; undefined where its process is not to be seen. */
  readonly brokerCpuPer1k: number | undefined
  /** Largest resident set, start-up included. */
  readonly peakMb: number
  /** From the start of the process to its first delivery. */
  readonly startSeconds: number
  readonly mostInFlight: number
  readonly reordered: number
  readonly overlap: number
}

export interface Series {
  readonly level: Level
  readonly contender: string
  readonly samples: Sample[]
}

export interface ThroughputOptions {
  readonly endpoint: Endpoint
  readonly topics: LoadedTopics
  readonly brokerPid: number | undefined
  readonly rounds: number
  readonly onSample: (level: Level, contender: Contender, sample: Sample) => void
}

/** Often until the first delivery, because CPU time counts from there; then seldom, because asking costs. */
const firstLookMs = 5
const nextLookMs = 40
/** So long without a delivery means that none will come. A killed member of a group is waited for up to 45 s. */
const patienceMs = 90_000

/** Every contender at every level, A B B A within a round, so that what the machine does meanwhile hits all of them. */
export async function measureThroughput(
  contenders: readonly Contender[],
  levels: readonly Level[],
  options: ThroughputOptions,
): Promise<readonly Series[]> {
  const [first] = contenders
  const [easiest] = levels
  // The broker's compiler is given its time before anything counts.
  if (first !== undefined && easiest !== undefined) await takeSample(first, easiest, options)
  const all: Series[] = []
  for (const level of levels) {
    const series = contenders.map(({ name }): Series => ({ level, contender: name, samples: [] }))
    all.push(...series)
    for (let round = 0; round < options.rounds; round++) {
      for (const n of [...contenders.keys(), ...[...contenders.keys()].reverse()]) {
        const contender = contenders[n] as Contender
        const sample = await takeSample(contender, level, options)
        series[n]?.samples.push(sample)
        options.onSample(level, contender, sample)
      }
    }
  }
  return all
}

/** @throws Error: not every event arrived, or what arrived was none of ours */
async function takeSample(
  contender: Contender,
  level: Level,
  { endpoint, topics, brokerPid }: ThroughputOptions,
): Promise<Sample> {
  await endpoint.reset(level.latencyMs)
  const begun = performance.now()
  const { inFlight } = level
  const running = contender.start({ topics, run: newRun(), url: endpoint.url, inFlight })
  try {
    const before = await arrivalsUntil(endpoint, running, firstLookMs, ({ mostInFlight }) => mostInFlight > 0)
    const startSeconds = (performance.now() - begun) / 1_000
    const cpu = running.cpuSeconds
    const brokerCpu = brokerPid === undefined ? 0 : cpuSeconds(brokerPid)
    const all = ({ answered }: Arrivals): boolean => answered >= topics.events
    const after = await arrivalsUntil(endpoint, running, nextLookMs, all)
    const perThousand = (used: number): number => (used / (topics.events - before.answered)) * 1_000
    const figures = {
      perSecond: after.answered / after.seconds,
      cpuPer1k: perThousand(running.cpuSeconds - cpu),
      brokerCpuPer1k: brokerPid === undefined ? undefined : perThousand(cpuSeconds(brokerPid) - brokerCpu),
      peakMb: running.peakMb,
      startSeconds,
      mostInFlight: after.mostInFlight,
      reordered: after.reordered,
      overlap: after.overlap,
    }
    if (after.unparsed > 0 || after.answered > topics.events) {
      throw running.failure(
        `delivered ${after.answered} of ${topics.events}, ${after.unparsed} of them unknown`,
      )
    }
    return figures
  } finally {
    await running.stop()
  }
}

/** Looks at the endpoint until `enough`; gives up when nothing arrives any more. */
export async function arrivalsUntil(
  endpoint: Endpoint,
  running: Running,
  lookMs: number,
  enough: (arrivals: Arrivals) => boolean,
): Promise<Arrivals> {
  let answered = -1
  let movedAt = performance.now()
  for (;;) {
    const arrivals = await endpoint.arrivals()
    if (enough(arrivals)) return arrivals
    running.check()
    const now = performance.now()
    if (arrivals.answered !== answered) {
      answered = arrivals.answered
      movedAt = now
    }
    if (now - movedAt > patienceMs)
      throw running.failure(`delivers nothing any more, after ${answered} events`)
    await pause(lookMs)
  }
}

let runs = 0

/** See {@link Task.run}. */
export function newRun(): string {
  return `bench-${process.pid}-${++runs}`
}
