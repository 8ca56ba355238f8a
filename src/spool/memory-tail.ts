import { frameHeaderBytes } from './record-frame.ts'
import type { Segment } from './segment.ts'
import type { SpooledRecord } from './spool.ts'

export interface TailEntry {
  readonly record: SpooledRecord
  readonly segment: Segment
  /** The byte after it in the segment. */
  readonly end: number
}

/**
 * The newest records, so that a reader that keeps up never waits for the disk. Bounded: when the reader falls behind, the
 * oldest leave and are read from the log.
 */
export class MemoryTail {
  readonly #maxBytes: number
  #entries: TailEntry[] = []
  #taken = 0
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The record that would be taken next. */
  get first(): SpooledRecord | undefined {
    return this.#entries[this.#taken]?.record
  }

  push(entry: TailEntry): void {
    this.#entries.push(entry)
    // With the header: the content is a view of the group that was written, headers included.
    this.#bytes += frameHeaderBytes + entry.record.content.length
    while (this.#bytes > this.#maxBytes) this.#shift()
  }

  /** The record of this sequence when it is the first here. */
  take(sequence: number): TailEntry | undefined {
    return this.first?.sequence === sequence ? this.#shift() : undefined
  }

  #shift(): TailEntry | undefined {
    const entry = this.#entries[this.#taken]
    if (entry === undefined) return undefined
    this.#taken += 1
    this.#bytes -= frameHeaderBytes + entry.record.content.length
    // `shift` moves the whole array; done for half of it at a time, each entry is moved once on average.
    if (this.#taken * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#taken)
      this.#taken = 0
    }
    return entry
  }
}
