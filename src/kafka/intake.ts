import type { Cancel, Clock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { Budget, type Cost, type Lack } from './accumulator/budget.ts'
import { Entry, type EntryList, type EntryWrite } from './accumulator/entry.ts'
import { PendingWrite } from './accumulator/pending-write.ts'
import { type OutgoingRecord, type Published, type RoughRecord, recordBytes } from './outgoing-record.ts'
import type { PublisherMetrics } from './publisher-metrics.ts'
import { batchOverhead, type PublisherSettings } from './publisher-options.ts'

export interface IntakeOptions {
  readonly settings: PublisherSettings
  readonly metrics: PublisherMetrics
  readonly clock: Clock
  /** The partition of a key as far as it is known now, see `Router.place`. */
  readonly place: (key: Buffer) => number
  /** Hands an admitted entry on; in the order of the writes. */
  readonly route: (entry: Entry) => void
  /** What held up a list is over: what an entry lacked has come, or the entry has left. */
  readonly onProgress: (list: EntryList) => void
  /** Records left: confirmed, refused or withdrawn. */
  readonly onRelease: () => void
  /** A record was refused for its size: the topic may take larger ones by now. */
  readonly onTooLarge: () => void
  /** Why Kafka takes nothing or not all; undefined while it does. */
  readonly problem: () => Error | undefined
}

/**
 * The door of a publisher: checks sizes, keeps the budget, and knows every open write, so that one whose signal is aborted,
 * or all of them at the end, can be taken back.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #budget: Budget<Entry>
  /** In the order of their calls, with the monotonic time of the call. */
  readonly #open = new Map<EntryWrite, number>()
  /** Of writes that wait for room in the budget. */
  readonly #inLine = new Map<EntryWrite, Cancel>()
  #maxRecordBytes: number

  constructor(options: IntakeOptions) {
    const { budgetBytes, budgetRecords, maxRecordBytes } = options.settings
    this.#options = options
    this.#budget = new Budget({ bytes: budgetBytes, records: budgetRecords })
    this.#maxRecordBytes = maxRecordBytes
  }

  /** Records and bytes admitted that have no outcome yet. */
  get used(): Cost {
    return this.#budget.used
  }

  /** Writes that are not settled, those that wait for room included. */
  get openWrites(): number {
    return this.#open.size
  }

  /** Writes that wait for room. */
  get writesInLine(): number {
    return this.#inLine.size
  }

  get idle(): boolean {
    return this.#budget.used.records === 0 && this.#inLine.size === 0
  }

  /** Monotonic milliseconds of the oldest open write; infinity if there is none. */
  get oldestAcceptedAt(): number {
    const [oldest = Number.POSITIVE_INFINITY] = this.#open.values()
    return oldest
  }

  limitRecords(maxRecordBytes: number): void {
    this.#maxRecordBytes = maxRecordBytes
  }

  take(records: readonly OutgoingRecord[], signal: AbortSignal | undefined): Promise<readonly Published[]> {
    const { settings, metrics, clock, route } = this.#options
    const acceptedAt = clock.monotonic()
    const write = new PendingWrite(records.length, this.#onUnawaited)
    const entries = records.map(
      (record, index) => new Entry(record, recordBytes(record), acceptedAt, write, index, this.#onMissing),
    )
    for (const entry of entries) entry.partition = this.#options.place(entry.record.key)
    const fitting = entries.filter(({ bytes }) => bytes <= this.#maxRecordBytes)
    write.entries = fitting

    const lack = fitting.length === 0 ? undefined : this.#budget.tryTake(fitting)
    if (lack !== undefined) {
      metrics.overBudget.add(lack.of)
      if (settings.overBudget === 'reject') return Promise.reject(this.#overBudget(records.length, lack))
    }
    // One by one, and the others taken in the same turn: what comes after this write must not come before any of it.
    if (fitting.length < entries.length) {
      for (const entry of entries) if (entry.bytes > this.#maxRecordBytes) this.#refuse(entry)
    }
    if (fitting.length === 0) return write.promise
    this.#open.set(write, acceptedAt)
    const ignore = signal === undefined ? undefined : this.#withdrawOn(signal, write)
    write.whenSettled(() => {
      this.#open.delete(write)
      ignore?.()
    })
    if (lack === undefined) for (const entry of fitting) route(entry)
    else this.#wait(write)
    return write.promise
  }

  /** OVER_BUDGET if there is no room for these now. */
  lackFor(records: readonly RoughRecord[]): RelayError | undefined {
    const claims = records.map(({ key, bytes }) => ({ bytes, partition: this.#options.place(key) }))
    const lack = this.#budget.lackFor(claims)
    return lack === undefined ? undefined : this.#overBudget(records.length, lack)
  }

  /** The partitions of what waits for room may be others than before; there are so many. */
  reroute(partitions: number): void {
    this.#budget.reroute(partitions, ({ record }) => this.#options.place(record.key))
  }

  /**
   * An entry is bound for `partition`. False: it was refused, because it had come before the topic's own limit was known.
   */
  bind(entry: Entry, partition: number): boolean {
    this.#budget.move(entry, partition)
    if (entry.bytes <= this.#maxRecordBytes) return true
    this.#refuse(entry)
    this.release([entry])
    return false
  }

  /** These entries have their outcome, or were taken back. */
  release(entries: readonly Entry[]): void {
    this.#budget.release(entries)
    this.#options.onRelease()
  }

  /** Rejects every open write with `reason`. */
  abandonAll(reason: unknown): void {
    for (const write of [...this.#open.keys()]) this.#withdraw(write, reason)
  }

  #wait(write: EntryWrite): void {
    const leave = this.#budget.takeWhenFree(write.entries, () => {
      this.#inLine.delete(write)
      for (const entry of write.entries) this.#options.route(entry)
    })
    this.#inLine.set(write, leave)
  }

  /** The returned function ends it. A method of its own: what waits for Kafka for long holds no more than it needs. */
  #withdrawOn(signal: AbortSignal, write: EntryWrite): Cancel {
    const onAbort = (): void => this.#withdraw(write, signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    return () => signal.removeEventListener('abort', onAbort)
  }

  /** Settles the write with `reason` and takes back what no request has carried yet. */
  #withdraw(write: EntryWrite, reason: unknown): void {
    write.abandon(reason)
    const leave = this.#inLine.get(write)
    if (leave !== undefined) {
      this.#inLine.delete(write)
      leave()
      this.#options.metrics.withdrawn.add(write.entries.length)
      this.#options.onRelease()
      return
    }
    const back = write.entries.filter((entry) => entry.list !== undefined)
    if (back.length === 0) return
    const heldUp = new Set<EntryList>()
    for (const entry of back) {
      if (!entry.ready && entry.list !== undefined) heldUp.add(entry.list)
      entry.list?.remove(entry)
    }
    this.#options.metrics.withdrawn.add(back.length)
    this.release(back)
    for (const list of heldUp) this.#options.onProgress(list)
  }

  readonly #onUnawaited = (records: number): void => this.#options.metrics.unawaited.add(records)

  /** Sees to it that an entry is asked again when what it lacks has come, or that its write is taken back. */
  readonly #onMissing = (entry: Entry, missing: Promise<unknown>): void => {
    missing.then(
      () => {
        entry.ready = true
        if (entry.list !== undefined) this.#options.onProgress(entry.list)
      },
      (error: unknown) => this.#withdraw(entry.write, toError(error)),
    )
  }

  #refuse({ bytes, index, write }: Entry): void {
    const limit = this.#maxRecordBytes
    const { topic } = this.#options.settings
    this.#options.metrics.givenUp.add('too-large')
    write.refuse(
      index,
      new RelayError(
        'TOO_LARGE',
        `item ${index} has about ${bytes} bytes, and ${topic} takes ${limit} (max.message.bytes less ${batchOverhead})`,
        { facts: { topic, index, bytes, limit } },
      ),
    )
    this.#options.onTooLarge()
  }

  #overBudget(records: number, lack: Lack): RelayError {
    const { topic, budgetBytes, budgetRecords } = this.#options.settings
    const { used } = this.#budget
    const why =
      lack.of === 'budget'
        ? `with this write it would be more than ${budgetRecords} (${budgetBytes} bytes)`
        : `${lack.records} of them for partition ${lack.partition}, which has to leave room for the others`
    const facts = { topic, ...used, budgetBytes, budgetRecords, write: records, lack }
    const cause = this.#options.problem()
    const text = `${used.records} records (${used.bytes} bytes) wait for ${topic}; ${why}`
    return new RelayError('OVER_BUDGET', text, cause === undefined ? { facts } : { cause, facts })
  }
}
