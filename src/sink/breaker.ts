import { type Clock, systemClock } from '../clock.ts'
import { notNegative, wholeNumber } from './check-option.ts'
import type { FailedAttempt, RetryStrategy } from './retry-strategy.ts'

export interface BreakerOptions {
  /** Failures in a row that are followed by the next attempt at once. Default 10. */
  readonly threshold?: number
  /** Milliseconds from a failure to the next attempt once there were that many. Default 1,000. */
  readonly backoffMs?: number
  readonly clock?: Clock
}

/**
 * The strategy of a registry's endpoints: never gives up.
 *
 *     closed: attempts follow each other without a pause ── threshold failures in a row ──▶ open: one attempt per backoff
 *     open ── a success ──▶ closed
 *
 * The wait is what is *left* of the backoff since the last failure, as in Distribution 3. Distribution 2 slept the whole of it
 * from whenever the next attempt was asked for, so an event that came 900 ms after a failure waited 1,900 ms behind it.
 */
export class Breaker implements RetryStrategy {
  readonly #threshold: number
  readonly #backoffMs: number
  readonly #clock: Clock
  #failures = 0
  #lastFailureAt = 0

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: BreakerOptions = {}) {
    this.#threshold = wholeNumber('threshold', options.threshold ?? 10)
    this.#backoffMs = notNegative('backoffMs', options.backoffMs ?? 1_000)
    this.#clock = options.clock ?? systemClock
  }

  proceed(): number {
    if (this.#failures < this.#threshold) return 0
    return Math.max(0, this.#lastFailureAt + this.#backoffMs - this.#clock.monotonic())
  }

  failure(_attempt: FailedAttempt): 'retry' {
    this.#failures++
    this.#lastFailureAt = this.#clock.monotonic()
    return 'retry'
  }

  success(): void {
    this.#failures = 0
  }
}
