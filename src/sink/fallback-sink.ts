import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { type Counter, noTelemetry, type Telemetry } from '../telemetry.ts'
import { Deadline, throwAll } from './deadline.ts'
import { type DivertObserver, Observers } from './observe.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink.ts'
import { ThrottledLog } from './throttled-log.ts'
import { orAborted } from './watch-abort.ts'

export interface FallbackSinkOptions<T> {
  /**
   * Whether items that the main sink rejected with this error go to the fallback; else the write rejects with it. Default: all
   * but SINK_CLOSED, since a main sink that is gone for good is not to be hidden by a fallback that takes everything.
   */
  readonly when?: (error: Error, items: readonly T[]) => boolean
  /** In metrics and logs. Default `fallback`. */
  readonly name?: string
  readonly observers?: readonly Partial<DivertObserver<T>>[]
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/**
 * Takes items to the main sink or, if that rejects them, to the fallback: a dead letter is the fallback of a retrying sink that
 * gives up. A resolved write is one of whichever sink took it, with its receipt; what the fallback took is counted,
 * logged and observed (`divert`).
 *
 * The main sink may have some of the items nonetheless, as with every rejected write. Order holds in each of the two sinks. If
 * the fallback rejects as well, the write rejects with DELIVERY_FAILED, both errors in its cause, and may be tried again.
 *
 * **Close** closes the main sink, then the fallback, so that what the main sink gives up on closing still finds it open.
 */
export class FallbackSink<T, Receipt = unknown, FallbackReceipt = unknown>
  implements Sink<T, Receipt | FallbackReceipt>
{
  readonly #main: Sink<T, Receipt>
  readonly #fallback: Sink<T, FallbackReceipt>
  readonly #when: (error: Error, items: readonly T[]) => boolean
  readonly #name: string
  readonly #clock: Clock
  readonly #observers: Observers<Partial<DivertObserver<T>>>
  readonly #divertedCounter: Counter
  readonly #log: ThrottledLog
  /** Settles when, of every write so far, it is decided which sink has it. */
  #decided: Promise<void> = Promise.resolve()
  readonly #open = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined

  constructor(
    main: Sink<T, Receipt>,
    fallback: Sink<T, FallbackReceipt>,
    options: FallbackSinkOptions<T> = {},
  ) {
    const { name = 'fallback', clock = systemClock, telemetry = noTelemetry } = options
    const logger = telemetry.logger.child({ component: 'fallback-sink', sink: name })
    this.#main = main
    this.#fallback = fallback
    this.#when = options.when ?? ((error) => !isRelayError(error, 'SINK_CLOSED'))
    this.#name = name
    this.#clock = clock
    this.#observers = new Observers(options.observers, logger)
    this.#divertedCounter = telemetry.metrics.counter({
      name: 'registry_relay_sink_diverted_items_total',
      help: 'Items that the main sink did not take and the fallback did',
      labels: ['sink'],
    })
    this.#divertedCounter.add(0, { sink: name })
    this.#log = new ThrottledLog(logger, clock, 'items went to the fallback: the main sink did not take them')
  }

  async write(items: readonly T[], options: WriteOptions = {}): Promise<Receipt | FallbackReceipt> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    options.signal?.throwIfAborted()
    if (items.length === 0) return this.#main.write(items, options)
    const before = this.#decided
    let decide = (): void => {}
    const decision = new Promise<void>((resolve) => {
      decide = resolve
    })
    this.#decided = before.then(() => decision)
    const written = this.#write(items, options, before, decide).finally(decide)
    this.#open.add(written)
    try {
      return await written
    } finally {
      this.#open.delete(written)
    }
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? Number.POSITIVE_INFINITY)
    return this.#closed
  }

  async #close(limitMs: number): Promise<void> {
    const deadline = new Deadline(this.#clock, limitMs)
    const errors: Error[] = []
    const note = (thrown: unknown): unknown => errors.push(toError(thrown))
    await deadline.close(this.#main).catch(note)
    // The main sink has answered all its writes now, and those it rejected are on their way.
    if (!(await deadline.meets(Promise.allSettled(this.#open)))) {
      const facts = { writes: this.#open.size }
      const message = `closing ${this.#name}: after ${limitMs} ms, ${facts.writes} writes had no answer`
      errors.push(new RelayError('DEADLINE_EXCEEDED', message, { facts }))
    }
    await deadline.close(this.#fallback).catch(note)
    this.#log.flush()
    throwAll(errors, `closing ${this.#name}: ${errors.map(({ message }) => message).join('; ')}`)
  }

  async #write(
    items: readonly T[],
    options: WriteOptions,
    before: Promise<void>,
    decide: () => void,
  ): Promise<Receipt | FallbackReceipt> {
    let error: Error
    try {
      return await this.#main.write(items, options)
    } catch (thrown) {
      error = toError(thrown)
      if (options.signal?.aborted || !this.#when(error, items)) throw thrown
    }
    // The main sink may answer out of order. Were the later of two diverted writes sent first, the fallback had them so.
    await orAborted(before, options.signal)
    const diverted = (async () => this.#fallback.write(items, options))()
    decide()
    const receipt = await diverted.catch((thrown: unknown) => {
      if (options.signal?.aborted) throw thrown
      const both = [error, toError(thrown)]
      throw new RelayError(
        'DELIVERY_FAILED',
        `${this.#name}: neither the main sink (${error.message}) nor the fallback (${both[1]?.message}) took ${items.length} items`,
        { cause: new AggregateError(both) },
      )
    })
    this.#divertedCounter.add(items.length, { sink: this.#name })
    this.#log.warn(items.length, { err: error })
    this.#observers.tell((observer) => observer.divert?.(items, error))
    return receipt
  }
}
