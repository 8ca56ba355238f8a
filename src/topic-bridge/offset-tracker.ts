/**
 * Knows which offset may be committed while deliveries finish in any order.
 *
 * `low` is the offset to read next: every record below it has its outcome, so it is what a commit says.
 * Offsets begin in ascending order and may have gaps (compaction, control records); what lies in a gap was
 * never a record.
 */
export class OffsetTracker {
  /** Begun, in order; those before `#head` are below `low`. */
  readonly #order: bigint[] = []
  #head = 0
  readonly #unfinished = new Set<bigint>()
  #next: bigint

  /** @param start offset of the first record, or where reading began */
  constructor(start: bigint) {
    this.#next = start
  }

  /** The record at `offset` is being worked on. @throws RangeError: not above all offsets before it */
  begin(offset: bigint): void {
    if (offset < this.#next) throw new RangeError(`offset ${offset} begins after offset ${this.#next - 1n}`)
    this.#order.push(offset)
    this.#unfinished.add(offset)
    this.#next = offset + 1n
  }

  /** There is no record from the last one begun up to `next`, which is where reading goes on. */
  seal(next: bigint): void {
    if (next > this.#next) this.#next = next
  }

  /**
   * The record has its outcome. @returns true when that moved `low`; a second call for one offset changes
   * nothing
   */
  finish(offset: bigint): boolean {
    if (!this.#unfinished.delete(offset)) return false
    const before = this.#head
    for (;;) {
      const first = this.#order[this.#head]
      if (first === undefined || this.#unfinished.has(first)) break
      this.#head++
    }
    const moved = this.#head > before
    // Cut off in large pieces: shifting one by one would make a long partition quadratic.
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
      this.#order.splice(0, this.#head)
      this.#head = 0
    }
    return moved
  }

  get low(): bigint {
    return this.#order[this.#head] ?? this.#next
  }

  get unfinished(): number {
    return this.#unfinished.size
  }

  /** Begun and not below `low`: with the finished ones among them. */
  get open(): number {
    return this.#order.length - this.#head
  }
}
