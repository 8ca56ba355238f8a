import type { LocalServer } from '../../src/local-stack/local-server.ts'
import type { Contender } from './contender.ts'
import { residentMegabytes } from './process-usage.ts'
import type { LoadResult, Regload } from './regload.ts'
import { spreadOf } from './spread.ts'

export interface DownOptions {
  readonly kafka: LocalServer
  readonly load: Regload
  readonly registries: number
  readonly seconds: number
  readonly idsFile: (contender: Contender) => string
}

/** A gateway under load while Kafka does not run. */
export interface DownResult {
  readonly contender: string
  readonly registries: number
  readonly load: LoadResult
  readonly peakMb: number
  /** Resident set of the last quarter of the time against that of the second: 1 is flat. */
  readonly growth: number
}

const sampleMs = 250

/** Stops Kafka, posts for the whole time, starts Kafka again, and waits until it has what was accepted meanwhile. */
export async function measureBrokerDown(
  contenders: readonly Contender[],
  { kafka, load, registries, seconds, idsFile }: DownOptions,
): Promise<readonly DownResult[]> {
  await kafka.stop()
  const results: DownResult[] = []
  try {
    for (const contender of contenders) {
      const resident: number[] = []
      const timer = setInterval(() => resident.push(residentMegabytes(contender.pid)), sampleMs)
      const result = await load.run(contender, {
        ...{ registries, seconds, events: 0, ackedIds: idsFile(contender) },
      })
      clearInterval(timer)
      const quarter = Math.floor(resident.length / 4)
      const median = (from: number, to: number): number => spreadOf(resident.slice(from, to)).median
      results.push({
        contender: contender.name,
        registries,
        load: result,
        peakMb: Math.max(...resident),
        growth: median(3 * quarter, resident.length) / median(quarter, 2 * quarter),
      })
    }
  } finally {
    await kafka.start()
  }
  for (const contender of contenders) await contender.settled()
  return results
}
