import type { Cancel } from '../clock.ts'

/**
 * How many deliveries are under way at once, over all partitions of a bridge. Whoever waits longest comes
 * first.
 */
export class DeliverySlots {
  readonly #limit: number
  #inUse = 0
  /** A Set keeps the order of insertion and forgets a waiter in constant time. */
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get inUse(): number {
    return this.#inUse
  }

  /**
   * Calls `run` once, as soon as a slot is free (now, if one is); it must lead to one {@link release}.
   * Cancelled: never.
   */
  take(run: () => void): Cancel {
    if (this.#inUse < this.#limit) {
      this.#inUse++
      run()
      return () => {}
    }
    const waiter = (): void => run()
    this.#waiting.add(waiter)
    return () => {
      this.#waiting.delete(waiter)
    }
  }

  release(): void {
    const [first] = this.#waiting
    if (first === undefined) {
      this.#inUse--
      return
    }
    // The slot goes from hand to hand, so that nobody who comes in between can overtake.
    this.#waiting.delete(first)
    first()
  }
}
