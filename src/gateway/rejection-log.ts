import type { Clock } from '../clock.ts'
import type { Facts, Logger } from '../telemetry.ts'

/**
 * With Kafka down every request is rejected, for the same reason, thousands of times a minute; so a reason is logged
 * when it comes up and then once per interval, with the number of lines left out in between. The counters are exact.
 */
const intervalMs = 10_000

interface Seen {
  loggedAt: number
  suppressed: number
}

export class RejectionLog {
  readonly #logger: Logger
  readonly #clock: Clock
  // By code: there are about twenty.
  readonly #seen = new Map<string, Seen>()

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /** `error`: for what nobody foresaw and somebody must look at. */
  rejected(level: 'warn' | 'error', code: string, facts: Facts, message: string): void {
    const now = this.#clock.monotonic()
    const seen = this.#seen.get(code)
    if (seen !== undefined && now - seen.loggedAt < intervalMs) {
      seen.suppressed++
      return
    }
    const more = seen === undefined || seen.suppressed === 0 ? {} : { suppressed: seen.suppressed }
    this.#seen.set(code, { loggedAt: now, suppressed: 0 })
    this.#logger[level]({ code, ...facts, ...more }, message)
  }
}
