import type { ReplayState } from '../operations/replay.ts'

interface Sample {
  readonly at: number
  readonly done: bigint
  readonly delivered: number
}

/** Long enough to even out the steps of commits, short enough to show that an endpoint is back. */
const windowMs = 10_000

/** How fast a replay has gone lately, and how long it will take at that. */
export class ReplayPace {
  readonly #samples: Sample[] = []

  /** @param at monotonic milliseconds */
  add({ done, delivered }: Pick<ReplayState, 'done' | 'delivered'>, at: number): void {
    this.#samples.push({ at, done, delivered })
    while ((this.#samples[1]?.at ?? at) <= at - windowMs) this.#samples.shift()
  }

  /** Deliveries in a second. */
  get rate(): number {
    return this.#perSecond(({ delivered }) => delivered)
  }

  /** Seconds until `total` offsets are through; undefined while nothing moves. */
  secondsLeft(total: bigint): number | undefined {
    const last = this.#samples.at(-1)
    const speed = this.#perSecond(({ done }) => Number(done))
    return last === undefined || speed === 0 ? undefined : Number(total - last.done) / speed
  }

  #perSecond(value: (sample: Sample) => number): number {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return ((value(last) - value(first)) * 1_000) / (last.at - first.at)
  }
}
