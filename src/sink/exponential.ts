import { type Random, systemRandom } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { positive } from './check-option.ts'
import type { FailedAttempt, RetryStrategy } from './retry-strategy.ts'

export interface ExponentialOptions {
  /** Milliseconds, the bound after the first failure. Default 1,000. */
  readonly baseMs?: number
  /** By which the bound grows with each further failure, 1 or more. Default 2. */
  readonly factor?: number
  /** The bound grows to this and no further. Milliseconds, default 20,000. */
  readonly maxMs?: number
  /**
   * The wait is drawn between these parts of the bound. Default `[0, 1]`: full jitter, so that sinks that failed together do
   * not come back together. GitLab's registry draws from `[0.5, 1.5]`.
   */
  readonly jitter?: readonly [from: number, to: number]
  /** Attempts for one write, the first included, after which it is given up. Default: no limit. */
  readonly maxAttempts?: number
  /** Milliseconds since the turn of a write came, after which a failure of it is the last. Default: no limit. */
  readonly maxAgeMs?: number
  readonly random?: Random
}

/**
 * Waits longer after each failure in a row: with the defaults up to 1, 2, 4, 8, 16, then always up to 20 s. A success, and a
 * write that is given up, begin again without a wait: the next write has as many attempts, in as much time, as the last.
 */
export class Exponential implements RetryStrategy {
  readonly #baseMs: number
  readonly #factor: number
  readonly #maxMs: number
  readonly #jitter: readonly [number, number]
  readonly #maxAttempts: number
  readonly #maxAgeMs: number
  readonly #random: Random
  #failures = 0

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: ExponentialOptions = {}) {
    this.#baseMs = positive('baseMs', options.baseMs ?? 1_000)
    this.#factor = options.factor ?? 2
    this.#maxMs = positive('maxMs', options.maxMs ?? 20_000)
    this.#jitter = options.jitter ?? [0, 1]
    this.#maxAttempts = positive('maxAttempts', options.maxAttempts ?? Number.POSITIVE_INFINITY)
    this.#maxAgeMs = positive('maxAgeMs', options.maxAgeMs ?? Number.POSITIVE_INFINITY)
    this.#random = options.random ?? systemRandom
    const [from, to] = this.#jitter
    if (!(this.#factor >= 1)) {
      throw new RelayError('CONFIG_INVALID', `factor must be 1 or more, not ${this.#factor}`)
    }
    if (!(from >= 0 && to >= from && to > 0)) {
      throw new RelayError('CONFIG_INVALID', `jitter must be two rising parts from 0 on, not ${from}, ${to}`)
    }
  }

  proceed(): number {
    if (this.#failures === 0) return 0
    // From failure 1,025 on (factor 2) the power is Infinity. The base is above 0, so this stays the cap and never becomes
    // NaN; with 64-bit integers the product wraps to 0 at the 56th and the waits collapse to the base.
    const bound = Math.min(this.#maxMs, this.#baseMs * this.#factor ** (this.#failures - 1))
    const [from, to] = this.#jitter
    return bound * (from + (to - from) * this.#random())
  }

  failure({ attempts, ageMs }: FailedAttempt): 'retry' | 'give-up' {
    const over = attempts >= this.#maxAttempts || ageMs >= this.#maxAgeMs
    this.#failures = over ? 0 : this.#failures + 1
    return over ? 'give-up' : 'retry'
  }

  success(): void {
    this.#failures = 0
  }
}
