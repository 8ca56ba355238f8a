import { spreadOf } from '../gateway/spread.ts'
import type { Contender } from './contender.ts'

export interface MemoryRun {
  readonly events: number
  readonly perSecond: number
  readonly peakMb: number
  /** Resident memory of the last quarter over that of the second: the first is for warming up. */
  readonly growth: number
  /** Once a second. */
  readonly residentMb: readonly number[]
}

const sampleMs = 1_000
const writers = 256
/** Above what any run takes: the number of events ends it. */
const patience = 24 * 3_600

/** As many events as asked for in one go, with the resident memory looked at every second. */
export async function measureMemory(contender: Contender, events: number): Promise<MemoryRun> {
  const residentMb: number[] = []
  const sampling = setInterval(() => residentMb.push(contender.residentMb), sampleMs)
  const { perSecond, peakMb, events: written } = await contender.run({ writers, seconds: patience, events })
  clearInterval(sampling)
  const quarter = (n: number): number => {
    const from = Math.floor((residentMb.length * n) / 4)
    return spreadOf(residentMb.slice(from, Math.max(from + 1, Math.floor((residentMb.length * (n + 1)) / 4))))
      .median
  }
  return { events: written, perSecond, peakMb, growth: quarter(3) / quarter(1), residentMb }
}
