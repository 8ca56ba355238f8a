import type { Cancel, Clock } from '../clock.ts'

export interface BodyRateLimits {
  readonly graceMs: number
  readonly minBytesPerSecond: number
}

/**
 * Calls `onSlow` once when a body, past the grace, has come in at less than the average asked for. It looks not at
 * intervals but at the moment when what has come by then would be too little, so that a fast body is looked at once.
 */
export class BodyRate {
  readonly #limits: BodyRateLimits
  readonly #clock: Clock
  readonly #onSlow: () => void
  readonly #beganAt: number
  #bytes = 0
  #cancel: Cancel

  constructor(limits: BodyRateLimits, clock: Clock, onSlow: () => void) {
    this.#limits = limits
    this.#clock = clock
    this.#onSlow = onSlow
    this.#beganAt = clock.monotonic()
    this.#cancel = this.#lookAfter(limits.graceMs)
  }

  arrived(bytes: number): void {
    this.#bytes += bytes
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const elapsedMs = this.#clock.monotonic() - this.#beganAt
    const enoughForMs = (this.#bytes * 1_000) / this.#limits.minBytesPerSecond
    if (enoughForMs < elapsedMs) this.#onSlow()
    else this.#cancel = this.#lookAfter(enoughForMs - elapsedMs)
  }

  /** One more millisecond than asked for: timers fire early by a part of one, and would look again at once. */
  #lookAfter(ms: number): Cancel {
    return this.#clock.after(Math.ceil(ms) + 1, () => this.#look())
  }
}
