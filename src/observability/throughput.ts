import type { Clock } from '../clock.ts'

/** How a counter grew. */
export interface Rate {
  /** Mean of the last seconds. */
  readonly perSecond: number
  /** Since the start of the process. */
  readonly total: number
  /** Mean of each of the last steps per second, oldest first; at most {@link historySteps}. */
  readonly history: readonly number[]
}

interface Sample {
  readonly at: number
  readonly total: number
}

/** Width of a step of the history, seconds: as long as what "per second" is a mean of, so that the last figure and the last step agree. */
export const stepSeconds = 5
/** Five minutes. */
export const historySteps = 60

/**
 * A counter as a rate, with the last five minutes of it: a page that is opened now shows what went before. Told the counter
 * once a second.
 */
export class Throughput {
  readonly #clock: Clock
  /** When the last {@link stepSeconds} seconds began, and at the end of each of them; never more. */
  readonly #samples: Sample[] = []
  readonly #history: number[] = []
  #stepBegan: Sample | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  sampled(total: number): void {
    const sample = { at: this.#clock.monotonic(), total }
    this.#samples.push(sample)
    if (this.#samples.length > stepSeconds + 1) this.#samples.shift()
    this.#stepBegan ??= sample
    // A timer is never early but by less than a millisecond, and the step is measured, not assumed.
    if (sample.at - this.#stepBegan.at < stepSeconds * 1_000 - 1) return
    this.#history.push(rateBetween(this.#stepBegan, sample))
    if (this.#history.length > historySteps) this.#history.shift()
    this.#stepBegan = sample
  }

  get rate(): Rate {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    return {
      perSecond: first === undefined || last === undefined ? 0 : rateBetween(first, last),
      total: last?.total ?? 0,
      history: [...this.#history],
    }
  }
}

function rateBetween(from: Sample, to: Sample): number {
  const seconds = (to.at - from.at) / 1_000
  return seconds > 0 ? Math.round(((to.total - from.total) / seconds) * 100) / 100 : 0
}
