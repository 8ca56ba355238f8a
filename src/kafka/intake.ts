import type { Cancel, Clock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { Budget, type Cost } from './accumulator/budget.ts'
import { Entry, type EntryWrite } from './accumulator/entry.ts'
import { PendingWrite } from './accumulator/pending-write.ts'
import { type OutgoingRecord, type Published, recordBytes } from './outgoing-record.ts'
import type { PublisherMetrics } from './publisher-metrics.ts'
import { batchOverhead, type PublisherSettings } from './publisher-options.ts'

export interface IntakeOptions {
  readonly settings: PublisherSettings
  readonly metrics: PublisherMetrics
  readonly clock: Clock
  /** Hands an admitted entry on; in the order of the writes. */
  readonly route: (entry: Entry) => void
  /** The value of an entry that is already on its way has arrived. */
  readonly onComplete: (entry: Entry) => void
  /** Records left: confirmed, refused or withdrawn. */
  readonly onRelease: () => void
}

/**
 * The door of a publisher: checks sizes, keeps the budget, and knows every open write, so that one whose signal is aborted,
 * or all of them at the end, can be taken back.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #budget: Budget
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
    const write = new PendingWrite(records.length)
    write.entries = records.map(
      (record, index) => new Entry(record, recordBytes(record), acceptedAt, write, index),
    )
    const tooLarge = this.#tooLargeOf(write)
    if (tooLarge !== undefined) return Promise.reject(tooLarge)

    const cost = costOf(write.entries)
    const admitted = this.#budget.tryTake(cost)
    if (!admitted) {
      metrics.overBudget.add()
      if (settings.overBudget === 'reject') return Promise.reject(this.#overBudget(cost))
    }
    this.#open.set(write, acceptedAt)
    const ignore = signal === undefined ? undefined : this.#withdrawOn(signal, write)
    write.whenSettled(() => {
      this.#open.delete(write)
      ignore?.()
    })
    for (const entry of write.entries) this.#awaitValue(entry)
    if (admitted) for (const entry of write.entries) route(entry)
    else this.#wait(write, cost)
    return write.promise
  }

  /**
   * To be asked when an entry is routed: it may have come before the topic's own limit was known. True: its write was
   * rejected with TOO_LARGE and taken back.
   */
  takeBackIfTooLarge(entry: Entry): boolean {
    if (entry.bytes <= this.#maxRecordBytes) return false
    const error = this.#tooLargeOf(entry.write)
    this.#withdraw(entry.write, error)
    this.release([entry])
    return true
  }

  /** These entries have their outcome, or were taken back. */
  release(entries: readonly Entry[]): void {
    this.#budget.release(costOf(entries))
    this.#options.onRelease()
  }

  /** Rejects every open write with `reason`. */
  abandonAll(reason: unknown): void {
    for (const write of [...this.#open.keys()]) this.#withdraw(write, reason)
  }

  #wait(write: EntryWrite, cost: Cost): void {
    const leave = this.#budget.takeWhenFree(cost, () => {
      this.#inLine.delete(write)
      const tooLarge = this.#tooLargeOf(write)
      if (tooLarge === undefined) {
        for (const entry of write.entries) this.#options.route(entry)
      } else {
        write.abandon(tooLarge)
        this.release(write.entries)
      }
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
    for (const entry of back) entry.list?.remove(entry)
    if (back.length === 0) return
    this.#options.metrics.withdrawn.add(back.length)
    this.release(back)
  }

  /** Sees to it that a value that is still missing arrives, or that its write is taken back. */
  #awaitValue(entry: Entry): void {
    const { value } = entry.record
    if (!(value instanceof Promise)) return
    value.then(
      (bytes) => {
        entry.value = bytes
        if (entry.list !== undefined) this.#options.onComplete(entry)
      },
      (error: unknown) => this.#withdraw(entry.write, toError(error)),
    )
  }

  #tooLargeOf(write: EntryWrite): RelayError | undefined {
    const limit = this.#maxRecordBytes
    const entry = write.entries.find(({ bytes }) => bytes > limit)
    if (entry === undefined) return undefined
    const { topic } = this.#options.settings
    const { bytes, index } = entry
    this.#options.metrics.givenUp.add(1, { reason: 'too-large' })
    return new RelayError(
      'TOO_LARGE',
      `item ${index} has about ${bytes} bytes, and ${topic} takes ${limit} (max.message.bytes less ${batchOverhead})`,
      { facts: { topic, index, bytes, limit } },
    )
  }

  #overBudget(cost: Cost): RelayError {
    const { topic, budgetBytes, budgetRecords } = this.#options.settings
    const { bytes, records } = this.#budget.used
    return new RelayError(
      'OVER_BUDGET',
      `${records} records (${bytes} bytes) wait for ${topic}; with this write it would be more than ${budgetRecords} (${budgetBytes} bytes)`,
      { facts: { topic, bytes, records, budgetBytes, budgetRecords, write: cost } },
    )
  }
}

function costOf(entries: readonly Entry[]): Cost {
  return { bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), records: entries.length }
}
