import { createHash } from 'node:crypto'
import type { Random } from '../clock.ts'

/** What a simulated registry makes up; the same for the same seed and name, whatever the other registries do. */
export class MadeUp {
  readonly #random: Random

  constructor(seed: number, name: string) {
    this.#random = generator(createHash('sha256').update(`${seed} ${name}`).digest())
  }

  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.#random() < probability
  }

  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  /** One of them; the list must not be empty. */
  one<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T
  }

  /** Lower-case digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits)
      text += this.whole(0, 2 ** 32 - 1)
        .toString(16)
        .padStart(8, '0')
    return text.slice(0, digits)
  }

  /** Version 4, as Distribution before 3.1 and GitLab make them. */
  uuid4(): string {
    return uuid(`${this.hex(12)}4${this.hex(3)}${this.one(['8', '9', 'a', 'b'])}${this.hex(15)}`)
  }

  /**
   * Version 7, as Distribution 3.1 makes them.
   * @param now milliseconds since the epoch
   */
  uuid7(now: number): string {
    const time = Math.floor(now).toString(16).padStart(12, '0')
    return uuid(`${time}7${this.hex(3)}${this.one(['8', '9', 'a', 'b'])}${this.hex(15)}`)
  }
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** sfc32 of M. E. O'Neill's collection: small, fast, and with a period that no run comes near. */
function generator(state: Buffer): Random {
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => state.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ]
  return () => {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + result
    return (result >>> 0) / 2 ** 32
  }
}
