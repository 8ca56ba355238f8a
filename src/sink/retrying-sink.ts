import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { type Counter, noTelemetry, type Telemetry } from '../telemetry.ts'
import { Deadline, throwAll } from './deadline.ts'
import { type DeliveredObserver, type LostObserver, Observers, type RetryObserver } from './observe.ts'
import { RetryRun } from './retry-run.ts'
import type { RetryStrategy } from './retry-strategy.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink.ts'
import { ThrottledLog } from './throttled-log.ts'
import { watchAbort } from './watch-abort.ts'

export type RetryingSinkObserver<T> = Partial<RetryObserver<T> & DeliveredObserver<T> & LostObserver<T>>

export interface RetryingSinkOptions<T> {
  /** `Breaker`, `Exponential`, `BudgetedRetry` or one of your own. Not shared with another sink. */
  readonly strategy: RetryStrategy
  /**
   * `retriable` (default): an error that says `retriable: false` is final for its write, since the same call cannot succeed.
   * `everything`: such errors are tried again too, as a registry does, which then sends nothing else for as long as it fails.
   */
  readonly retries?: 'retriable' | 'everything'
  /** In metrics and logs. Default `retry`. */
  readonly name?: string
  readonly observers?: readonly RetryingSinkObserver<T>[]
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/**
 * Takes items to where the inner sink takes them, by as many attempts as its strategy allows. A resolved write is one of the
 * inner sink, with its receipt.
 *
 * One write at a time, in the order of the calls: a write that waits out a pause holds up those behind it, so nothing overtakes.
 *
 * **A write rejects** with what the last attempt failed with, once the strategy gives up; at once with an error that says
 * `retriable: false`; at once with SINK_CLOSED, which no strategy is asked about; with the reason of its signal. Every
 * write that was taken up ends in exactly one of the observers' `delivered` and `lost`.
 *
 * **Close** ends every pause: writes that wait for their turn or for the next attempt reject with SINK_CLOSED (`cause`: the last
 * failure), an attempt under way may still end, until the deadline (none by default: give the inner sink a time limit of
 * its own). Then it closes the inner sink.
 */
export class RetryingSink<T, Receipt = unknown> implements Sink<T, Receipt> {
  readonly #inner: Sink<T, Receipt>
  readonly #strategy: RetryStrategy
  readonly #retriesEverything: boolean
  readonly #name: string
  readonly #clock: Clock
  readonly #observers: Observers<RetryingSinkObserver<T>>
  readonly #retryCounter: Counter
  readonly #givenUpCounter: Counter
  readonly #retryLog: ThrottledLog
  readonly #givenUpLog: ThrottledLog
  readonly #runs = new Set<RetryRun>()
  /** Settles when the last write called so far has ended. */
  #last: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(inner: Sink<T, Receipt>, options: RetryingSinkOptions<T>) {
    const { name = 'retry', clock = systemClock, telemetry = noTelemetry } = options
    const logger = telemetry.logger.child({ component: 'retrying-sink', sink: name })
    this.#inner = inner
    this.#strategy = options.strategy
    this.#retriesEverything = options.retries === 'everything'
    this.#name = name
    this.#clock = clock
    this.#observers = new Observers(options.observers, logger)
    this.#retryCounter = telemetry.metrics.counter({
      name: 'registry_relay_sink_retries_total',
      help: 'Attempts of writes that failed and are made again',
      labels: ['sink'],
    })
    this.#retryCounter.add(0, { sink: name })
    this.#givenUpCounter = telemetry.metrics.counter({
      name: 'registry_relay_sink_given_up_items_total',
      help: 'Items of writes that a retrying sink rejected: final errors, attempts used up, aborted or closed',
      labels: ['sink'],
    })
    this.#givenUpCounter.add(0, { sink: name })
    this.#retryLog = new ThrottledLog(logger, clock, 'write failed; it will be tried again')
    this.#givenUpLog = new ThrottledLog(logger, clock, 'write failed and will not be tried again')
  }

  async write(items: readonly T[], options: WriteOptions = {}): Promise<Receipt> {
    const { signal } = options
    if (this.#closed !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    if (items.length === 0) return this.#inner.write(items, options)
    // No await before this line: the order of calls is the order of turns.
    const before = this.#last
    let leave = (): void => {}
    const left = new Promise<void>((resolve) => {
      leave = resolve
    })
    this.#last = before.then(() => left)
    const run = new RetryRun()
    this.#runs.add(run)
    try {
      return await watchAbort(this.#deliver(run, before, items), signal, (reason) => run.abandon(reason))
    } finally {
      this.#runs.delete(run)
      leave()
    }
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? Number.POSITIVE_INFINITY)
    return this.#closed
  }

  async #close(limitMs: number): Promise<void> {
    const deadline = new Deadline(this.#clock, limitMs)
    const errors: Error[] = []
    for (const run of this.#runs) run.stop()
    if (!(await deadline.meets(this.#last))) {
      const error = new RelayError(
        'DEADLINE_EXCEEDED',
        `closing ${this.#name}: after ${limitMs} ms, an attempt had no answer`,
        { facts: { writes: this.#runs.size } },
      )
      for (const run of this.#runs) run.abandon(error)
      errors.push(error)
    }
    await deadline.close(this.#inner).catch((thrown: unknown) => errors.push(toError(thrown)))
    this.#retryLog.flush()
    this.#givenUpLog.flush()
    throwAll(errors, `closing ${this.#name}: ${errors.map(({ message }) => message).join('; ')}`)
  }

  async #deliver(run: RetryRun, before: Promise<void>, items: readonly T[]): Promise<Receipt> {
    let attempts = 0
    try {
      await run.turn(before)
      const since = this.#clock.monotonic()
      for (;;) {
        const waitMs = this.#strategy.proceed()
        if (waitMs > 0 || attempts > 0) await run.pause(this.#clock, waitMs)
        run.throwIfOver()
        attempts++
        const outcome = await this.#attempt(run, items)
        if ('receipt' in outcome) {
          this.#strategy.success()
          this.#observers.tell((observer) => observer.delivered?.(items, attempts - 1))
          return outcome.receipt
        }
        this.#afterFailure(run, items, {
          error: outcome.error,
          attempts,
          ageMs: this.#clock.monotonic() - since,
        })
      }
    } catch (thrown) {
      const error = toError(thrown)
      const retries = Math.max(0, attempts - 1)
      this.#givenUpCounter.add(items.length, { sink: this.#name })
      this.#givenUpLog.warn(items.length, { attempts, err: error })
      this.#observers.tell((observer) => observer.lost?.(items, error, retries))
      throw thrown
    }
  }

  async #attempt(
    run: RetryRun,
    items: readonly T[],
  ): Promise<{ readonly receipt: Receipt } | { readonly error: Error }> {
    try {
      return { receipt: await run.attempt(this.#inner.write(items, { signal: run.signal })) }
    } catch (thrown) {
      // Nobody waits any more: the reason is the answer, and no fault of the inner sink.
      if (run.signal.aborted) throw run.signal.reason
      return { error: toError(thrown) }
    }
  }

  /** @throws if there is to be no further attempt */
  #afterFailure(
    run: RetryRun,
    items: readonly T[],
    failed: { readonly error: Error; readonly attempts: number; readonly ageMs: number },
  ): void {
    const { error, attempts } = failed
    if (isRelayError(error, 'SINK_CLOSED')) throw error
    if (isFinal(error) && !this.#retriesEverything) throw error
    if (this.#strategy.failure(failed) === 'give-up') throw error
    if (this.#closed !== undefined) throw new SinkClosedError({ cause: error })
    run.failed(error)
    this.#retryCounter.add(1, { sink: this.#name })
    this.#retryLog.warn(items.length, { attempts, err: error })
    this.#observers.tell((observer) => observer.retry?.(items, error, attempts))
  }
}

function isFinal(error: Error): boolean {
  return 'retriable' in error && error.retriable === false
}
