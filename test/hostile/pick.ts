import type { Random } from '../../src/clock.ts'

/** Choices by a source of chance. */
export class Pick {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** A whole number below `limit`; 0 where there is none. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  of<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
