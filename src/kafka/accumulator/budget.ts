/** What something takes of the budget. */
export interface Cost {
  readonly bytes: number
  readonly records: number
}

interface Waiter {
  readonly cost: Cost
  readonly admitted: () => void
}

/**
 * How much may wait for Kafka at once. First come, first served: a small write does not overtake a large one that waits,
 * because the two may have a key in common.
 */
export class Budget {
  readonly #limit: Cost
  readonly #waiters = new Set<Waiter>()
  #bytes = 0
  #records = 0

  constructor(limit: Cost) {
    this.#limit = limit
  }

  get used(): Cost {
    return { bytes: this.#bytes, records: this.#records }
  }

  /** Writes that wait for room. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Takes `cost` if there is room and nobody waits. */
  tryTake(cost: Cost): boolean {
    if (this.#waiters.size > 0 || !this.#fits(cost)) return false
    this.#take(cost)
    return true
  }

  /** Calls `admitted` when `cost` has been taken. The returned function withdraws the request. */
  takeWhenFree(cost: Cost, admitted: () => void): () => void {
    const waiter = { cost, admitted }
    this.#waiters.add(waiter)
    return () => {
      // The next in line may be smaller than the one that left.
      if (this.#waiters.delete(waiter)) this.#admit()
    }
  }

  release(cost: Cost): void {
    this.#bytes -= cost.bytes
    this.#records -= cost.records
    this.#admit()
  }

  #admit(): void {
    for (const waiter of this.#waiters) {
      if (!this.#fits(waiter.cost)) return
      this.#waiters.delete(waiter)
      this.#take(waiter.cost)
      waiter.admitted()
    }
  }

  #take(cost: Cost): void {
    this.#bytes += cost.bytes
    this.#records += cost.records
  }

  /** A write above the whole budget goes when nothing else is there; else it would wait for ever. */
  #fits(cost: Cost): boolean {
    if (this.#records === 0) return true
    return (
      this.#bytes + cost.bytes <= this.#limit.bytes && this.#records + cost.records <= this.#limit.records
    )
  }
}
