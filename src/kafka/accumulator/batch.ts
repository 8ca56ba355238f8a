import type { ProduceBatch, WireRecord } from '../producer-port.ts'
import type { Entry } from './entry.ts'

/**
 * Records of one partition, frozen: from the first attempt until the broker confirms it, a batch goes out with exactly
 * these records in this order, because that is what the broker recognises a repetition by.
 */
export class Batch implements ProduceBatch {
  readonly partition: number
  readonly entries: readonly Entry[]
  readonly records: readonly WireRecord[]
  readonly bytes: number

  constructor(partition: number, entries: readonly Entry[], records: readonly WireRecord[]) {
    this.partition = partition
    this.entries = entries
    this.records = records
    this.bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  }

  /** Monotonic milliseconds at which its oldest record was accepted. */
  get acceptedAt(): number {
    return this.entries[0]?.acceptedAt ?? Number.POSITIVE_INFINITY
  }

  /**
   * Two halves that stand for it. Only for a batch that the broker refused as it is, and so never wrote: the halves are
   * new batches to it.
   */
  halves(): [Batch, Batch] {
    const middle = Math.ceil(this.entries.length / 2)
    return [
      new Batch(this.partition, this.entries.slice(0, middle), this.records.slice(0, middle)),
      new Batch(this.partition, this.entries.slice(middle), this.records.slice(middle)),
    ]
  }
}
