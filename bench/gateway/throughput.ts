import type { Contender } from './contender.ts'
import type { FarEnd } from './far-end.ts'
import { cpuSeconds, peakMegabytes, resetPeak } from './process-usage.ts'
import type { Regload } from './regload.ts'

/** One contender under one load for some seconds. */
export interface Sample {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU seconds of the contender per 1,000 events, until all of them were in the topic. */
  readonly cpuPer1k: number
  /** The same of the broker; undefined where its process is not to be seen. */
  readonly brokerCpuPer1k: number | undefined
  readonly peakMb: number
  readonly ok: number
  /** POSTs that were refused, or that got no answer. */
  readonly failed: number
  /** Answered 2xx and not in the topic: above 0 means that the rate is no rate. */
  readonly lost: number
}

export interface Series {
  readonly registries: number
  readonly contender: string
  readonly samples: Sample[]
}

export interface ThroughputOptions {
  readonly load: Regload
  readonly farEnd: FarEnd
  readonly brokerPid: number | undefined
  readonly rounds: number
  readonly seconds: number
  readonly events: number
  /** Told where the ids of a sample are to be written, and read by the caller at the end. */
  readonly idsFile: (contender: Contender) => string
  readonly onSample: (registries: number, contender: Contender, sample: Sample) => void
}

/** Every contender under every load, A B B A within a round, so that what the machine does meanwhile hits all of them. */
export async function measureThroughput(
  contenders: readonly Contender[],
  levels: readonly number[],
  options: ThroughputOptions,
): Promise<readonly Series[]> {
  // Compilers are given their time, and their first heap, before anything counts.
  for (const contender of contenders) await takeSample(contender, 64, options)
  const all: Series[] = []
  for (const registries of levels) {
    const series = contenders.map(({ name }): Series => ({ registries, contender: name, samples: [] }))
    all.push(...series)
    for (let round = 0; round < options.rounds; round++) {
      for (const [n, contender] of thereAndBack(contenders)) {
        const sample = await takeSample(contender, registries, options)
        series[n]?.samples.push(sample)
        options.onSample(registries, contender, sample)
      }
    }
  }
  return all
}

async function takeSample(
  contender: Contender,
  registries: number,
  options: ThroughputOptions,
): Promise<Sample> {
  const { load, farEnd, brokerPid, seconds, events, idsFile } = options
  const { pid, topic } = contender
  const before = await farEnd.count(topic)
  const brokerCpu = brokerPid === undefined ? 0 : cpuSeconds(brokerPid)
  const cpu = cpuSeconds(pid)
  resetPeak(pid)
  const result = await load.run(contender, { registries, seconds, events, ackedIds: idsFile(contender) })
  await contender.settled()
  const perThousand = (used: number): number => (used / Math.max(1, result.ok)) * 1_000
  return {
    perSecond: result.perSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuPer1k: perThousand(cpuSeconds(pid) - cpu),
    brokerCpuPer1k: brokerPid === undefined ? undefined : perThousand(cpuSeconds(brokerPid) - brokerCpu),
    peakMb: peakMegabytes(pid),
    ok: result.ok,
    failed: result.refused + result.netErrors,
    lost: Math.max(0, result.ok - ((await farEnd.count(topic)) - before)),
  }
}

function thereAndBack<T>(items: readonly T[]): readonly (readonly [number, T])[] {
  const there = [...items.entries()]
  return [...there, ...there.toReversed()]
}
