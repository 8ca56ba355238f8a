import type { Clock } from '../clock.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import type { Facts, Logger } from '../telemetry.ts'

/**
 * With Kafka down every request is rejected, for the same reason, thousands of times a minute; so a reason is logged
 * when it comes up and then once per interval, with the number of lines left out in between. The counters are exact.
 */
const intervalMs = 10_000

export class RejectionLog {
  readonly #logger: Logger
  readonly #filter: RepeatFilter

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#filter = new RepeatFilter(clock, intervalMs)
  }

  /** `error`: for what nobody foresaw and somebody must look at. */
  rejected(level: 'warn' | 'error', code: string, facts: Facts, message: string): void {
    const suppressed = this.#filter.pass(code)
    if (suppressed === undefined) return
    this.#logger[level]({ code, ...facts, ...(suppressed === 0 ? {} : { suppressed }) }, message)
  }
}
