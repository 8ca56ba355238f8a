import { type Cancel, type Clock, type Random, systemClock, systemRandom, within } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { Profile } from '../event/profile.ts'
import type { Deliverer } from '../http/deliverer.ts'
import type {
  BatchHandler,
  ConsumedRecord,
  ConsumerPort,
  HeldPartition,
  LostRecords,
  TopicPartition,
} from '../kafka/consumer-port.ts'
import type { DeadLetters } from '../kafka/dead-letter-port.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { BridgeObserver } from './bridge-observer.ts'
import { Committer } from './committer.ts'
import { decodeRecord } from './decode-record.ts'
import type { Delivered, Outcome, RecordDecoder } from './delivered.ts'
import { type DeliveryRetry, deliveryRetry } from './delivery-retry.ts'
import { EndpointGate } from './endpoint-gate.ts'
import { groupIdOf } from './group-id.ts'
import { type PartitionFacts, partitionStart } from './partition-facts.ts'
import { PartitionRun, type Window } from './partition-run.ts'
import { ProcessSpans } from './process-span.ts'
import { RecordDelivery } from './record-delivery.ts'

/** A part of the topic, to be delivered and no more. */
export interface Span {
  /** Of each partition: reading ends before this offset. Partitions left out are read without end. */
  readonly ends: ReadonlyMap<number, bigint>
  /** False for a record that is not meant: its outcome is "filtered". */
  readonly wants: (record: ConsumedRecord) => boolean
}

export interface TopicBridgeOptions {
  /** Prefix of the consumer group, shared by all bridges of one relay. Default `registry-relay`. */
  readonly group?: string
  /**
   * Name of the endpoint: letters, digits, `_`, `-`; no dot, so that no two pairs of names make one group.
   */
  readonly endpoint: string
  /** What metrics and log lines call it. Default: `endpoint`. */
  readonly name?: string
  /** What is to be delivered, for metrics that begin with 0. Default: they begin with their first value. */
  readonly topics?: readonly string[]
  /** Makes the member of that group, subscribed to what is to be delivered. */
  readonly consumer: (groupId: string) => ConsumerPort
  readonly decoder: RecordDecoder
  readonly deliverer: Deliverer
  readonly deadLetters: DeadLetters
  /** What limits the attempts; shared by bridges that deliver to one endpoint. Default: one of its own, with its defaults. */
  readonly gate?: EndpointGate
  readonly retry?: DeliveryRetry
  /** Which events the endpoint gets. Default: all. */
  readonly wants?: (event: Event) => boolean
  /** How Envelopes are written. Default: as they were received. */
  readonly profile?: Profile
  readonly span?: Span
  /**
   * For how long a record whose schema the registry does not know, or has another one in place of, holds up its repository
   * before it is kept in the dead letters, milliseconds from its first attempt. Default 900,000. A registry that cannot be
   * asked is waited for without end.
   */
  readonly unknownSchemaMs?: number
  /**
   * How far reading goes ahead, per partition, of a record that has no outcome; then its partition waits. It
   * bounds the memory. Default 2000 records, and 4 MiB without outcome; one fetch may come on top.
   */
  readonly window?: Window
  /** Between two commits while there is something to commit, milliseconds: a crash repeats about so much. Default 100. */
  readonly commitIntervalMs?: number
  /**
   * At a stop or rebalance: how long requests under way may go on before they are aborted, milliseconds.
   * Default 5000. All members of the group wait that long, but no longer than half the rebalance time-out.
   */
  readonly drainMs?: number
  /**
   * Called for each event after the endpoint took it, before it is committed. Must return fast; what it
   * throws is logged.
   */
  readonly onDelivered?: (delivered: Delivered) => void
  /** Called for each record that has its outcome, before it is committed. Must not throw. */
  readonly onOutcome?: (outcome: Outcome, record: ConsumedRecord) => void
  /** Called when records were gone from the topic before they were delivered. Must not throw. */
  readonly onLost?: (records: LostRecords) => void
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly random?: Random
}

/** Left of the time for giving back for the commit at its end; half of it where there is little. */
const commitReserveMs = 1_000
/** How often the age of what waits is told. */
const reportMs = 1_000
/** How often Kafka is asked for the end of a partition that waits, and so is not told by what it fetches. */
const endsMs = 10_000
/** What the deliverer and the dead letters get to close in any case. */
const lastMs = 500
const defaultWindow: Window = { records: 2_000, bytes: 4 * 1024 * 1024 }

/**
 * Delivers topics to one HTTP endpoint: every event at least once, in the order of its repository, for as
 * long as it takes.
 *
 * A failing repository waits alone, others go past it, up to the {@link TopicBridgeOptions.window}; then its
 * partition waits. Nothing is skipped: before the group's offset goes past a record it is delivered, or not for this endpoint, or
 * kept in the dead letters. Each commit says which records above its offset are done as well, so that only what was under way is
 * repeated after a crash; repeats carry the same `webhook-id`.
 */
export class TopicBridge {
  readonly #options: TopicBridgeOptions
  readonly #consumer: ConsumerPort
  readonly #clock: Clock
  readonly #gate: EndpointGate
  readonly #observer: BridgeObserver
  readonly #committer: Committer
  readonly #open: (place: TopicPartition, first: bigint, held: HeldPartition) => PartitionRun
  readonly #runs = new Map<string, PartitionRun>()
  /** Given back, and nobody is known to have them: this bridge tells of them until it is a member of the group again. */
  readonly #givenBack = new Map<string, PartitionRun>()
  readonly #facts = new Map<string, PartitionFacts>()
  readonly #givingBack = new Set<Promise<void>>()
  readonly #drainMs: number
  readonly #name: string
  #started: Promise<void> | undefined
  #closing: Promise<boolean> | undefined
  #cancelReport: Cancel = () => {}
  readonly #forgetGate: Cancel

  /** Name of the consumer group: whose offsets say what was delivered. */
  readonly groupId: string

  /** @throws CONFIG_INVALID: a name or a number cannot be used */
  constructor(options: TopicBridgeOptions) {
    const { clock = systemClock, random = systemRandom, telemetry = noTelemetry, endpoint } = options
    this.groupId = groupIdOf(options.group ?? 'registry-relay', endpoint)
    const { unknownSchemaMs = 900_000 } = options
    if (!(unknownSchemaMs >= 0)) {
      throw new RelayError('CONFIG_INVALID', `unknownSchemaMs: expected milliseconds, got ${unknownSchemaMs}`)
    }
    this.#options = options
    this.#clock = clock
    this.#drainMs = options.drainMs ?? 5_000
    const { name = endpoint } = options
    this.#name = name
    this.#gate = options.gate ?? new EndpointGate({ endpoint: name, telemetry, clock, random })
    this.#observer = new BridgeObserver(telemetry, clock, name, this.groupId, options.topics)
    this.#consumer = options.consumer(this.groupId)
    this.#committer = new Committer({
      commit: (offsets) => this.#consumer.commit(offsets),
      intervalMs: options.commitIntervalMs ?? 100,
      clock,
      observer: this.#observer,
    })
    const { decoder, deliverer, deadLetters, wants, profile, onDelivered } = options
    const retry = deliveryRetry(options.retry)
    const shared = { clock, random, observer: this.#observer, gate: this.#gate }
    const { tracer } = telemetry
    const spans =
      tracer === undefined ? undefined : new ProcessSpans({ tracer, group: this.groupId, endpoint: name })
    const delivery = {
      ...shared,
      spans,
      decoder,
      deliverer,
      deadLetters,
      retry,
      unknownSchemaMs,
      wants,
      profile,
      onDelivered,
    }
    this.#open = (place, first, held) =>
      new PartitionRun(place, held, partitionStart(held.committed, first, this.#facts.get(nameOf(place))), {
        ...shared,
        window: options.window ?? defaultWindow,
        stopBefore: options.span?.ends.get(place.partition),
        wants: (record) => this.#wants(record),
        job: (at, mayBegin, onOutcome) => new RecordDelivery(at, delivery, mayBegin, onOutcome),
        onOutcome: (outcome, record) => {
          this.#observer.outcome(outcome)
          options.onOutcome?.(outcome, record)
        },
        onProgress: (run) => this.#committer.changed(run),
      })
    this.#forgetGate = this.#gate.onReopened(() => {
      for (const run of this.#runs.values()) run.hurry()
    })
  }

  /**
   * Begins to deliver. Resolves when the group has been joined; with the brokers down it goes on trying, so a
   * supervisor looks at {@link readiness} instead of waiting. Idempotent.
   */
  start(): Promise<void> {
    if (this.#started === undefined) {
      this.#started = this.#consumer.start(this.#handler)
      if (this.#closing === undefined) this.#report(0)
    }
    return this.#started
  }

  readonly #handler: BatchHandler = {
    take: (batch, held) => {
      const name = nameOf(batch)
      let run = this.#runs.get(name)
      if (run === undefined) {
        run = this.#open(batch, batch.records[0]?.offset ?? batch.next, held)
        this.#runs.set(name, run)
        // Its number stays, and is the new one's from now on.
        this.#givenBack.delete(name)
      }
      run.take(batch)
    },
    giveBack: async (withinMs, only) => {
      const others = [...this.#givingBack]
      const own = this.#giveBack(withinMs, only).finally(() => this.#givingBack.delete(own))
      this.#givingBack.add(own)
      // A partition that is given back alone, as its offset is out of range, may have work under way as well.
      await Promise.all([own, within(this.#clock, withinMs, Promise.all(others))])
    },
    lost: (records) => {
      // What was delivered of offsets that are gone says nothing about those that come.
      this.#facts.delete(nameOf(records))
      this.#observer.lost(records)
      this.#options.onLost?.(records)
    },
  }

  async #giveBack(withinMs: number, only: TopicPartition | undefined): Promise<void> {
    const given = [...this.#runs].filter(([name]) => only === undefined || name === nameOf(only))
    // Out of the way at once: a batch that comes after all must not fall to one that delivers nothing any more.
    for (const [name] of given) this.#runs.delete(name)
    const runs = given.map(([, run]) => run)
    const until = this.#clock.monotonic() + withinMs
    const drainWithinMs = withinMs - Math.min(commitReserveMs, withinMs / 2)
    await Promise.all(runs.map((run) => run.drain(this.#drainMs, drainWithinMs)))
    const leftMs = Math.max(0, until - this.#clock.monotonic())
    const committed = await within(this.#clock, leftMs, this.#committer.flush(runs))
    if (!committed) this.#observer.commitUnanswered(runs.map(({ place }) => place))
    const unfinished = runs.map((run) => [run.place, run.unfinished] as const)
    this.#observer.partitionsGivenBack(unfinished.filter(([, records]) => records > 0))
    for (const [name, run] of given) {
      this.#committer.forget(run)
      this.#facts.set(name, run.end())
      // A batch that came while it was given back began the next one already.
      if (this.#runs.has(name)) continue
      // After the end there is nobody to tell of it, and it may be given back later than that.
      if (this.#closing === undefined) this.#givenBack.set(name, run)
      else run.forget()
    }
  }

  /** Looked at before the lanes, so that what is not for the endpoint does not wait for it. */
  #wants(record: ConsumedRecord): boolean {
    const { span, wants, decoder } = this.#options
    if (span?.wants(record) === false) return false
    if (wants === undefined) return true
    try {
      const decoded = decodeRecord(decoder, record)
      if (!(decoded instanceof Promise)) return wants(decoded.event)
      // The delivery asks again, and says what is wrong.
      decoded.catch(() => {})
    } catch {
      // The same.
    }
    return true
  }

  #report(elapsedMs: number): void {
    let lanes = 0
    for (const run of this.#runs.values()) {
      run.report()
      lanes += run.lanes
    }
    this.#observer.lanes(lanes)
    // While Kafka cannot be reached nobody has them, and what waits there waits on. A member again, it has been told which
    // are its own, and those that others have are told by them.
    if (this.#consumer.readiness().ready) this.#forgetGivenBack()
    else for (const run of this.#givenBack.values()) run.report()
    const time = elapsedMs + reportMs
    if (time >= endsMs) this.#lookAtEnds()
    this.#cancelReport = this.#clock.after(reportMs, () => this.#report(time % endsMs))
  }

  #forgetGivenBack(): void {
    for (const run of this.#givenBack.values()) run.forget()
    this.#givenBack.clear()
  }

  #lookAtEnds(): void {
    const places = [...this.#runs.values()].filter(({ paused }) => paused).map(({ place }) => place)
    if (places.length === 0) return
    this.#consumer.ends(places).then(
      (ends) => {
        for (const { end, ...place } of ends) this.#runs.get(nameOf(place))?.sawEnd(end)
      },
      // The next look may succeed; until then the lag is what it was.
      () => {},
    )
  }

  /** Ready while it is a member of the group; what an endpoint does not take is said, and no reason not to be ready. */
  readiness(): { readonly ready: boolean; readonly reason?: string } {
    if (this.#closing !== undefined) return { ready: false, reason: 'closing' }
    const state = this.#consumer.readiness()
    const { obstacle } = this.#gate
    return state.ready && obstacle !== undefined
      ? { ready: true, reason: `endpoint ${this.#name} ${obstacle}` }
      : state
  }

  /**
   * Starts no further delivery, lets those under way end for `drainMs`, commits, leaves the group, and closes
   * the deliverer and the dead letters. Idempotent. What has no outcome by then is delivered by the next
   * bridge of this endpoint.
   * @param options.deadlineMs default 10 s
   * @returns false where the group did not answer that it was left, and so counts the member until its session is over
   */
  close(options: { readonly deadlineMs?: number } = {}): Promise<boolean> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 10_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<boolean> {
    const until = this.#clock.monotonic() + deadlineMs
    this.#cancelReport()
    this.#forgetGate()
    const left = await this.#consumer.close({ deadlineMs })
    this.#observer.lanes(0)
    this.#forgetGivenBack()
    // Nothing of it is under way any more, unless the deadline passed; then it is broken off here.
    const leftMs = Math.max(lastMs, until - this.#clock.monotonic())
    const { deliverer, deadLetters } = this.#options
    await Promise.all([
      deliverer.close({ deadlineMs: Math.min(leftMs, 1_000) }),
      within(this.#clock, leftMs, deadLetters.close()),
    ])
    return left
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
