import type { Subject } from './subjects.ts'

export interface Load {
  /** Writes in flight. */
  readonly writers: number
  readonly seconds: number
  /** 0: no limit but the time. */
  readonly events: number
}

export interface Measured {
  readonly events: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU seconds of this process for 1,000 events, all threads. */
  readonly cpuPer1k: number
}

/** So many writers, each of which writes as soon as its last write is confirmed; then what that took. */
export async function measure(subject: Subject, load: Load): Promise<Measured> {
  const { writers, seconds, events } = load
  const most = events === 0 ? Number.POSITIVE_INFINITY : Math.ceil(events / subject.perWrite)
  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1_000
  let begun = 0
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let now = performance.now(); now < end && begun < most; ) {
        await subject.write(begun++)
        const after = performance.now()
        latencies.push(after - now)
        now = after
      }
    }),
  )
  const took = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const written = latencies.length * subject.perWrite
  const sorted = Float64Array.from(latencies).sort()
  return {
    events: written,
    perSecond: (written / took) * 1_000,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    cpuPer1k: (user + system) / 1_000 / written,
  }
}
