import { isRelayError, RelayError, toError } from '../errors.ts'
import { AckCursor } from './ack-cursor.ts'
import { CursorFile } from './cursor-file.ts'
import { Damage } from './damage.ts'
import { LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import { MemoryTail } from './memory-tail.ts'
import { recentRecords } from './recent-records.ts'
import { type Recovered, recover } from './recovery.ts'
import { SegmentList } from './segment-list.ts'
import type { ReadLimits, RecentLimits, Spool, SpooledRecord, SpoolState } from './spool.ts'
import { SpoolFailure } from './spool-failure.ts'
import { checkFolder, folderProblem } from './spool-folder.ts'
import { SpoolLock } from './spool-lock.ts'
import { SpoolMetrics } from './spool-metrics.ts'
import { type FileSpoolOptions, type ResolvedSpoolOptions, resolveSpoolOptions } from './spool-options.ts'
import { SpoolReader } from './spool-reader.ts'
import { SpoolWatch } from './spool-watch.ts'

export type { FileSpoolOptions } from './spool-options.ts'

/** {@link Spool} as a segmented log in one folder; docs/spool-format.md has the bytes. */
export class FileSpool implements Spool {
  readonly #options: ResolvedSpoolOptions
  readonly #lock: SpoolLock
  readonly #damage: Damage
  readonly #metrics: SpoolMetrics
  readonly #failure: SpoolFailure
  readonly #segments: SegmentList
  readonly #writer: LogWriter
  readonly #reader: SpoolReader
  readonly #cursor: AckCursor
  readonly #watch: SpoolWatch
  #closing: Promise<void> | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #wake: () => void = () => {}

  private constructor(
    options: ResolvedSpoolOptions,
    lock: SpoolLock,
    cursorFile: CursorFile,
    damage: Damage,
    recovered: Recovered,
  ) {
    const { disk, folder, clock } = options
    const { logger, metrics } = options.telemetry
    const tail = new MemoryTail(options.memoryBytes)
    const wake = (): void => this.#wake()
    this.#options = options
    this.#lock = lock
    this.#damage = damage
    this.#metrics = new SpoolMetrics(metrics)
    this.#failure = new SpoolFailure(folder, logger, (reason) => {
      wake()
      options.onFailure(reason)
    })
    this.#segments = new SegmentList(disk, recovered.segments)
    this.#cursor = new AckCursor(
      cursorFile,
      this.#segments,
      options.keepBytes,
      this.#failure,
      recovered.cursor,
    )
    this.#reader = new SpoolReader(new LogReader(disk, this.#segments.all, damage, recovered.cursor), tail)
    this.#writer = new LogWriter({
      options,
      tail,
      segments: this.#segments,
      failure: this.#failure,
      metrics: this.#metrics,
      next: recovered.next,
      onRecords: wake,
    })
    this.#watch = new SpoolWatch(clock, this.#metrics, logger, () => this.state())
  }

  /**
   * @throws RelayError SPOOL_LOCKED, SPOOL_FOLDER (it is not safe there, or nothing can be written), SPOOL_VERSION (a
   * newer version wrote it; it stays as it is), SPOOL_FAILED
   */
  static async open(given: FileSpoolOptions): Promise<FileSpool> {
    const options = resolveSpoolOptions(given)
    const { disk, folder } = options
    let lock: SpoolLock | undefined
    try {
      await disk.makeFolder(folder)
      await checkFolder(disk, folder)
      lock = await SpoolLock.take(disk, folder, options.processes, options.random)
      const cursorFile = new CursorFile(disk, folder)
      const damage = new Damage(disk, options.telemetry)
      const recovered = await recover(disk, folder, cursorFile, damage)
      const spool = new FileSpool(options, lock, cursorFile, damage, recovered)
      try {
        await spool.#start()
      } catch (error) {
        lock = undefined
        await spool.close()
        throw error
      }
      return spool
    } catch (error) {
      await lock?.release().catch(() => {})
      if (isRelayError(error)) throw error
      throw (
        folderProblem(folder, error) ??
        new RelayError('SPOOL_FAILED', `the spool ${folder} cannot be opened: ${toError(error).message}`, {
          cause: error,
          facts: { folder },
        })
      )
    }
  }

  append(content: Buffer): Promise<void> {
    const refusal = this.#failure.reason ?? this.#closed()
    if (refusal === undefined) return this.#writer.append(content)
    this.#metrics.refused.add(refusal.code === 'SINK_CLOSED' ? 'closed' : 'failed')
    return Promise.reject(refusal)
  }

  async read(limits: ReadLimits): Promise<readonly SpooledRecord[]> {
    while (true) {
      if (this.#closing !== undefined) return []
      this.#failure.check()
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
    this.#cursor.advance(Math.min(sequence + 1, this.#reader.position))
    this.#reader.acked(sequence)
    await this.#cursor.save()
  }

  async *recent(limits: RecentLimits): AsyncGenerator<SpooledRecord, void, undefined> {
    this.#assertOpen()
    const { disk, telemetry } = this.#options
    yield* recentRecords(disk, this.#segments.all, limits, telemetry.logger)
  }

  state(): SpoolState {
    const { clock, maxBytes, warnAgeMs } = this.#options
    const since = this.#reader.oldestAppendedAt
    const oldestAgeMs = since === undefined ? undefined : Math.max(0, clock.now() - since)
    return {
      next: this.#writer.durable,
      bytes: this.#segments.bytes,
      heldBytes: this.#segments.heldBytes,
      maxBytes,
      unacked: this.#writer.durable - this.#cursor.position,
      oldestAgeMs,
      overdue: oldestAgeMs !== undefined && oldestAgeMs > warnAgeMs,
      badRecords: this.#damage.count,
      failure: this.#failure.reason?.message,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #start(): Promise<void> {
    this.#segments.ackedBelow(this.#cursor.position)
    await this.#segments.sweep(this.#options.keepBytes)
    // The limit may be lower than it was, and a power cut may have brought removed segments back.
    await this.#segments.shrinkTo(this.#options.maxBytes)
    await this.#reader.peek(this.#writer.durable)
  }

  async #close(): Promise<void> {
    this.#wake()
    await Promise.all([
      this.#logged(this.#writer.close()),
      this.#logged(this.#reading.then(() => this.#reader.close())),
      this.#cursor.idle(),
    ])
    this.#watch.stop()
    await this.#logged(this.#lock.release())
  }

  /** What was promised is on the disk already: a close that fails leaves nothing to do but to say so. */
  async #logged(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#options.telemetry.logger.error({ err: toError(error) }, 'the spool could not be closed cleanly')
    }
  }

  async #take(limits: ReadLimits): Promise<SpooledRecord[]> {
    try {
      const taken = await this.#reader.take(limits)
      // All that is left was damaged and set aside: nobody will ack it.
      if (taken.length === 0 && this.#reader.isIdle) this.#cursor.advance(this.#reader.position)
      await this.#reader.peek(this.#writer.durable)
      return taken
    } catch (error) {
      throw this.#failure.raise('read', error)
    }
  }

  #closed(): RelayError | undefined {
    return this.#closing && new RelayError('SINK_CLOSED', 'the spool is closed')
  }

  #assertOpen(): void {
    this.#failure.check()
    const closed = this.#closed()
    if (closed !== undefined) throw closed
  }
}
