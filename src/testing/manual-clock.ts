import type { Cancel, Clock } from '../clock.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until it is told to go on: for tests of retries and time-outs that do not wait. */
export class ManualClock implements Clock {
  #now: number
  readonly #start: number
  readonly #timers = new Set<Timer>()

  /** @param start milliseconds since the epoch. Default: a moment in November 2023 */
  constructor(start = 1_700_000_000_000) {
    this.#now = start
    this.#start = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(ms: number, run: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, ms), run }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Like the real one: it needs no time to pass. */
  soon(run: () => void): Cancel {
    const immediate = setImmediate(run)
    return () => clearImmediate(immediate)
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets `ms` pass, running what falls due in order, and what that leads to after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      let first: Timer | undefined
      for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
      if (first === undefined || first.at > end) break
      this.#timers.delete(first)
      this.#now = first.at
      first.run()
      await settle()
    }
    this.#now = end
  }
}

/** Lets everything happen that needs no time: promises, and the immediates they lead to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
