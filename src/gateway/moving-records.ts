import type { SpooledRecord } from '../spool/spool.ts'

/** A record on its way from the spool to Kafka. */
export interface Moving {
  readonly record: SpooledRecord
  done: boolean
}

/** Those that have arrived are dropped once they outnumber the others by this, so that dropping them costs next to nothing. */
const droppedAtOnce = 4_096

/**
 * Records on their way, in the order of the spool. Knows up to which of them all have arrived, and nothing any more of
 * those that arrived before one that waits: a single record may wait for hours, and a million pass it by.
 */
export class MovingRecords {
  /** The oldest that has not arrived, and what was added behind it, arrived or not. */
  #records: Moving[] = []
  /** Index of the oldest that has not arrived. Moving this costs nothing; moving the others in the array does. */
  #head = 0
  #size = 0
  #bytes = 0
  #newest = -1

  /** Records that have not arrived. */
  get size(): number {
    return this.#size
  }

  /** Bytes of the records that have not arrived. */
  get bytes(): number {
    return this.#bytes
  }

  add(record: SpooledRecord): Moving {
    const moving = { record, done: false }
    this.#records.push(moving)
    this.#size++
    this.#bytes += record.content.length
    this.#newest = record.sequence
    return moving
  }

  /** The sequence up to which all have arrived, if it moved on. */
  arrived(moving: Moving): number | undefined {
    moving.done = true
    this.#size--
    this.#bytes -= moving.record.content.length
    const movedOn = this.#records[this.#head] === moving
    while (this.#records[this.#head]?.done === true) this.#head++
    if (this.#records.length - this.#size > this.#size + droppedAtOnce) {
      this.#records = this.#records.filter(({ done }) => !done)
      this.#head = 0
    }
    return movedOn ? this.#reached() : undefined
  }

  /** Between two records of the spool there is none, so that all before the oldest that waits have arrived. */
  #reached(): number {
    const oldest = this.#records[this.#head]
    return oldest === undefined ? this.#newest : oldest.record.sequence - 1
  }
}
