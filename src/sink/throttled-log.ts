import type { Clock } from '../clock.ts'
import type { Facts, Logger } from '../telemetry.ts'

const gapMs = 10_000

/**
 * One kind of warning about items, at most one line in ten seconds: a dead endpoint behind a full queue would else write
 * one for each event. What was left out is counted in the next line, or in a last one by {@link flush}.
 */
export class ThrottledLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #message: string
  #saidAt = Number.NEGATIVE_INFINITY
  #unsaid = 0

  constructor(logger: Logger, clock: Clock, message: string) {
    this.#logger = logger
    this.#clock = clock
    this.#message = message
  }

  warn(items: number, facts: Facts): void {
    const now = this.#clock.monotonic()
    if (now - this.#saidAt < gapMs) {
      this.#unsaid += items
      return
    }
    this.#logger.warn({ ...facts, items, alike: this.#unsaid }, this.#message)
    this.#saidAt = now
    this.#unsaid = 0
  }

  flush(): void {
    if (this.#unsaid > 0) this.#logger.warn({ items: this.#unsaid, alike: 0 }, this.#message)
    this.#unsaid = 0
  }
}
