import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { CloseOptions, Sink } from './sink.ts'

/** A timer takes anything above 2^31 - 1 ms (24.8 days) as "now". */
export const longestTimerMs = 2_147_483_647

/**
 * A sink that obeys its deadline answers at the deadline, not before it. It gets this much more, so that its own account of
 * what it gave up is not overtaken by ours, which only knows that it was late.
 */
const graceMs = 100

/** How long `close` may take, shared by the steps of it. */
export class Deadline {
  readonly #clock: Clock
  readonly #end: number

  /** @param ms Infinity for none */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#end = clock.monotonic() + Math.max(0, ms)
  }

  get remainingMs(): number {
    return Math.max(0, this.#end - this.#clock.monotonic())
  }

  /** True if `work` resolved in time, false if it did not; rejects as it does. Afterwards its outcome is ignored. */
  meets(work: Promise<unknown>, extraMs = 0): Promise<boolean> {
    const ms = this.remainingMs + extraMs
    return new Promise((resolve, reject) => {
      const cancel = ms > longestTimerMs ? () => {} : this.#clock.after(ms, () => resolve(false))
      work.then(() => resolve(true), reject).finally(cancel)
    })
  }

  /** Closes a sink within what is left of the time. @throws what its close rejects with, or DEADLINE_EXCEEDED */
  async close(sink: Sink<never>): Promise<void> {
    const { remainingMs } = this
    const options: CloseOptions = remainingMs === Number.POSITIVE_INFINITY ? {} : { deadlineMs: remainingMs }
    if (await this.meets(sink.close(options), graceMs)) return
    throw new RelayError(
      'DEADLINE_EXCEEDED',
      `sink: the sink behind did not close within the ${Math.round(remainingMs)} ms that were left for it`,
    )
  }
}

/** Nothing for no error, the error itself for one, an AggregateError for more. */
export function throwAll(errors: readonly Error[], message: string): void {
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, message)
}
