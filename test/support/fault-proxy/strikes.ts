import type { Random } from '../../../src/clock.ts'

/** Draws whether a fault strikes this time, until it has struck often enough. */
export class Strikes {
  readonly #random: Random
  readonly #probability: number
  #left: number

  constructor(fault: { readonly probability?: number; readonly times?: number } | undefined, random: Random) {
    this.#random = random
    this.#probability = fault?.probability ?? 1
    this.#left = fault === undefined ? 0 : (fault.times ?? Number.POSITIVE_INFINITY)
  }

  next(): boolean {
    if (this.#left <= 0 || this.#random() >= this.#probability) return false
    this.#left -= 1
    return true
  }
}
