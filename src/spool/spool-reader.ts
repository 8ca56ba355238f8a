import type { LogReader } from './log-reader.ts'
import type { MemoryTail } from './memory-tail.ts'
import type { ReadLimits, SpooledRecord } from './spool.ts'

type Given = Pick<SpooledRecord, 'sequence' | 'appendedAt'>

/** The reading end: each record once, from memory where it is still there and from the log where not. */
export class SpoolReader {
  readonly #log: LogReader
  readonly #tail: MemoryTail
  /** Given and not acked, for the age; those before `#acked` are acked and leave together with the next few. */
  #given: Given[] = []
  #acked = 0
  /** The next record, read ahead from the disk to know its age. */
  #peeked: SpooledRecord | undefined

  constructor(log: LogReader, tail: MemoryTail) {
    this.#log = log
    this.#tail = tail
  }

  /** Sequence after the last record given, or passed because it is damaged. */
  get position(): number {
    return this.#peeked?.sequence ?? this.#log.position
  }

  /** When the oldest record that is not acked was appended; undefined where there is none. */
  get oldestAppendedAt(): number | undefined {
    return (this.#given[this.#acked] ?? this.#peeked ?? this.#tail.first)?.appendedAt
  }

  /** Nothing that was given waits for its ack. */
  get isIdle(): boolean {
    return this.#acked === this.#given.length
  }

  async take({ records, bytes }: ReadLimits): Promise<SpooledRecord[]> {
    const taken: SpooledRecord[] = []
    let size = 0
    while (taken.length < records && size < bytes) {
      const record = await this.#next()
      if (record === undefined) break
      taken.push(record)
      size += record.content.length
      this.#given.push({ sequence: record.sequence, appendedAt: record.appendedAt })
    }
    return taken
  }

  acked(sequence: number): void {
    while ((this.#given[this.#acked]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) this.#acked += 1
    // Moved once for each half: dropping the first at each ack would move all the others each time.
    if (this.#acked * 2 < this.#given.length) return
    this.#given = this.#given.slice(this.#acked)
    this.#acked = 0
  }

  /** Reads ahead where the next record is on the disk only: without it the age would be that of a younger one. */
  async peek(durable: number): Promise<void> {
    if (this.#peeked !== undefined || this.#log.position >= durable) return
    if (this.#tail.first?.sequence === this.#log.position) return
    this.#peeked = await this.#log.next()
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  async #next(): Promise<SpooledRecord | undefined> {
    const peeked = this.#peeked
    if (peeked !== undefined) {
      this.#peeked = undefined
      return peeked
    }
    const kept = this.#tail.take(this.#log.position)
    if (kept === undefined) return this.#log.next()
    if (this.#log.isOpen) await this.#log.close()
    this.#log.skip(kept.record.sequence, kept.segment, kept.end)
    return kept.record
  }
}
