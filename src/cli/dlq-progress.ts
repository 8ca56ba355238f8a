import type { Clock } from '../clock.ts'
import type { RedriveOutcome, RedriveResult } from '../operations/dead-letters-redrive.ts'
import { resultCounts } from './dlq-text.ts'
import { rateText } from './number-text.ts'
import { ProgressLine, type Terminal } from './progress-line.ts'
import { timeLeft } from './time-left.ts'

/** Terminals that are written to more often are only slower. */
const everyMs = 100

/** What became of the records so far, and how long the rest will take: one line on a terminal, nothing elsewhere. */
export class RedriveProgress {
  readonly #line: ProgressLine
  readonly #total: number
  readonly #clock: Clock
  readonly #results: { readonly result: RedriveResult }[] = []
  readonly #begunAt: number
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(terminal: Terminal, total: number, clock: Clock) {
    this.#line = new ProgressLine(terminal)
    this.#total = total
    this.#clock = clock
    this.#begunAt = clock.monotonic()
  }

  add({ result }: Pick<RedriveOutcome, 'result'>): void {
    this.#results.push({ result })
    const now = this.#clock.monotonic()
    const done = this.#results.length
    if (now - this.#shownAt < everyMs && done < this.#total) return
    this.#shownAt = now
    const pace = paceText(done, this.#total, now - this.#begunAt)
    this.#line.show([...resultCounts(this.#results), ...pace].join(', '), done, this.#total)
  }

  clear(): void {
    this.#line.clear()
  }
}

/** `35/s` and `10 s left`; nothing before the first second is over. */
export function paceText(done: number, total: number, elapsedMs: number): readonly string[] {
  if (elapsedMs < 1_000 || done === 0) return []
  const rate = (done / elapsedMs) * 1_000
  return [rateText(rate), `${timeLeft((total - done) / rate)} left`]
}
