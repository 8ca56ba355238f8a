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

/** Writes whose time is kept, the last ones: more would be the memory that a long run finds growing. */
const keptTimes = 2 ** 20

/** So many writers, each of which writes as soon as its last write is confirmed; then what that took. */
export async function measure(subject: Subject, load: Load): Promise<Measured> {
  const { writers, seconds, events } = load
  const most = events === 0 ? Number.POSITIVE_INFINITY : Math.ceil(events / subject.perWrite)
  const times = new Float64Array(keptTimes)
  let done = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1_000
  let begun = 0
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let now = performance.now(); now < end && begun < most; ) {
        await subject.write(begun++)
        const after = performance.now()
        times[done++ % keptTimes] = after - now
        now = after
      }
    }),
  )
  const took = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const written = done * subject.perWrite
  const sorted = times.subarray(0, Math.min(done, keptTimes)).sort()
  return {
    events: written,
    perSecond: (written / took) * 1_000,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    cpuPer1k: (user + system) / 1_000 / written,
  }
}
