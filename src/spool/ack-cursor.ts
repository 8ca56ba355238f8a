import { RelayError } from '../errors.ts'
import type { CursorFile } from './cursor-file.ts'
import { isNoSpace } from './disk-error.ts'
import type { SegmentList } from './segment-list.ts'
import type { SpoolFailure } from './spool-failure.ts'

/** How far the records are acked: in memory at once, on the disk by {@link save}, which frees segments as well. */
export class AckCursor {
  readonly #file: CursorFile
  readonly #segments: SegmentList
  readonly #keepBytes: number
  readonly #failure: SpoolFailure
  #position: number
  #running: Promise<void> = Promise.resolve()
  #queued: Promise<void> | undefined

  constructor(
    file: CursorFile,
    segments: SegmentList,
    keepBytes: number,
    failure: SpoolFailure,
    position: number,
  ) {
    this.#file = file
    this.#segments = segments
    this.#keepBytes = keepBytes
    this.#failure = failure
    this.#position = position
  }

  /** Sequence of the first record not acked. */
  get position(): number {
    return this.#position
  }

  advance(to: number): void {
    this.#position = Math.max(this.#position, to)
  }

  /** Resolves when the position, as it is now or later, is on the disk. Whoever comes while one runs shares the next. */
  save(): Promise<void> {
    this.#queued ??= this.#after(this.#running)
    return this.#queued
  }

  /** Resolves when no save runs, whatever came of it. */
  async idle(): Promise<void> {
    await this.#queued?.catch(() => {})
    await this.#running.catch(() => {})
  }

  async #after(before: Promise<void>): Promise<void> {
    await before.catch(() => {})
    this.#queued = undefined
    this.#running = this.#save()
    await this.#running
  }

  async #save(): Promise<void> {
    this.#failure.check()
    try {
      await this.#saveWithSpace(this.#position)
      await this.#segments.sweep(this.#keepBytes)
    } catch (error) {
      if (!isNoSpace(error)) throw this.#failure.raise('cursor', error)
      throw new RelayError('SPOOL_FULL', 'no space left for the cursor of the spool', { cause: error })
    }
  }

  async #saveWithSpace(position: number): Promise<void> {
    for (let unsafe = false; ; ) {
      try {
        await this.#file.save(position)
        this.#segments.ackedBelow(position)
        return
      } catch (error) {
        if (!isNoSpace(error)) throw error
        if (await this.#segments.removeAcked()) continue
        if (unsafe) throw error
        // The log itself may fill the disk, all of it acked by a note that finds no room. Segments that this note frees
        // go before it: a power cut in between costs a false alarm, recovery begins at the oldest that is left.
        unsafe = true
        this.#segments.ackedBelow(position)
      }
    }
  }
}
