import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import type { Disk } from './disk.ts'
import type { Processes } from './spool-lock.ts'

export interface FileSpoolOptions {
  /** Made where missing, mode 0700. One process at a time. */
  readonly folder: string
  /** `nodeDisk` in production. */
  readonly disk: Disk
  /** `nodeProcesses` in production. */
  readonly processes: Processes
  /** Bytes of what is not acked at which `append` is refused. Default 10 GiB. */
  readonly maxBytes?: number
  /** Bytes at which a new segment begins. Default 64 MiB; never above an eighth of `maxBytes`, so that acked space comes free. */
  readonly segmentBytes?: number
  /**
   * Bytes of the newest acked records that stay on the disk for `recent`, at least, while nobody needs the space; rounded
   * up to whole segments. Default 64 MiB, never above an eighth of `maxBytes`; 0 keeps none.
   */
  readonly keepBytes?: number
  /** Bytes of the newest records kept in memory for the reader. Default 16 MiB. */
  readonly memoryBytes?: number
  /**
   * The longest time between the beginnings of two syncs while appends wait, milliseconds, see `Pace`. Default 0:
   * none is held back.
   */
  readonly paceMs?: number
  /** Called once, with SPOOL_FAILED, when nothing is accepted any more: whoever runs this should start it again. */
  readonly onFailure?: (error: Error) => void
  /** Age of the oldest record not acked above which the log warns. Default 15 minutes. */
  readonly warnAgeMs?: number
  readonly clock?: Clock
  /** For the salt of each segment. */
  readonly random?: Random
  readonly telemetry?: Telemetry
}

export type ResolvedSpoolOptions = Required<FileSpoolOptions>

const mebibyte = 1024 ** 2

export function resolveSpoolOptions(options: FileSpoolOptions): ResolvedSpoolOptions {
  const maxBytes = options.maxBytes ?? 10 * 1024 * mebibyte
  const eighth = Math.floor(maxBytes / 8)
  return {
    clock: systemClock,
    random: systemRandom,
    telemetry: noTelemetry,
    memoryBytes: 16 * mebibyte,
    paceMs: 0,
    onFailure: () => {},
    warnAgeMs: 15 * 60_000,
    ...options,
    maxBytes,
    segmentBytes: Math.min(options.segmentBytes ?? 64 * mebibyte, eighth),
    keepBytes: Math.min(options.keepBytes ?? 64 * mebibyte, eighth),
  }
}
