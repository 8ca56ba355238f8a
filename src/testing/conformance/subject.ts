import assert from 'node:assert/strict'
import { systemClock } from '../../clock.ts'
import { isRelayError } from '../../errors.ts'
import type { CloseOptions, Sink, WriteOptions } from '../../sink/sink.ts'
import type { SinkConformanceOptions, SinkUnderTest } from './terms.ts'

export type Outcome = { readonly resolved: true } | { readonly resolved: false; readonly error: unknown }

export interface Check<Made> {
  readonly name: string
  readonly check: (subject: Made) => Promise<void>
}

/** A sink under test in the words that the checks are written in. */
export class Subject<T, Made extends SinkUnderTest<T> = SinkUnderTest<T>> {
  readonly made: Made
  readonly endToEnd: boolean
  readonly #item: (n: number) => T

  constructor(made: Made, options: SinkConformanceOptions<T>) {
    this.made = made
    this.endToEnd = options.kind !== 'buffering'
    this.#item = (n) => options.item(n)
  }

  get sink(): Sink<T> {
    return this.made.sink
  }

  items(...numbers: readonly number[]): T[] {
    return numbers.map(this.#item)
  }

  write(numbers: readonly number[], options?: WriteOptions): Promise<unknown> {
    return watched(this.sink.write(this.items(...numbers), options))
  }

  /** What becomes of a promise, with time passing for as long as it needs. */
  async outcome(promise: Promise<unknown>): Promise<Outcome> {
    let outcome: Outcome | undefined
    const settled = promise.then(
      () => {
        outcome = { resolved: true }
      },
      (error: unknown) => {
        outcome = { resolved: false, error }
      },
    )
    // Not for ever: what never settles is for the time limit of the check to tell.
    for (let i = 0; i < 3_000 && outcome === undefined && this.made.pass !== undefined; i++) {
      await this.made.pass(100)
    }
    await settled
    return outcome as unknown as Outcome
  }

  async resolves(promise: Promise<unknown>, what: string): Promise<void> {
    const outcome = await this.outcome(promise)
    if (!outcome.resolved) throw new Error(`${what} rejected`, { cause: outcome.error })
  }

  async rejectsClosed(promise: Promise<unknown>, what: string): Promise<void> {
    const outcome = await this.outcome(promise)
    assert.ok(
      !outcome.resolved && isRelayError(outcome.error, 'SINK_CLOSED'),
      `${what} has to reject with SINK_CLOSED, and ${outcome.resolved ? 'resolved' : `said: ${String(outcome.error)}`}`,
    )
  }

  close(options?: CloseOptions): Promise<void> {
    return watched(this.sink.close(options))
  }

  async closes(): Promise<void> {
    await this.resolves(this.close(), 'close')
  }

  async received(): Promise<readonly number[]> {
    return [...(await this.made.received())]
  }

  /**
   * What has arrived at the moment the write resolves, not a turn later; of a buffering sink, once it is closed.
   */
  async arrivedAfter(write: Promise<unknown>): Promise<readonly number[]> {
    const atOnce = watched(write.then(() => this.received()))
    await this.resolves(atOnce, 'a write')
    if (this.endToEnd) return atOnce
    await this.closes()
    return this.received()
  }
}

/** A check that fails early leaves promises behind; that they reject is no news, and must not end the process of the runner. */
function watched<P extends Promise<unknown>>(promise: P): P {
  promise.catch(() => {})
  return promise
}

/** Lets everything happen that needs no time. */
export async function turn(times = 5): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise<void>((resolve) => systemClock.soon(resolve))
}

/** Whether an error, what it was caused by, or one of those it gathers has the code. */
export function mentions(error: unknown, code: 'DEADLINE_EXCEEDED'): boolean {
  if (isRelayError(error, code)) return true
  if (error instanceof AggregateError) return error.errors.some((one) => mentions(one, code))
  return error instanceof Error && error.cause !== undefined && mentions(error.cause, code)
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
