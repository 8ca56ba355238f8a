/** Records that hold equally many items, one after the other. */
interface Run {
  readonly items: number
  records: number
}

/**
 * How many items each record holds that was stored and has not been read, in the order of the spool. Bodies are much alike (a
 * registry posts one event at a time), so that a full spool is a few numbers here.
 */
export class StoredItems {
  #runs: Run[] = []
  /** Those before it were read. */
  #head = 0
  /** Records that were read before it was heard that they are stored. */
  #ahead = 0

  /** @param items of the next record */
  add(items: number): void {
    if (this.#ahead > 0) {
      this.#ahead--
      return
    }
    const last = this.#runs.at(-1)
    if (last !== undefined && last.items === items) last.records++
    else this.#runs.push({ items, records: 1 })
  }

  /**
   * The next `records` have been read, or passed.
   * @returns their items. Those of which it was not heard yet count nothing: what is read so soon comes from memory, where nothing
   * is damaged.
   */
  take(records: number): number {
    let items = 0
    let left = records
    while (left > 0) {
      const run = this.#runs[this.#head]
      if (run === undefined) break
      const taken = Math.min(left, run.records)
      run.records -= taken
      left -= taken
      items += taken * run.items
      if (run.records === 0) this.#next()
    }
    this.#ahead += left
    return items
  }

  #next(): void {
    this.#head++
    // Cut off in halves: dropping the first each time would move all the others each time.
    if (this.#head * 2 < this.#runs.length) return
    this.#runs = this.#runs.slice(this.#head)
    this.#head = 0
  }
}
