import type { Cancel, Clock, Random } from '../clock.ts'
import { toError } from '../errors.ts'
import { retryDelay } from './retry-delay.ts'

const intervalMs = 100

export interface LeaderWatchOptions {
  readonly clock: Clock
  readonly random: Random
  /** Something waits that fresh metadata might help: an unconfirmed batch, or records of a partition without leader. */
  readonly needed: () => boolean
  readonly refresh: () => Promise<void>
  readonly onError: (error: Error) => void
}

/**
 * Asks for the partition leaders again while that may help, at most every 100 ms. The client does not do it
 * after a request time-out, and a lane whose broker is gone would else send to it for ever.
 */
export class LeaderWatch {
  readonly #options: LeaderWatchOptions
  #running = false
  #stopped = false
  #timer: Cancel | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #failures = 0

  constructor(options: LeaderWatchOptions) {
    this.#options = options
  }

  /** To be called when {@link LeaderWatchOptions.needed} may have become true. */
  poke(): void {
    if (this.#stopped || this.#running || this.#timer !== undefined || !this.#options.needed()) return
    const { clock, random } = this.#options
    const pause = this.#failures === 0 ? intervalMs : Math.max(intervalMs, retryDelay(this.#failures, random))
    this.#timer = clock.after(Math.max(0, this.#askedAt + pause - clock.monotonic()), () => {
      this.#timer = undefined
      void this.#ask()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
    this.#timer = undefined
  }

  async #ask(): Promise<void> {
    if (this.#stopped || !this.#options.needed()) return
    this.#running = true
    this.#askedAt = this.#options.clock.monotonic()
    try {
      await this.#options.refresh()
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      if (!this.#stopped) this.#options.onError(toError(error))
    }
    this.#running = false
    this.poke()
  }
}
