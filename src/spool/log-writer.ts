import { RelayError, toError } from '../errors.ts'
import type { DiskFile } from './disk.ts'
import { confirmed, isNoSpace, SyncFailure } from './disk-error.ts'
import { GroupCommit } from './group-commit.ts'
import type { MemoryTail } from './memory-tail.ts'
import { encodeFrame, frameHeaderBytes } from './record-frame.ts'
import { createSegment, type Segment, segmentHeaderBytes } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { SpoolFailure } from './spool-failure.ts'
import type { SpoolMetrics } from './spool-metrics.ts'
import type { ResolvedSpoolOptions } from './spool-options.ts'

/** Each record may be the first of a segment: which one is known only when it is written. */
const overheadBytes = frameHeaderBytes + segmentHeaderBytes

export interface LogWriterParts {
  readonly options: ResolvedSpoolOptions
  readonly segments: SegmentList
  readonly tail: MemoryTail
  readonly failure: SpoolFailure
  readonly metrics: SpoolMetrics
  /** Sequence of the first record to append. */
  readonly next: number
  /** Called when records have become durable. */
  readonly onRecords: () => void
}

/** The writing end of the log: groups of records, each confirmed by one sync, at the end of the newest segment. */
export class LogWriter {
  readonly #parts: LogWriterParts
  readonly #group: GroupCommit
  #active: { readonly segment: Segment; readonly file: DiskFile } | undefined
  #durable: number
  #pendingBytes = 0

  constructor(parts: LogWriterParts) {
    this.#parts = parts
    this.#durable = parts.next
    const { clock, paceMs } = parts.options
    this.#group = new GroupCommit((contents) => this.#commit(contents), clock, paceMs)
  }

  /** Sequence after the last durable record. */
  get durable(): number {
    return this.#durable
  }

  /** See `Spool.append`. */
  append(content: Buffer): Promise<void> {
    const bytes = content.length + overheadBytes
    const refusal = this.#refusal(bytes)
    if (refusal !== undefined) return Promise.reject(refusal)
    this.#pendingBytes += bytes
    return this.#group.add(content)
  }

  /** Settles the appends in hand. */
  async close(): Promise<void> {
    await this.#group.idle()
    await this.#active?.file.close()
  }

  #refusal(bytes: number): RelayError | undefined {
    const { options, segments, metrics } = this.#parts
    const { maxBytes, segmentBytes } = options
    // The segment being written is held even when all in it is acked; what does not fit beside it might never.
    if (bytes > maxBytes - segmentBytes) {
      metrics.refused.add('too_large')
      return new RelayError('TOO_LARGE', `a record of ${bytes} bytes never fits a spool of ${maxBytes}`)
    }
    if (segments.heldBytes + this.#pendingBytes + bytes <= maxBytes) return undefined
    metrics.refused.add('limit')
    return new RelayError('SPOOL_FULL', `the spool is at its limit of ${maxBytes} bytes`, {
      facts: { maxBytes },
    })
  }

  async #commit(contents: readonly Buffer[]): Promise<void> {
    const { options, failure, metrics, segments } = this.#parts
    const bytes = contents.reduce((sum, { length }) => sum + frameHeaderBytes + length, 0)
    try {
      failure.check()
      // Segments kept for `recent` give way.
      await segments.shrinkTo(options.maxBytes - bytes - segmentHeaderBytes)
      await this.#writeWithSpace(contents, bytes)
    } catch (error) {
      const noSpace = isNoSpace(error)
      metrics.refused.add(noSpace ? 'no_space' : 'failed', contents.length)
      if (!noSpace) throw failure.raise('append', error)
      throw new RelayError('SPOOL_FULL', `no space left for the spool ${options.folder}`, { cause: error })
    } finally {
      this.#pendingBytes -= contents.reduce((sum, { length }) => sum + overheadBytes + length, 0)
    }
  }

  async #writeWithSpace(contents: readonly Buffer[], bytes: number): Promise<void> {
    while (true) {
      try {
        await this.#write(contents, bytes)
        return
      } catch (error) {
        if (!isNoSpace(error) || !(await this.#parts.segments.removeAcked())) throw error
      }
    }
  }

  async #write(contents: readonly Buffer[], bytes: number): Promise<void> {
    const { options, segments, metrics, tail } = this.#parts
    const { segment, file } = this.#active ?? (await this.#begin())
    const now = options.clock.now()
    // One copy of all: one write, and memory that the callers' buffers cannot change later.
    const group = Buffer.allocUnsafeSlow(bytes)
    let at = 0
    for (const [index, content] of contents.entries()) {
      at = encodeFrame(group, at, content, this.#durable + index, now, segment.salt)
    }
    await this.#writeDurably(file, group, segment.bytes)
    let end = segment.bytes
    at = 0
    for (const [index, { length }] of contents.entries()) {
      const content = group.subarray(at + frameHeaderBytes, at + frameHeaderBytes + length)
      at += frameHeaderBytes + length
      end += frameHeaderBytes + length
      tail.push({ record: { sequence: this.#durable + index, appendedAt: now, content }, segment, end })
    }
    segments.grow(segment, bytes, contents.length)
    this.#durable = segment.end
    metrics.appendedRecords.add(contents.length)
    metrics.appendedBytes.add(bytes)
    this.#parts.onRecords()
    if (segment.bytes >= options.segmentBytes) await this.#seal()
  }

  async #begin(): Promise<{ readonly segment: Segment; readonly file: DiskFile }> {
    const { options, segments } = this.#parts
    const salt = Math.floor(options.random() * 2 ** 32)
    this.#active = await createSegment(options.disk, options.folder, this.#durable, salt)
    segments.add(this.#active.segment)
    return this.#active
  }

  async #seal(): Promise<void> {
    const active = this.#active
    this.#active = undefined
    if (active === undefined) return
    active.segment.sealed = true
    try {
      await active.file.close()
    } catch (error) {
      // The records are durable and their appends stand: only what comes next is refused.
      this.#parts.failure.raise('close', error)
    }
  }

  async #writeDurably(file: DiskFile, group: Buffer, at: number): Promise<void> {
    const { clock } = this.#parts.options
    try {
      await file.write([group], at)
      const started = clock.monotonic()
      await confirmed(file.sync())
      this.#parts.metrics.fsync.observe((clock.monotonic() - started) / 1_000)
    } catch (error) {
      if (!(error instanceof SyncFailure)) await takeBack(file, at)
      throw error
    }
  }
}

/** Whole records of a refused group would come back after a restart: they go before anybody is told. */
async function takeBack(file: DiskFile, at: number): Promise<void> {
  try {
    await file.truncate(at)
    await file.sync()
  } catch (error) {
    // Whatever the reason, also for want of space: what is on the disk is unknown now.
    throw new SyncFailure(`a refused write could not be taken back: ${toError(error).message}`, {
      cause: error,
    })
  }
}
