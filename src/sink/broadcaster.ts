import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { type Counter, type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { notNegative, wholeNumber } from './check-option.ts'
import { Deadline } from './deadline.ts'
import { Lane, type LaneSettings } from './lane.ts'
import { type DropReason, Observers } from './observe.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink.ts'
import { UnwrittenItems } from './unwritten-items.ts'
import { watchAbort } from './watch-abort.ts'

/** The hooks of a broadcaster, all optional; each names the sink it is about. */
export interface BroadcasterObserver<T> {
  /** Items that waited for this sink were not offered to it. */
  drop?(sink: Sink<T>, items: readonly T[], reason: DropReason): void
  /** This sink rejected the items. They are not tried again. */
  lost?(sink: Sink<T>, items: readonly T[], error: Error): void
  /** This sink answered SINK_CLOSED and gets nothing any more. */
  removed?(sink: Sink<T>, error: Error): void
}

export interface BroadcasterOptions<T> {
  /** Items by which a sink may lag behind, not counting those it has in hand. Default 1,000. */
  readonly maxLagItems?: number
  /**
   * What happens when a sink lags by more. `block` (default): writes wait until it has caught up, and so, after all, do the
   * other sinks. `drop-oldest`, `drop-newest`: this sink, and only it, misses items; each is reported.
   */
  readonly whenLagging?: 'block' | 'drop-oldest' | 'drop-newest'
  /** Writes under way at a time in each sink. Default 1; see the option of the same name of `EventQueue`. */
  readonly maxInFlight?: number
  /** Milliseconds that `close` takes at most when it is given no deadline. Default 15,000. */
  readonly closeTimeoutMs?: number
  /** In metrics and logs. Default `broadcaster`. */
  readonly name?: string
  readonly observers?: readonly BroadcasterObserver<T>[]
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

interface Member<T> {
  readonly sink: Sink<T>
  /** In logs. */
  readonly name: string
  readonly lane: Lane<T>
}

/** One removal; its identity tells it from a later one of the same sink. */
interface Leaving<T> {
  readonly member: Member<T>
}

/**
 * Hands every item to every sink of a set that may change at any time.
 *
 * **A resolved write** says that the items are in the lane of each sink, **in memory**: it says nothing about any far end.
 * Each sink has a lane of its own, takes the items in the order of the writes, and is neither held up nor harmed by what
 * another does, within `maxLagItems`. A write of a sink is attempted once; if it is rejected, the items are lost for this sink
 * alone, counted, logged and observed. Give a sink that may fail its own retries: `Broadcaster` → `RetryingSink` → …
 *
 * **The set.** A sink is in it once, by identity; `add` and `remove` take effect for the next write, and a write that is called
 * before reaches it. A sink that answers SINK_CLOSED is taken out and reported. With no sink at all, writes resolve.
 *
 * **Close** empties the lanes, closes every sink, all side by side, and rejects with one AggregateError of whatever went wrong.
 */
export class Broadcaster<T> implements Sink<T, void> {
  readonly #members = new Map<Sink<T>, Member<T>>()
  /** Removed, and still being given what was accepted for them. Not ours to close. */
  readonly #leaving = new Map<Sink<T>, Leaving<T>>()
  /**
   * What a write goes round. Never changed, only replaced: a sink that goes while it is walked would else make its neighbours
   * miss the items, or get them twice.
   */
  #round: readonly Member<T>[] = []
  readonly #laneSettings: LaneSettings<T>
  readonly #closeTimeoutMs: number
  readonly #name: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #observers: Observers<BroadcasterObserver<T>>
  readonly #unwritten: UnwrittenItems
  readonly #removedCounter: Counter
  #named = 0
  #closed: Promise<void> | undefined

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(sinks: Iterable<Sink<T>> = [], options: BroadcasterOptions<T> = {}) {
    const { name = 'broadcaster', clock = systemClock, telemetry = noTelemetry } = options
    this.#logger = telemetry.logger.child({ component: 'broadcaster', broadcaster: name })
    this.#name = name
    this.#clock = clock
    this.#closeTimeoutMs = notNegative('closeTimeoutMs', options.closeTimeoutMs ?? 15_000)
    this.#observers = new Observers(options.observers, this.#logger)
    this.#unwritten = new UnwrittenItems({ ...telemetry, logger: this.#logger }, clock, name)
    this.#removedCounter = telemetry.metrics.counter({
      name: 'registry_relay_broadcaster_removed_sinks_total',
      help: 'Sinks taken out of a broadcaster because they answered that they are closed',
      labels: ['sink'],
    })
    this.#removedCounter.add(0, { sink: name })
    this.#laneSettings = {
      maxItems: wholeNumber('maxLagItems', options.maxLagItems ?? 1_000),
      maxBytes: Number.POSITIVE_INFINITY,
      maxInFlight: wholeNumber('maxInFlight', options.maxInFlight ?? 1),
      sizeOf: undefined,
      whenFull: options.whenLagging ?? 'block',
    }
    for (const sink of sinks) this.#join(sink, undefined)
    this.#round = [...this.#members.values()]
  }

  /** Sinks in the set. */
  get size(): number {
    return this.#members.size
  }

  has(sink: Sink<T>): boolean {
    return this.#members.has(sink)
  }

  /**
   * From the next write on the sink gets everything. One that is in the set already is left as it is.
   *
   * @param name for logs; default `sink-<n>`
   * @throws SinkClosedError after {@link close}: nobody would close the sink
   */
  add(sink: Sink<T>, name?: string): void {
    if (this.#closed !== undefined) throw new SinkClosedError()
    if (this.#members.has(sink)) return
    this.#join(sink, name)
    this.#round = [...this.#members.values()]
  }

  /**
   * From the next write on the sink gets nothing. It is not closed. Of a sink that is not in the set nothing happens.
   *
   * @returns when everything accepted before was offered to the sink, or the sink was added again; rejects with
   *   DEADLINE_EXCEEDED once the rest was given up
   */
  async remove(sink: Sink<T>, options: CloseOptions = {}): Promise<void> {
    const member = this.#members.get(sink)
    if (member === undefined) return
    this.#members.delete(sink)
    this.#round = [...this.#members.values()]
    const leaving: Leaving<T> = { member }
    this.#leaving.set(sink, leaving)
    // A write that waits for this sink waits for nobody any more.
    member.lane.refuseWaiters()
    const deadlineMs = options.deadlineMs ?? Number.POSITIVE_INFINITY
    const inTime = await new Deadline(this.#clock, deadlineMs).meets(member.lane.drained())
    // Added again meanwhile: the lane has gone back into use.
    if (this.#leaving.get(sink) !== leaving) return
    this.#leaving.delete(sink)
    if (!inTime) throw this.#giveUp(member, deadlineMs)
  }

  /**
   * Resolves when every sink's lane has the items, see above. Rejects with the reason of the signal, and takes back what no sink
   * has in hand yet; or, waiting for a slow sink when the broadcaster is closed, with SINK_CLOSED: sinks that had room have it.
   */
  write(items: readonly T[], options: WriteOptions = {}): Promise<void> {
    const { signal } = options
    if (this.#closed !== undefined) return Promise.reject(new SinkClosedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (items.length === 0) return Promise.resolve()
    const block = {}
    const round = this.#round
    let waits: Promise<void>[] | undefined
    for (const { lane } of round) {
      const taken = lane.offer(items, block)
      if (taken === undefined) continue
      waits ??= []
      waits.push(taken)
    }
    if (waits === undefined) return Promise.resolve()
    return watchAbort(allOf(waits), signal, (reason) => {
      if (!round.some(({ lane }) => lane.waits(block))) return
      for (const { lane } of round) lane.withdraw(block, reason)
    })
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? this.#closeTimeoutMs)
    return this.#closed
  }

  async #close(limitMs: number): Promise<void> {
    const deadline = new Deadline(this.#clock, limitMs)
    const errors: Error[] = []
    const finish = async (member: Member<T>, owned: boolean): Promise<void> => {
      member.lane.refuseWaiters(new SinkClosedError())
      if (!(await deadline.meets(member.lane.drained()))) errors.push(this.#giveUp(member, limitMs))
      if (owned) await deadline.close(member.sink).catch((thrown: unknown) => errors.push(toError(thrown)))
    }
    await Promise.all([
      ...this.#round.map((member) => finish(member, true)),
      ...[...this.#leaving.values()].map(({ member }) => finish(member, false)),
    ])
    this.#unwritten.flush()
    if (errors.length === 0) return
    const said = errors.map(({ message }) => message).join('; ')
    throw new AggregateError(errors, `closing ${this.#name}: ${said}`)
  }

  #giveUp({ lane, name }: Member<T>, limitMs: number): Error {
    const { waiting, inFlight } = lane
    const error = new RelayError(
      'DEADLINE_EXCEEDED',
      `${this.#name}: after ${limitMs} ms, ${waiting} items had not been offered to ${name} and ${inFlight} had no answer`,
      { facts: { sink: name, dropped: waiting, lost: inFlight } },
    )
    lane.dropWaiting('deadline')
    lane.abandonInFlight(error)
    return error
  }

  /** Into the set; with the lane it had, if that is not empty yet: two lanes would break the order. */
  #join(sink: Sink<T>, name: string | undefined): void {
    if (this.#members.has(sink)) return
    const back = this.#leaving.get(sink)?.member
    this.#leaving.delete(sink)
    back?.lane.stopDraining()
    this.#members.set(sink, back ?? this.#memberOf(sink, name ?? `sink-${++this.#named}`))
  }

  #memberOf(sink: Sink<T>, name: string): Member<T> {
    const facts = { to: name }
    const lane = new Lane<T>(this.#laneSettings, {
      write: (items, options) => sink.write(items, options),
      entered: () => {},
      left: () => {},
      lost: (items, error) => {
        this.#unwritten.lost(items.length, error, facts)
        this.#observers.tell((observer) => observer.lost?.(sink, items, error))
        if (isRelayError(error, 'SINK_CLOSED')) this.#drop(member, error)
      },
      dropped: (items, reason) => {
        this.#unwritten.dropped(items.length, reason, facts)
        this.#observers.tell((observer) => observer.drop?.(sink, items, reason))
      },
    })
    const member: Member<T> = { sink, name, lane }
    return member
  }

  /** Takes a closed sink out. During `close` too: there is nothing more to be closed about it. */
  #drop(member: Member<T>, error: Error): void {
    const { sink, name, lane } = member
    lane.refuseWaiters()
    lane.dropWaiting('sink-closed')
    if (this.#members.get(sink) !== member) return
    this.#members.delete(sink)
    this.#round = [...this.#members.values()]
    this.#removedCounter.add(1, { sink: this.#name })
    this.#logger.warn({ to: name, err: error }, 'a sink answered that it is closed; it was taken out')
    this.#observers.tell((observer) => observer.removed?.(sink, error))
  }
}

/** Like Promise.all, but settles only when every one has: none of them may go unwatched. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(promises))
    if (outcome.status === 'rejected') throw outcome.reason
}
