import type { SpooledRecord } from '../spool/spool.ts'

/** A record on its way from the spool to Kafka. */
export interface Moving {
  readonly sequence: number
  readonly load: Load
  /** Undefined when it has arrived: it may be remembered for long after, and its bytes must not. */
  record: SpooledRecord | undefined
}

/** What has not arrived. */
export interface Load {
  records: number
  bytes: number
}

/** Those that have arrived are dropped once they outnumber the others by this, so that dropping them costs next to nothing. */
const droppedAtOnce = 4_096

/**
 * Records on their way, in the order of the spool. Knows up to which of them all have arrived, and nothing any more of
 * those that arrived before one that waits: a single record may wait for hours, and a million pass it by.
 */
export class MovingRecords {
  readonly events: Load = { records: 0, bytes: 0 }
  /** Of records that hold no event, only what was rejected. They have a topic of their own to wait for. */
  readonly rejected: Load = { records: 0, bytes: 0 }
  /** The oldest that has not arrived, and what was added behind it, arrived or not. */
  #records: Moving[] = []
  /** Index of the oldest that has not arrived. Moving this costs nothing; moving the others in the array does. */
  #head = 0
  #newest = -1

  /** Records that have not arrived. */
  get size(): number {
    return this.events.records + this.rejected.records
  }

  add(record: SpooledRecord, load: Load = this.events): Moving {
    const moving: Moving = { sequence: record.sequence, load, record }
    this.#records.push(moving)
    load.records++
    load.bytes += record.content.length
    this.#newest = record.sequence
    return moving
  }

  /** The sequence up to which all have arrived, if it moved on. */
  arrived(moving: Moving): number | undefined {
    moving.load.records--
    moving.load.bytes -= moving.record?.content.length ?? 0
    moving.record = undefined
    const movedOn = this.#records[this.#head] === moving
    while (this.#head < this.#records.length && this.#records[this.#head]?.record === undefined) this.#head++
    if (this.#records.length > 2 * this.size + droppedAtOnce) {
      this.#records = this.#records.filter(({ record }) => record !== undefined)
      this.#head = 0
    }
    return movedOn ? this.#reached() : undefined
  }

  /** Between two records of the spool there is none, so that all before the oldest that waits have arrived. */
  #reached(): number {
    const oldest = this.#records[this.#head]
    return oldest === undefined ? this.#newest : oldest.sequence - 1
  }
}
