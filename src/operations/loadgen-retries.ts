import type { Random } from '../clock.ts'
import { gitlabRetries } from '../http/threshold-retries.ts'

/** When a registry repeats an event that was not taken. */
export interface Retries {
  /** A new event: its first attempt begins at `now`. Monotonic milliseconds. */
  begin(now: number): void
  /** Milliseconds until the next attempt; undefined: the registry gives the event up. */
  afterFailure(now: number): number | undefined
}

export interface DistributionRetriesOptions {
  /** Attempts that follow each other at once. Default 10. */
  readonly threshold: number
  /** Between all further ones. Default 1,000. */
  readonly backoffMs: number
}

/** Distribution repeats for ever; the events behind wait. `Retry-After` is not looked at. */
export class DistributionRetries implements Retries {
  readonly #options: DistributionRetriesOptions
  #failures = 0

  constructor(options: DistributionRetriesOptions) {
    this.#options = options
  }

  /** The last one was taken, or there would be no new one. */
  begin(): void {
    this.#failures = 0
  }

  afterFailure(): number {
    this.#failures += 1
    return this.#failures < this.#options.threshold ? 0 : this.#options.backoffMs
  }
}

export interface GitLabRetriesOptions {
  /** Default 10. */
  readonly maxRetries: number
  /** Before the first repeat, give or take half; grows by half each time. Default 1,000. */
  readonly backoffMs: number
}

/** GitLab drops an event after some repeats, or a quarter of an hour, and goes on with the next. */
export class GitLabRetries implements Retries {
  readonly #options: GitLabRetriesOptions
  readonly #random: Random
  #failures = 0
  #began = 0

  constructor(options: GitLabRetriesOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  begin(now: number): void {
    this.#failures = 0
    this.#began = now
  }

  afterFailure(now: number): number | undefined {
    const { factor, maxMs, maxAgeMs, jitter } = gitlabRetries
    this.#failures += 1
    if (this.#failures > this.#options.maxRetries) return undefined
    const middle = Math.min(maxMs, this.#options.backoffMs * factor ** (this.#failures - 1))
    const waitMs = middle * (jitter[0] + this.#random() * (jitter[1] - jitter[0]))
    return now + waitMs - this.#began > maxAgeMs ? undefined : waitMs
  }
}
