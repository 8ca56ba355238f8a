export interface BufferLimits {
  readonly maxItems: number
  readonly maxBytes: number
}

/** An item that waits. Entries of one write share its `block`, an object used for its identity only. */
export interface BufferEntry<T> {
  readonly item: T
  readonly bytes: number
  readonly block: object
  /** Counts up by one from entry to entry of a lane. */
  readonly place: number
}

/** First in, first out, with the number of items and bytes it may hold. */
export class BoundedBuffer<T> {
  readonly #limits: BufferLimits
  /** Live from `#head` on; what lies before is undefined, and cut off once it is the larger half. */
  #entries: (BufferEntry<T> | undefined)[] = []
  #head = 0
  #bytes = 0

  constructor(limits: BufferLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  get first(): BufferEntry<T> | undefined {
    return this.#entries[this.#head]
  }

  fits(bytes: number): boolean {
    return this.size < this.#limits.maxItems && this.#bytes + bytes <= this.#limits.maxBytes
  }

  push(entry: BufferEntry<T>): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  shift(): BufferEntry<T> | undefined {
    const entry = this.first
    if (entry === undefined) return undefined
    this.#entries[this.#head] = undefined
    this.#head++
    this.#bytes -= entry.bytes
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  /** The first entry and all behind it that came with the same write. */
  shiftBlock(): BufferEntry<T>[] {
    const block = this.first?.block
    const taken: BufferEntry<T>[] = []
    for (let entry = this.first; entry !== undefined && entry.block === block; entry = this.first) {
      taken.push(entry)
      this.shift()
    }
    return taken
  }

  /** Takes out whatever matches, wherever it stands, in order. */
  remove(matches: (entry: BufferEntry<T>) => boolean): BufferEntry<T>[] {
    const removed: BufferEntry<T>[] = []
    const kept: BufferEntry<T>[] = []
    for (let i = this.#head; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as BufferEntry<T>
      ;(matches(entry) ? removed : kept).push(entry)
    }
    this.#entries = kept
    this.#head = 0
    for (const { bytes } of removed) this.#bytes -= bytes
    return removed
  }
}
