import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { type Gauge, noTelemetry, type Telemetry } from '../telemetry.ts'
import { notNegative, positive, wholeNumber } from './check-option.ts'
import { Deadline, throwAll } from './deadline.ts'
import { Lane, type WhenFull } from './lane.ts'
import {
  type DropObserver,
  type DropReason,
  type EgressObserver,
  type IngressObserver,
  type LostObserver,
  Observers,
} from './observe.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink.ts'
import { UnwrittenItems } from './unwritten-items.ts'
import { watchAbort } from './watch-abort.ts'

export type EventQueueObserver<T> = Partial<
  IngressObserver<T> & EgressObserver<T> & DropObserver<T> & LostObserver<T>
>

export interface EventQueueOptions<T> {
  /** Items that may wait. Those that the inner sink has in hand are not counted. Default 3,000. */
  readonly maxItems?: number
  /** Bytes that may wait, by {@link sizeOf}. Default: no limit. */
  readonly maxBytes?: number
  /** Bytes of an item, asked once when it is written. Needed for {@link maxBytes}; default 0. */
  readonly sizeOf?: (item: T) => number
  /**
   * What a write meets that finds no room.
   *
   * - `block` (default): it waits until all of its items are in; its signal is its deadline.
   * - `reject`: it rejects with QUEUE_FULL, nothing taken; with TOO_LARGE if it could never fit.
   * - `drop-oldest`: it is taken, and those that wait longest are dropped for it. What is in hand stays.
   * - `drop-newest`: it resolves, and what of it has no room is dropped.
   */
  readonly whenFull?: WhenFull
  /**
   * Writes of the inner sink under way at a time. Default 1. More is for sinks that batch by themselves (`KafkaSink`); order
   * then rests on the inner sink, as its contract says.
   */
  readonly maxInFlight?: number
  /**
   * Milliseconds that `close` goes on emptying the queue; never longer than the deadline it is given, the rest of which is left
   * to the inner sink. Default: that deadline, or 5,000 without one. Infinity: until it is empty.
   */
  readonly purgeTimeoutMs?: number
  /** In metrics and logs. Default `queue`. */
  readonly name?: string
  readonly observers?: readonly EventQueueObserver<T>[]
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

const defaultPurgeMs = 5_000

/**
 * Holds items **in memory** and passes them to the inner sink in order, so that a writer need not wait for it.
 *
 * **A resolved write** says that the queue has the items, and nothing about the far end: from then on the process, not the
 * disk, remembers them, and nobody will tell the writer what became of them. Whatever the queue cannot pass on is counted,
 * logged, and told to the observers with the items: `drop` if it was never offered to the inner sink, `lost` if the inner sink
 * rejected it. The queue makes one attempt: let a `RetryingSink` stand behind it, never in front. (A sink whose resolved write
 * means more, such as `KafkaSink`, loses that meaning behind a queue.)
 *
 * Each write goes to the inner sink as one write, except where room or drops cut it.
 *
 * **Close** refuses new writes and those that wait for room, empties the queue for as long as `purgeTimeoutMs` allows, then
 * aborts what is in hand (lost), drops the rest (`deadline`), closes the inner sink, and rejects with DEADLINE_EXCEEDED saying
 * how much that was.
 *
 * If the inner sink answers SINK_CLOSED, what waits is dropped (`sink-closed`) and the queue answers the same from then on.
 */
export class EventQueue<T> implements Sink<T, void> {
  readonly #inner: Sink<T>
  readonly #lane: Lane<T>
  readonly #clock: Clock
  readonly #purgeTimeoutMs: number | undefined
  readonly #observers: Observers<EventQueueObserver<T>>
  readonly #unwritten: UnwrittenItems
  readonly #pendingGauge: Gauge
  readonly #name: string
  #refusing = false
  #closed: Promise<void> | undefined

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(inner: Sink<T>, options: EventQueueOptions<T> = {}) {
    const { name = 'queue', clock = systemClock, telemetry = noTelemetry, purgeTimeoutMs } = options
    const logger = telemetry.logger.child({ component: 'event-queue', sink: name })
    this.#inner = inner
    this.#name = name
    this.#clock = clock
    if (purgeTimeoutMs !== undefined) notNegative('purgeTimeoutMs', purgeTimeoutMs)
    this.#purgeTimeoutMs = purgeTimeoutMs
    this.#observers = new Observers(options.observers, logger)
    this.#unwritten = new UnwrittenItems({ ...telemetry, logger }, clock, name)
    this.#pendingGauge = telemetry.metrics.gauge({
      name: 'registry_relay_sink_pending_items',
      help: 'Items in a queue, those that the sink behind has in hand included',
      labels: ['sink'],
    })
    this.#lane = new Lane(
      {
        maxItems: wholeNumber('maxItems', options.maxItems ?? 3_000),
        maxBytes: positive('maxBytes', options.maxBytes ?? Number.POSITIVE_INFINITY),
        maxInFlight: wholeNumber('maxInFlight', options.maxInFlight ?? 1),
        sizeOf: options.sizeOf,
        whenFull: options.whenFull ?? 'block',
      },
      {
        write: (items, writeOptions) => inner.write(items, writeOptions),
        entered: (items) => this.#tell((observer) => observer.ingress?.(items)),
        left: (items) => this.#tell((observer) => observer.egress?.(items)),
        lost: (items, error) => this.#lost(items, error),
        dropped: (items, reason) => this.#dropped(items, reason),
      },
    )
  }

  /** Items and bytes that wait, and items that the inner sink has in hand. */
  get pending(): { readonly items: number; readonly bytes: number; readonly inFlight: number } {
    const { waiting: items, waitingBytes: bytes, inFlight } = this.#lane
    return { items, bytes, inFlight }
  }

  /**
   * Resolves when the queue holds the items, see above. Rejects with QUEUE_FULL or TOO_LARGE (nothing was taken), the reason
   * of the signal, or SINK_CLOSED; what waited of a rejected write is taken back.
   */
  write(items: readonly T[], options: WriteOptions = {}): Promise<void> {
    const { signal } = options
    if (this.#refusing) return Promise.reject(new SinkClosedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (items.length === 0) return Promise.resolve()
    const block = {}
    try {
      const taken = this.#lane.offer(items, block)
      if (taken === undefined) return Promise.resolve()
      return watchAbort(taken, signal, (reason) => {
        if (this.#lane.waits(block)) this.#lane.withdraw(block, reason)
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#refusing = true
    this.#closed ??= this.#close(options.deadlineMs)
    return this.#closed
  }

  async #close(deadlineMs: number | undefined): Promise<void> {
    const purgeMs = this.#purgeTimeoutMs ?? deadlineMs ?? defaultPurgeMs
    const limitMs = Math.min(purgeMs, deadlineMs ?? Number.POSITIVE_INFINITY)
    const purge = new Deadline(this.#clock, limitMs)
    const deadline = new Deadline(this.#clock, deadlineMs ?? limitMs)
    const errors: Error[] = []
    this.#lane.refuseWaiters(new SinkClosedError())
    if (!(await purge.meets(this.#lane.drained()))) errors.push(this.#giveUp(limitMs))
    await deadline.close(this.#inner).catch((thrown: unknown) => errors.push(toError(thrown)))
    this.#unwritten.flush()
    throwAll(errors, `closing ${this.#name}: ${errors.map(({ message }) => message).join('; ')}`)
  }

  #giveUp(limitMs: number): Error {
    const { waiting, inFlight } = this.#lane
    const error = new RelayError(
      'DEADLINE_EXCEEDED',
      `closing ${this.#name}: after ${limitMs} ms, ${waiting} items had not been sent and ${inFlight} had no answer`,
      { facts: { dropped: waiting, lost: inFlight } },
    )
    // First the waiting: they must not be sent in the place of those that are abandoned.
    this.#lane.dropWaiting('deadline')
    this.#lane.abandonInFlight(error)
    return error
  }

  #tell(call: (observer: EventQueueObserver<T>) => unknown): void {
    this.#pendingGauge.set(this.#lane.waiting + this.#lane.inFlight, { sink: this.#name })
    this.#observers.tell(call)
  }

  #lost(items: readonly T[], error: Error): void {
    this.#unwritten.lost(items.length, error)
    this.#observers.tell((observer) => observer.lost?.(items, error, 0))
    if (!isRelayError(error, 'SINK_CLOSED')) return
    this.#refusing = true
    this.#lane.refuseWaiters(new SinkClosedError({ cause: error }))
    this.#lane.dropWaiting('sink-closed')
  }

  #dropped(items: readonly T[], reason: DropReason): void {
    this.#unwritten.dropped(items.length, reason)
    this.#tell((observer) => observer.drop?.(items, reason))
  }
}
