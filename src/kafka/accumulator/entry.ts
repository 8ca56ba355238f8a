import type { OutgoingRecord, Published } from '../outgoing-record.ts'
import type { WireRecord } from '../producer-port.ts'
import { type Claim, unrouted } from './budget.ts'

/** What a record's outcome is told to: the write it belongs to. */
export interface EntryWrite {
  readonly entries: readonly Entry[]
  confirm(index: number, receipt: Published): void
  refuse(index: number, error: Error): void
  abandon(reason: unknown): void
}

/** Told what an entry waits for, which is to be asked again when that has come. */
export type OnMissing = (entry: Entry, missing: Promise<unknown>) => void

/** One record on its way, and a link of the {@link EntryList} it waits in. */
export class Entry implements Claim {
  readonly record: OutgoingRecord
  /** Upper bound of its bytes in a batch. */
  readonly bytes: number
  /** Monotonic milliseconds. */
  readonly acceptedAt: number
  readonly write: EntryWrite
  /** Position in its write. */
  readonly index: number
  partition: number = unrouted
  /** False while a part of it is missing. */
  ready = true
  /** The list it waits in; undefined before, and for good once it is frozen in a batch or has an outcome. */
  list: EntryList | undefined
  previous: Entry | undefined
  next: Entry | undefined

  readonly #onMissing: OnMissing

  constructor(
    record: OutgoingRecord,
    bytes: number,
    acceptedAt: number,
    write: EntryWrite,
    index: number,
    onMissing: OnMissing,
  ) {
    this.record = record
    this.bytes = bytes
    this.acceptedAt = acceptedAt
    this.write = write
    this.index = index
    this.#onMissing = onMissing
  }

  /** As it goes to Kafka if it goes now; undefined, and {@link ready} no more, while a part is missing. */
  toWire(): WireRecord | undefined {
    const value = this.#value()
    if (value === undefined) return undefined
    const { key, timestamp, headers } = this.record
    // Always a time of ours: without one the client would stamp each attempt anew, and a batch must stay unchanged.
    return { key, value, timestamp: String(timestamp), ...(headers === undefined ? {} : { headers }) }
  }

  #value(): Buffer | undefined {
    const { value } = this.record
    if (typeof value !== 'function') return value
    let missing: Promise<unknown>
    try {
      const made = value()
      if (Buffer.isBuffer(made)) return made
      missing = made
    } catch (thrown) {
      missing = Promise.reject(thrown)
    }
    this.ready = false
    this.#onMissing(this, missing)
    return undefined
  }
}

/**
 * Entries in the order they came. Linked, so that a withdrawn write leaves at once from anywhere in the middle: with Kafka
 * down and callers that give up and come again, marks instead of removal would pile up without bound.
 */
export class EntryList {
  #first: Entry | undefined
  #last: Entry | undefined
  #size = 0

  get first(): Entry | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  push(entry: Entry): void {
    entry.list = this
    entry.previous = this.#last
    entry.next = undefined
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#size += 1
  }

  remove(entry: Entry): void {
    if (entry.list !== this) return
    if (entry.previous === undefined) this.#first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) this.#last = entry.previous
    else entry.next.previous = entry.previous
    entry.list = undefined
    entry.previous = undefined
    entry.next = undefined
    this.#size -= 1
  }

  shift(): Entry | undefined {
    const entry = this.#first
    if (entry !== undefined) this.remove(entry)
    return entry
  }
}
