/** One offset that was begun. */
export interface TrackedOffset {
  readonly offset: bigint
  /** It has its outcome. Once begun, only the tracker sets it. */
  done: boolean
}

/**
 * Knows which offset may be committed while deliveries finish in any order.
 *
 * `low` is the offset to read next: every record below it has its outcome, so it is what a commit says.
 * Offsets begin in ascending order and may have gaps (compaction, control records); what lies in a gap was
 * never a record.
 */
export class OffsetTracker<T extends TrackedOffset = TrackedOffset> {
  /** Begun, in order; those before `#head` are below `low`. */
  readonly #order: T[] = []
  #head = 0
  #unfinished = 0
  #next: bigint

  /** @param start offset of the first record, or where reading began */
  constructor(start: bigint) {
    this.#next = start
  }

  /** The record of `entry` is being worked on. @throws RangeError: not above all offsets before it */
  begin(entry: T): void {
    const { offset } = entry
    if (offset < this.#next) throw new RangeError(`offset ${offset} begins after offset ${this.#next - 1n}`)
    this.#order.push(entry)
    if (!entry.done) this.#unfinished++
    this.#next = offset + 1n
    if (entry.done) this.#advance()
  }

  /** There is no record from the last one begun up to `next`, which is where reading goes on. */
  seal(next: bigint): void {
    if (next > this.#next) this.#next = next
  }

  /** The record has its outcome; a second call for one entry changes nothing. */
  finish(entry: T): void {
    if (entry.done) return
    entry.done = true
    this.#unfinished--
    this.#advance()
  }

  #advance(): void {
    while (this.#order[this.#head]?.done === true) this.#head++
    // Cut off in large pieces: shifting one by one would make a long partition quadratic.
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
      this.#order.splice(0, this.#head)
      this.#head = 0
    }
  }

  get low(): bigint {
    return this.#order[this.#head]?.offset ?? this.#next
  }

  /** Where reading goes on. */
  get next(): bigint {
    return this.#next
  }

  /** The lowest without outcome. */
  get oldest(): T | undefined {
    return this.#order[this.#head]
  }

  get unfinished(): number {
    return this.#unfinished
  }

  /** Begun and not below `low`: with the finished ones among them. */
  get open(): number {
    return this.#order.length - this.#head
  }

  /** How far the finished ones above `low` lie from it, ascending. */
  doneAbove(): readonly number[] {
    if (this.open === this.#unfinished) return []
    const { low } = this
    const distances: number[] = []
    for (let at = this.#head + 1; at < this.#order.length; at++) {
      const entry = this.#order[at] as T
      if (entry.done) distances.push(Number(entry.offset - low))
    }
    return distances
  }

  /** Those without outcome, in order. */
  openEntries(): readonly T[] {
    return this.#order.slice(this.#head).filter(({ done }) => !done)
  }
}
