import type { WireRecord } from '../producer-port.ts'
import { Batch } from './batch.ts'
import { type Entry, EntryList } from './entry.ts'

/** How much of one partition goes into one request. */
export interface BatchLimit {
  readonly records: number
  readonly bytes: number
}

/**
 * Everything of one partition that the broker has not confirmed, in order:
 *
 *     flying (at most one batch, under way)  →  suspects (outcome unknown, or refused)  →  waiting
 *
 * A record moves from waiting into a batch when a lane flushes, and from then on only with its batch. While there is a
 * suspect nothing of `waiting` is sent, and while something flies nothing else is: those two rules are the order.
 */
export class PartitionQueue {
  readonly partition: number
  readonly waiting: EntryList = new EntryList()
  readonly suspects: Batch[] = []
  /** Set while a request holds a batch of this partition, whichever lane made it. */
  flying: Batch | undefined
  /** Broker id; undefined while the partition has no leader. */
  leader: number | undefined
  /** Monotonic milliseconds before which no suspect is sent again. */
  retryAt = 0
  /** Attempts in a row that did not end in a confirmation. */
  failures = 0
  /** Why Kafka refuses its suspects, where somebody has to put that right; cleared by any other outcome. */
  refusal: Error | undefined
  /** Of the last record confirmed; undefined before the first. */
  lastOffset: bigint | undefined
  /** Records confirmed through the present producer; its sequence numbers end at 2^31. */
  sequence = 0

  constructor(partition: number) {
    this.partition = partition
  }

  get empty(): boolean {
    return this.flying === undefined && this.suspects.length === 0 && this.waiting.size === 0
  }

  /** There is something new to send, and nothing older that has to go first. */
  get flushable(): boolean {
    return this.flying === undefined && this.suspects.length === 0 && this.waiting.first?.ready === true
  }

  /** Monotonic milliseconds at which its oldest record was accepted; infinity if there is none. */
  get oldestAcceptedAt(): number {
    const oldest = this.flying ?? this.suspects[0] ?? this.waiting.first
    return oldest?.acceptedAt ?? Number.POSITIVE_INFINITY
  }

  /**
   * Takes the next records out of `waiting` as a batch, as far as the limit goes and up to the first that lacks a
   * part; none when that is the first. The first one goes whatever its size, so that a record above the limit is sent alone
   * instead of never.
   */
  freeze(limit: BatchLimit): Batch {
    const entries: Entry[] = []
    const records: WireRecord[] = []
    let bytes = 0
    for (let entry = this.waiting.first; entry?.ready; entry = this.waiting.first) {
      if (entries.length > 0 && (entries.length >= limit.records || bytes + entry.bytes > limit.bytes)) break
      const record = entry.toWire()
      if (record === undefined) break
      this.waiting.remove(entry)
      entries.push(entry)
      records.push(record)
      bytes += entry.bytes
    }
    return new Batch(this.partition, entries, records)
  }
}
