import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { CursorFile } from './cursor-file.ts'
import { Damage } from './damage.ts'
import type { Disk, DiskFile } from './disk.ts'
import { confirmed, isNoSpace, SyncFailure } from './disk-error.ts'
import { GroupCommit } from './group-commit.ts'
import { LogReader } from './log-reader.ts'
import { MemoryTail } from './memory-tail.ts'
import { encodeFrameHeader, frameHeaderBytes } from './record-frame.ts'
import { type Recovered, recover } from './recovery.ts'
import { createSegment, type Segment } from './segment.ts'
import type { ReadLimits, Spool, SpooledRecord, SpoolState } from './spool.ts'
import { type Processes, SpoolLock } from './spool-lock.ts'

export interface FileSpoolOptions {
  /** Made where missing, mode 0700. One process at a time. */
  readonly folder: string
  /** `nodeDisk` in production. */
  readonly disk: Disk
  /** `nodeProcesses` in production. */
  readonly processes: Processes
  /** Bytes on the disk at which `append` is refused. Default 10 GiB. */
  readonly maxBytes?: number
  /** Bytes at which a new segment begins. Default 64 MiB; never above an eighth of `maxBytes`, so that acked space comes free. */
  readonly segmentBytes?: number
  /** Bytes of the newest records kept in memory for the reader. Default 16 MiB. */
  readonly memoryBytes?: number
  readonly clock?: Clock
  /** For the salt of each segment. */
  readonly random?: Random
  readonly telemetry?: Telemetry
}

/** {@link Spool} as a segmented log in one folder; docs/spool-format.md has the bytes. */
export class FileSpool implements Spool {
  readonly #options: Required<Omit<FileSpoolOptions, 'telemetry'>>
  readonly #logger: Logger
  readonly #lock: SpoolLock
  readonly #cursorFile: CursorFile
  readonly #damage: Damage
  readonly #segments: Segment[]
  readonly #reader: LogReader
  readonly #tail: MemoryTail
  readonly #group: GroupCommit = new GroupCommit((contents) => this.#commit(contents))
  #active: { readonly segment: Segment; readonly file: DiskFile } | undefined
  /** Sequence after the last durable record. */
  #durable: number
  #cursor: number
  #pendingBytes = 0
  /** Read and not acked: sequence and time, for the age. */
  #inFlight: Pick<SpooledRecord, 'sequence' | 'appendedAt'>[] = []
  /** The next record, read from the disk to know its age. */
  #peeked: SpooledRecord | undefined
  #failure: RelayError | undefined
  #closing: Promise<void> | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #saving: Promise<void> = Promise.resolve()
  #queuedSave: Promise<void> | undefined
  #wake: () => void = () => {}

  private constructor(
    options: FileSpoolOptions,
    lock: SpoolLock,
    cursorFile: CursorFile,
    damage: Damage,
    recovered: Recovered,
  ) {
    const maxBytes = options.maxBytes ?? 10 * 1024 ** 3
    this.#options = {
      clock: systemClock,
      random: systemRandom,
      memoryBytes: 16 * 1024 ** 2,
      ...options,
      maxBytes,
      segmentBytes: Math.min(options.segmentBytes ?? 64 * 1024 ** 2, Math.floor(maxBytes / 8)),
    }
    this.#logger = (options.telemetry ?? noTelemetry).logger
    this.#lock = lock
    this.#cursorFile = cursorFile
    this.#damage = damage
    this.#segments = recovered.segments
    this.#cursor = recovered.cursor
    this.#durable = recovered.next
    this.#tail = new MemoryTail(this.#options.memoryBytes)
    this.#reader = new LogReader(options.disk, this.#segments, damage, recovered.cursor)
  }

  /** @throws RelayError SPOOL_LOCKED, SPOOL_FAILED (the folder cannot be used, or a newer version wrote it) */
  static async open(options: FileSpoolOptions): Promise<FileSpool> {
    const { disk, folder, processes } = options
    let lock: SpoolLock | undefined
    try {
      await disk.makeFolder(folder)
      lock = await SpoolLock.take(disk, folder, processes)
      const cursorFile = new CursorFile(disk, folder)
      const damage = new Damage(disk, options.telemetry ?? noTelemetry)
      const recovered = await recover(disk, folder, cursorFile, damage)
      const spool = new FileSpool(options, lock, cursorFile, damage, recovered)
      spool.#peeked = await spool.#reader.next()
      return spool
    } catch (error) {
      await lock?.release()
      if (isRelayError(error)) throw error
      throw new RelayError(
        'SPOOL_FAILED',
        `the spool ${folder} cannot be opened: ${toError(error).message}`,
        {
          cause: error,
          facts: { folder },
        },
      )
    }
  }

  async append(content: Buffer): Promise<void> {
    this.#assertOpen()
    const { maxBytes, segmentBytes } = this.#options
    const bytes = content.length + frameHeaderBytes
    if (bytes > maxBytes - segmentBytes) {
      throw new RelayError('TOO_LARGE', `a record of ${bytes} bytes never fits a spool of ${maxBytes}`)
    }
    if (this.#bytes() + this.#pendingBytes + bytes > maxBytes) {
      throw new RelayError('SPOOL_FULL', `the spool is at its limit of ${maxBytes} bytes`, {
        facts: { maxBytes },
      })
    }
    this.#pendingBytes += bytes
    try {
      await this.#group.add(content)
    } finally {
      this.#pendingBytes -= bytes
    }
  }

  async read(limits: ReadLimits): Promise<readonly SpooledRecord[]> {
    while (true) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#closing !== undefined) return []
      const arrival = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const taking = this.#take(limits)
      this.#reading = taking.catch(() => {})
      const records = await taking
      if (records.length > 0) return records
      await arrival
    }
  }

  async ack(sequence: number): Promise<void> {
    this.#assertOpen()
    this.#cursor = Math.max(this.#cursor, Math.min(sequence + 1, this.#durable))
    this.#inFlight = this.#inFlight.filter((record) => record.sequence > sequence)
    // Whoever comes while a save runs shares the one after it, which writes the newest cursor.
    if (this.#queuedSave === undefined) {
      const before = this.#saving
      this.#queuedSave = before
        .catch(() => {})
        .then(() => {
          this.#queuedSave = undefined
          this.#saving = this.#saveCursor()
          return this.#saving
        })
    }
    await this.#queuedSave
  }

  state(): SpoolState {
    const oldest = this.#inFlight[0] ?? this.#peeked ?? this.#tail.first
    return {
      bytes: this.#bytes(),
      maxBytes: this.#options.maxBytes,
      unacked: this.#durable - this.#cursor,
      oldestAgeMs: oldest && Math.max(0, this.#options.clock.now() - oldest.appendedAt),
      badRecords: this.#damage.count,
      failure: this.#failure?.message,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#wake()
    await this.#group.idle()
    await this.#reading
    await this.#queuedSave?.catch(() => {})
    await this.#saving.catch(() => {})
    await this.#active?.file.close()
    await this.#reader.close()
    await this.#lock.release()
  }

  async #take({ records, bytes }: ReadLimits): Promise<SpooledRecord[]> {
    const taken: SpooledRecord[] = []
    let size = 0
    while (taken.length < records && size < bytes) {
      const record = await this.#takeOne()
      if (record === undefined) break
      taken.push(record)
      size += record.content.length
      this.#inFlight.push({ sequence: record.sequence, appendedAt: record.appendedAt })
    }
    // All that is left was damaged and set aside: nobody will ack it.
    if (taken.length === 0 && this.#inFlight.length === 0) {
      this.#cursor = Math.max(this.#cursor, this.#reader.position)
    }
    return taken
  }

  async #takeOne(): Promise<SpooledRecord | undefined> {
    const peeked = this.#peeked
    this.#peeked = undefined
    if (peeked !== undefined) return peeked
    const kept = this.#tail.take(this.#reader.position)
    try {
      if (kept === undefined) return await this.#reader.next()
      await this.#reader.skip(kept.record.sequence, kept.segment, kept.end)
      return kept.record
    } catch (error) {
      throw this.#fail('read', error)
    }
  }

  async #commit(contents: readonly Buffer[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { disk, folder, random, clock, segmentBytes } = this.#options
    try {
      this.#active ??= await createSegment(disk, folder, this.#durable, Math.floor(random() * 2 ** 32))
      const { segment, file } = this.#active
      if (!this.#segments.includes(segment)) this.#segments.push(segment)
      const now = clock.now()
      const buffers = contents.flatMap((content, index) => [
        encodeFrameHeader(content, this.#durable + index, now, segment.salt),
        content,
      ])
      await this.#write(file, buffers, segment.bytes)
      for (const content of contents) {
        const record = { sequence: segment.end, appendedAt: now, content }
        segment.bytes += frameHeaderBytes + content.length
        segment.end += 1
        this.#tail.push({ record, segment, end: segment.bytes })
      }
      this.#durable = segment.end
      this.#wake()
      if (segment.bytes >= segmentBytes) {
        this.#active = undefined
        await file.close()
      }
    } catch (error) {
      if (!isNoSpace(error)) throw this.#fail('append', error)
      throw new RelayError('SPOOL_FULL', `no space left for the spool ${folder}`, { cause: error })
    }
  }

  async #write(file: DiskFile, buffers: readonly Buffer[], at: number): Promise<void> {
    try {
      await file.write(buffers, at)
    } catch (error) {
      // Whole records of a refused group would come back after a restart: take them away before anybody is told.
      await file.truncate(at)
      await confirmed(file.sync())
      throw error
    }
    await confirmed(file.sync())
  }

  async #saveCursor(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      await this.#cursorFile.save(this.#cursor).catch(async (error: unknown) => {
        if (!isNoSpace(error)) throw error
        // The log itself may fill the disk. Acked segments go first: recovery begins at the oldest that is left.
        await this.#sweep()
        await this.#cursorFile.save(this.#cursor)
      })
      await this.#sweep()
    } catch (error) {
      if (!isNoSpace(error)) throw this.#fail('cursor', error)
      throw new RelayError('SPOOL_FULL', 'no space left for the cursor of the spool', { cause: error })
    }
  }

  /** Removes segments in which all is acked. */
  async #sweep(): Promise<void> {
    while (true) {
      const [oldest] = this.#segments
      if (oldest === undefined || oldest.end > this.#cursor || oldest === this.#active?.segment) return
      this.#segments.shift()
      await this.#options.disk.unlink(oldest.path)
    }
  }

  #bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  #fail(at: string, error: unknown): RelayError {
    if (this.#failure === undefined) {
      const what = error instanceof SyncFailure ? 'did not confirm a write' : 'failed'
      const message = `the disk of the spool ${this.#options.folder} ${what} (${at}): ${toError(error).message}`
      this.#failure = new RelayError('SPOOL_FAILED', message, { cause: error })
      this.#logger.error({ err: toError(error), at }, 'the spool accepts nothing any more')
      this.#wake()
    }
    return this.#failure
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closing !== undefined) throw new RelayError('SINK_CLOSED', 'the spool is closed')
  }
}
