import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { isRelayError, toError } from '../errors.ts'
import type { CloseOptions, Sink } from '../sink/sink.ts'
import type { Spool, SpooledRecord } from '../spool/spool.ts'
import { type Counter, type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { Acknowledger } from './acknowledger.ts'
import { Changes } from './changes.ts'
import { Destination, type DestinationLimits } from './destination.ts'
import type { GatewayItem } from './gateway-item.ts'
import { decodeItems } from './item-codec.ts'
import { readAgain } from './parked.ts'
import { defaultLimits, type PumpLimits } from './pump-limits.ts'
import type { Quarantine } from './quarantine.ts'
import type { SpooledEvents } from './spooled-events.ts'
import { oneTopic, type Topics } from './topics.ts'

export interface PumpOptions {
  readonly spool: Spool
  /** Where records go; resolves when Kafka has them. Closed by whoever made it, after the pump. */
  readonly route: Sink<GatewayItem>
  /** Default: all events go to one topic. */
  readonly topics?: Topics
  readonly quarantine: Quarantine
  readonly limits?: Partial<PumpLimits>
  /** Counts what the spool holds, with its sink. Default: nobody counts. */
  readonly spooled?: SpooledEvents
  /** The spool failed: nothing is taken from it any more, and whoever runs this should start it again. */
  readonly onFailure?: (error: Error) => void
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

const readAtOnce = { records: 1_000, bytes: 4 * 1024 * 1024 }
const closeMs = 10_000
/** At the end: Kafka took nothing for so long, so it is not worth waiting for. */
const stallMs = 2_000

interface Reading {
  records?: readonly SpooledRecord[]
  error?: Error
}

/**
 * Takes records from the spool to Kafka, in order, and notes in the spool how far Kafka is. Records overlap, as far as
 * the limits allow; the sink behind keeps the order of what has one key.
 *
 * Each topic has what a record holds for it in a write of its own, and none waits for another for long: see
 * {@link Destination} for what becomes of a topic that takes nothing, and of what was refused. Where no topic of events
 * takes anything, nothing is read. Nothing is given up; at the end what is left stays in the spool.
 */
export class Pump {
  readonly #spool: Spool
  readonly #route: Sink<GatewayItem>
  readonly #topics: Topics
  readonly #quarantine: Quarantine
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #failures: Counter
  readonly #acknowledger: Acknowledger
  readonly #onFailure: PumpOptions['onFailure']
  readonly #spooled: SpooledEvents | undefined
  /** Records with a lower sequence are from before the start. */
  readonly #ownFrom: number
  readonly #events: ReadonlyMap<string, Destination>
  readonly #rejected: Destination
  readonly #destinations: readonly Destination[]
  readonly #changes = new Changes()
  readonly #stop = new AbortController()
  #newest = -1
  #reading: Reading | undefined
  #draining = false
  #failure: string | undefined
  #running: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: PumpOptions) {
    const { telemetry = noTelemetry, clock = systemClock, topics = oneTopic } = options
    const limits = { ...defaultLimits, ...options.limits }
    this.#spool = options.spool
    this.#route = options.route
    this.#topics = topics
    this.#quarantine = options.quarantine
    this.#onFailure = options.onFailure
    this.#spooled = options.spooled
    this.#ownFrom = options.spool.state().next
    this.#clock = clock
    this.#logger = telemetry.logger.child({ component: 'pump' })
    this.#failures = telemetry.metrics.counter({
      name: 'registry_relay_pump_failures_total',
      help: 'Notifications that could not be taken from the spool to Kafka and are tried again.',
    })
    this.#acknowledger = new Acknowledger(this.#spool, limits.ackMs, clock, this.#logger)
    this.#events = new Map(topics.events.map((topic) => [topic, this.#destination(topic, limits, telemetry)]))
    const rejectedLimits = { ...limits, bytes: limits.rejectedBytes }
    this.#rejected = this.#destination(topics.rejected, rejectedLimits, telemetry)
    this.#destinations = [...this.#events.values(), this.#rejected]
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => this.#fail(toError(error)))
  }

  /** Why Kafka does not get what is in the spool, or not all of it; undefined while it does. */
  get problem(): string | undefined {
    if (this.#failure !== undefined) return this.#failure
    const problems = this.#destinations.flatMap(({ problem }) => problem ?? [])
    return problems.length === 0 ? undefined : problems.join('; ')
  }

  /**
   * Goes on until the spool is empty, the deadline (default 10 s) is over, or Kafka took nothing for two seconds. What is
   * left stays in the spool for the next start. Never rejects.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.deadlineMs ?? closeMs)
    return this.#closing
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#draining = true
    const cancel = this.#clock.after(deadlineMs, () => this.#halt())
    const cancelStall = this.#watchProgress()
    this.#changes.happened()
    await this.#running
    cancel()
    cancelStall()
    this.#halt()
    await Promise.all(this.#destinations.map((destination) => destination.end()))
    await this.#acknowledger.close()
    const { unacked } = this.#spool.state()
    if (unacked > 0) this.#logger.info({ unacked }, 'the rest stays in the spool for the next start')
  }

  #halt(): void {
    this.#stop.abort()
    this.#changes.happened()
  }

  #fail(error: Error): void {
    this.#failure = error.message
    this.#logger.error({ err: error }, 'nothing more is taken from the spool')
    this.#halt()
    this.#onFailure?.(error)
  }

  #watchProgress(): Cancel {
    let before = this.#acknowledger.reached
    let cancel: Cancel = () => {}
    const look = (): void => {
      const { reached } = this.#acknowledger
      if (reached === before) this.#halt()
      before = reached
      cancel = this.#clock.after(stallMs, look)
    }
    cancel = this.#clock.after(stallMs, look)
    return () => cancel()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const change = this.#changes.next()
      if (this.#draining && this.#oldest === undefined) {
        await this.#acknowledger.note()
        if (this.#spool.state().unacked === 0) return
      }
      const records = this.#mayRead ? this.#read() : undefined
      if (records?.length === 0) return
      for (const record of records ?? []) this.#take(record)
      if (records === undefined) await change
      else this.#reach()
    }
  }

  get #mayRead(): boolean {
    if (this.#destinations.some(({ holdsUp }) => holdsUp)) return false
    return [...this.#events.values()].some(({ isBlocked }) => !isBlocked)
  }

  /** What has been read; undefined where it is still to come. There is one reader, and a read cannot be taken back. */
  #read(): readonly SpooledRecord[] | undefined {
    if (this.#reading === undefined) {
      const reading: Reading = {}
      this.#reading = reading
      this.#spool
        .read(readAtOnce)
        .then(
          (records) => {
            reading.records = records
          },
          (error: unknown) => {
            reading.error = toError(error)
          },
        )
        .finally(() => this.#changes.happened())
    }
    const { records, error } = this.#reading
    if (error !== undefined) throw error
    if (records !== undefined) this.#reading = undefined
    return records
  }

  #take(record: SpooledRecord): void {
    const missing = record.sequence - Math.max(this.#newest + 1, this.#ownFrom)
    this.#newest = record.sequence
    const parts = new Map<Destination, GatewayItem[]>()
    const all = this.#itemsOf(record)
    if (missing < 0) this.#spooled?.recovered(all.length)
    else this.#spooled?.read(missing)
    for (const item of all) {
      const destination = this.#destinationOf(item)
      const items = parts.get(destination)
      if (items === undefined) parts.set(destination, [item])
      else items.push(item)
    }
    for (const [destination, items] of parts) destination.take(record, items)
  }

  #destinationOf(item: GatewayItem): Destination {
    if (item.kind === 'quarantine') return this.#rejected
    const topic = this.#topics.topicOf(item.record)
    const destination = this.#events.get(topic)
    if (destination === undefined) throw new Error(`${topic} is no topic of events`)
    return destination
  }

  #itemsOf({ content, sequence }: SpooledRecord): readonly GatewayItem[] {
    try {
      return decodeItems(content)
    } catch (error) {
      const { code, message } = error as { code: string; message: string }
      this.#logger.error({ err: toError(error), sequence }, 'a spooled record is kept as rejected')
      return [this.#quarantine({ reason: code, message, content }, {})]
    }
  }

  /** Sequence of the oldest record that has not arrived everywhere. */
  get #oldest(): number | undefined {
    let oldest: number | undefined
    for (const destination of this.#destinations) {
      const own = destination.oldest
      if (own !== undefined && (oldest === undefined || own < oldest)) oldest = own
    }
    return oldest
  }

  /** Between two records of the spool there is none, so that all before the oldest that waits have arrived. */
  #reach(): void {
    const oldest = this.#oldest
    const reached = oldest === undefined ? this.#newest : oldest - 1
    if (reached > this.#acknowledger.reached) this.#acknowledger.reach(reached)
  }

  #refused(error: Error): void {
    // The route was closed before us, or is closing: it will be written after the next start.
    if (isRelayError(error, 'SINK_CLOSED')) this.#halt()
    this.#failures.add()
  }

  #destination(topic: string, limits: DestinationLimits, { metrics }: Telemetry): Destination {
    const destination: Destination = new Destination({
      topic,
      limits,
      write: (items) => this.#route.write(items),
      itemsOf: (record) => this.#itemsOf(record).filter((item) => this.#destinationOf(item) === destination),
      readAgain: (sequences) => readAgain(this.#spool, sequences, this.#oldest ?? 0),
      onMovedOn: () => this.#reach(),
      onArrived: (items) => this.#spooled?.published(items),
      onRefused: (error) => this.#refused(error),
      onFailure: (error) => this.#fail(error),
      changes: this.#changes,
      stop: this.#stop.signal,
      parkedGauge: metrics.gauge({
        name: 'registry_relay_pump_parked_notifications',
        help: 'Notifications that stay in the spool while others pass them, because their topic takes nothing.',
        labels: ['topic'],
      }),
      clock: this.#clock,
      logger: this.#logger,
    })
    return destination
  }
}
