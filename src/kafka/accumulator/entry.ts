import type { OutgoingRecord, Published } from '../outgoing-record.ts'
import type { WireRecord } from '../producer-port.ts'
import type { Cost } from './budget.ts'

/** What a record's outcome is told to: the write it belongs to. */
export interface EntryWrite {
  readonly entries: readonly Entry[]
  confirm(index: number, receipt: Published): void
  refuse(index: number, error: Error): void
  abandon(reason: unknown): void
}

/** One record on its way, and a link of the {@link EntryList} it waits in. */
export class Entry {
  readonly record: OutgoingRecord
  /** Upper bound of its bytes in a batch. */
  readonly bytes: number
  /** Monotonic milliseconds. */
  readonly acceptedAt: number
  readonly write: EntryWrite
  /** Position in its write. */
  readonly index: number
  /** The bytes for Kafka; undefined while a part is missing. */
  value: Buffer | undefined
  /** The list it waits in; undefined before, and for good once it is frozen in a batch or has an outcome. */
  list: EntryList | undefined
  previous: Entry | undefined
  next: Entry | undefined

  constructor(record: OutgoingRecord, bytes: number, acceptedAt: number, write: EntryWrite, index: number) {
    this.record = record
    this.bytes = bytes
    this.acceptedAt = acceptedAt
    this.write = write
    this.index = index
    this.value = record.value instanceof Promise ? undefined : record.value
  }

  get cost(): Cost {
    return { bytes: this.bytes, records: 1 }
  }

  toWire(value: Buffer): WireRecord {
    const { key, timestamp, headers } = this.record
    // Always a time of ours: without one the client would stamp each attempt anew, and a batch must stay unchanged.
    return { key, value, timestamp: String(timestamp), ...(headers === undefined ? {} : { headers }) }
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
