import type { SpooledRecord } from '../spool/spool.ts'

/** A record on its way from the spool to one topic. */
export interface Moving {
  readonly sequence: number
  /** Undefined when it has arrived: it may be remembered for long after, and its bytes must not. */
  record: SpooledRecord | undefined
}

/** Those that have arrived are dropped once they outnumber the others by this, so that dropping them costs next to nothing. */
const droppedAtOnce = 4_096

/**
 * Records on their way to one topic, in the order of the spool. Knows the oldest that has not arrived, and nothing any more of
 * those that arrived before one that waits: a single record may wait for hours, and a million pass it by.
 */
export class MovingRecords {
  /** The oldest that has not arrived, and what was added behind it, arrived or not. */
  #records: Moving[] = []
  /** Index of the oldest that has not arrived. Moving this costs nothing; moving the others in the array does. */
  #head = 0
  #size = 0
  #bytes = 0

  /** Records that have not arrived. */
  get size(): number {
    return this.#size
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Sequence of the oldest that has not arrived. */
  get oldest(): number | undefined {
    return this.#records[this.#head]?.sequence
  }

  /** `record` comes after all that were added before. */
  add(record: SpooledRecord): Moving {
    const moving: Moving = { sequence: record.sequence, record }
    this.#records.push(moving)
    this.#size++
    this.#bytes += record.content.length
    return moving
  }

  /** True if it was the oldest. */
  arrived(moving: Moving): boolean {
    this.#size--
    this.#bytes -= moving.record?.content.length ?? 0
    moving.record = undefined
    const movedOn = this.#records[this.#head] === moving
    while (this.#head < this.#records.length && this.#records[this.#head]?.record === undefined) this.#head++
    if (this.#records.length > 2 * this.#size + droppedAtOnce) {
      this.#records = this.#records.filter(({ record }) => record !== undefined)
      this.#head = 0
    }
    return movedOn
  }
}
