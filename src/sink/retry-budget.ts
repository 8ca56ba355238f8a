import { type Clock, systemClock } from '../clock.ts'
import { positive } from './check-option.ts'
import type { FailedAttempt, RetryStrategy } from './retry-strategy.ts'

export interface RetryBudgetOptions {
  /** Retries that each success pays for. Default 0.2: in the long run one retry for five successes. */
  readonly ratio?: number
  /** Retries per second that are free, so that something is tried when nothing succeeds. Default 1. */
  readonly perSecond?: number
  /** Retries that can be saved up, and what it begins with. Default 100. */
  readonly capacity?: number
  readonly clock?: Clock
}

/**
 * Retries, paid from deposits of successes. A fixed number of attempts is a guess, and in an outage it multiplies the load on
 * whatever is about to come back: ten attempts for each event are ten times the traffic. One budget for all sinks that lead to
 * the same place keeps their retries together a fraction of what succeeds there.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #perMs: number
  readonly #capacity: number
  readonly #clock: Clock
  /** Below 0: retries that are promised, for when time or successes have paid for them. */
  #balance: number
  #at: number

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: RetryBudgetOptions = {}) {
    this.#ratio = positive('ratio', options.ratio ?? 0.2)
    this.#perMs = positive('perSecond', options.perSecond ?? 1) / 1_000
    this.#capacity = positive('capacity', options.capacity ?? 100)
    this.#clock = options.clock ?? systemClock
    this.#balance = this.#capacity
    this.#at = this.#clock.monotonic()
  }

  /** Retries that could be made now; below 0, those that wait for their pay. */
  get balance(): number {
    const now = this.#clock.monotonic()
    this.#balance = Math.min(this.#capacity, this.#balance + (now - this.#at) * this.#perMs)
    this.#at = now
    return this.#balance
  }

  /** One success. */
  deposit(): void {
    this.#balance = Math.min(this.#capacity, this.balance + this.#ratio)
  }

  /** True if a retry was paid for; false, and nothing taken, if there is not enough. */
  withdraw(): boolean {
    if (this.balance < 1) return false
    this.#balance--
    return true
  }

  /** Takes one retry in any case. Milliseconds until it is paid for by time alone; 0 if it is now. */
  reserve(): number {
    this.#balance = this.balance - 1
    return this.#balance >= 0 ? 0 : -this.#balance / this.#perMs
  }
}

export interface BudgetedRetryOptions {
  /** What a retry does that is not paid for. `wait` (default) until it is: nothing is lost. `give-up`: rejects at once. */
  readonly whenSpent?: 'wait' | 'give-up'
  readonly clock?: Clock
}

/** A strategy whose retries are paid from a budget, which other strategies may share. */
export class BudgetedRetry implements RetryStrategy {
  readonly #strategy: RetryStrategy
  readonly #budget: RetryBudget
  readonly #waits: boolean
  readonly #clock: Clock
  #paidAt = 0

  constructor(strategy: RetryStrategy, budget: RetryBudget, options: BudgetedRetryOptions = {}) {
    this.#strategy = strategy
    this.#budget = budget
    this.#waits = options.whenSpent !== 'give-up'
    this.#clock = options.clock ?? systemClock
  }

  proceed(): number {
    return Math.max(this.#strategy.proceed(), this.#paidAt - this.#clock.monotonic(), 0)
  }

  failure(attempt: FailedAttempt): 'retry' | 'give-up' {
    if (this.#strategy.failure(attempt) === 'give-up') return 'give-up'
    if (!this.#waits) return this.#budget.withdraw() ? 'retry' : 'give-up'
    this.#paidAt = this.#clock.monotonic() + this.#budget.reserve()
    return 'retry'
  }

  success(): void {
    this.#paidAt = 0
    this.#budget.deposit()
    this.#strategy.success()
  }
}
