import type { Clock } from '../clock.ts'

/** How much of a second may be caught up after a pause: more would be a burst that the limit is there to avoid. */
const burstSeconds = 0.1

/** Lets a number of requests begin in a second, evenly. */
export class RequestRate {
  readonly #perSecond: number
  readonly #capacity: number
  readonly #clock: Clock
  #tokens: number
  #filledAt: number

  /** @param perSecond above 0; may be a fraction */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#capacity = Math.max(1, perSecond * burstSeconds)
    this.#clock = clock
    this.#tokens = this.#capacity
    this.#filledAt = clock.monotonic()
  }

  /** Milliseconds until one may begin. */
  get waitMs(): number {
    this.#fill()
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000)
  }

  /** One begins. */
  take(): void {
    this.#tokens--
  }

  /** One that began asked for nothing after all. */
  putBack(): void {
    this.#tokens++
  }

  #fill(): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond)
    this.#filledAt = now
  }
}
