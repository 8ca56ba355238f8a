import { type Cancel, type Clock, sleep, systemClock } from '../clock.ts'
import { isRelayError, toError } from '../errors.ts'
import type { CloseOptions, Sink } from '../sink/sink.ts'
import type { Spool, SpooledRecord } from '../spool/spool.ts'
import { type Counter, type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { Acknowledger } from './acknowledger.ts'
import type { GatewayItem } from './gateway-item.ts'
import { decodeItems } from './item-codec.ts'
import { type Moving, MovingRecords } from './moving-records.ts'
import type { Quarantine } from './quarantine.ts'

export interface PumpOptions {
  readonly spool: Spool
  /** Where records go; resolves when Kafka has them. Closed by whoever made it, after the pump. */
  readonly route: Sink<GatewayItem>
  readonly quarantine: Quarantine
  readonly limits?: Partial<PumpLimits>
  /** The spool failed: nothing is taken from it any more, and whoever runs this should start it again. */
  readonly onFailure?: (error: Error) => void
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/**
 * What is on its way from the spool to Kafka at most. What has arrived behind something that waits does not count: one
 * topic or partition that takes nothing must not hold up the others. It is sent again after a crash.
 */
export interface PumpLimits {
  /** Notifications. Default 4,000: each holds about 7 kB, and while Kafka is away as many of them wait as may. */
  readonly records: number
  /** Default 16 MiB; a larger one goes alone. */
  readonly bytes: number
  /**
   * Of notifications that hold no event. Default 64 MiB, and as many as `records` beside the others: while their topic
   * takes nothing, events go on.
   */
  readonly rejectedBytes: number
  /** Before what Kafka would not take is tried again. Default 1,000 ms. */
  readonly retryMs: number
  /** Between two notes of how far Kafka is; what lies between is sent again after a crash. Default 200 ms. */
  readonly ackMs: number
}

const mebibyte = 1024 * 1024
const defaultLimits: PumpLimits = {
  records: 4_000,
  bytes: 16 * mebibyte,
  rejectedBytes: 64 * mebibyte,
  retryMs: 1_000,
  ackMs: 200,
}
const readAtOnce = { records: 1_000, bytes: 4 * mebibyte }
const closeMs = 10_000
/** At the end: Kafka took nothing for so long, so it is not worth waiting for. */
const stallMs = 2_000

/**
 * Takes records from the spool to Kafka, in order, and notes in the spool how far Kafka is. Records overlap, as far as
 * the limits allow; the sink behind keeps the order of what has one key.
 *
 * A record that fails stays where it is: nothing new is read, the events under way get their outcome, then all that
 * failed is sent again in its order, and has its outcome before anything new is. Nothing is given up; at the end what is
 * left stays in the spool.
 */
export class Pump {
  readonly #spool: Spool
  readonly #route: Sink<GatewayItem>
  readonly #quarantine: Quarantine
  readonly #limits: PumpLimits
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #failures: Counter
  readonly #acknowledger: Acknowledger
  readonly #onFailure: PumpOptions['onFailure']
  readonly #moving = new MovingRecords()
  readonly #failed: Moving[] = []
  readonly #stop = new AbortController()
  readonly #stopped: Promise<void> = new Promise((resolve) => {
    this.#stop.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  #reading: Promise<readonly SpooledRecord[]> | undefined
  #draining = false
  #problem: string | undefined
  #running: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined
  #changed = false
  #wake: () => void = () => {}

  constructor(options: PumpOptions) {
    const { telemetry = noTelemetry, clock = systemClock } = options
    this.#spool = options.spool
    this.#route = options.route
    this.#quarantine = options.quarantine
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#onFailure = options.onFailure
    this.#clock = clock
    this.#logger = telemetry.logger.child({ component: 'pump' })
    this.#failures = telemetry.metrics.counter({
      name: 'registry_relay_pump_failures_total',
      help: 'Notifications that could not be taken from the spool to Kafka and are tried again.',
    })
    this.#acknowledger = new Acknowledger(this.#spool, this.#limits.ackMs, clock, this.#logger)
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.#problem = toError(error).message
      this.#logger.error({ err: toError(error) }, 'nothing more is taken from the spool')
      this.#onFailure?.(toError(error))
    })
  }

  /** Why Kafka does not get what is in the spool; undefined while it does. */
  get problem(): string | undefined {
    return this.#problem
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
    this.#wakeUp()
    await this.#running
    cancel()
    cancelStall()
    await this.#acknowledger.close()
    const { unacked } = this.#spool.state()
    if (unacked > 0) this.#logger.info({ unacked }, 'the rest stays in the spool for the next start')
  }

  #halt(): void {
    this.#stop.abort()
    this.#wakeUp()
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
      if (this.#failed.length > 0) await this.#sendAgain()
      else if (this.#isFull()) await this.#change()
      else if (!(await this.#sendNext())) return
    }
  }

  /** False when there is nothing more to come. */
  async #sendNext(): Promise<boolean> {
    if (this.#draining && this.#moving.size === 0) {
      await this.#acknowledger.note()
      if (this.#spool.state().unacked === 0) return false
    }
    // Left open when something else comes first: there is one reader, and a read cannot be taken back.
    this.#reading ??= this.#spool.read(readAtOnce)
    const records = await Promise.race([this.#reading, this.#change()])
    if (records === undefined) return true
    this.#reading = undefined
    for (const record of records) {
      const items = this.#itemsOf(record)
      const { events, rejected } = this.#moving
      const load = items.some(({ kind }) => kind === 'event') ? events : rejected
      void this.#send(this.#moving.add(record, load), items)
    }
    return records.length > 0
  }

  /** Resolves when it has its outcome, whichever. */
  #send(moving: Moving, items: readonly GatewayItem[]): Promise<void> {
    return this.#route.write(items).then(
      () => this.#arrived(moving),
      (error: unknown) => this.#refused(moving, toError(error)),
    )
  }

  #arrived(moving: Moving): void {
    const reached = this.#moving.arrived(moving)
    if (reached !== undefined) this.#acknowledger.reach(reached)
    if (this.#failed.length === 0) this.#problem = undefined
    this.#wakeUp()
  }

  #refused(moving: Moving, error: Error): void {
    this.#failed.push(moving)
    // Stopped: it stays in the spool, and the sinks say themselves why they let go of it.
    if (this.#stop.signal.aborted) return
    this.#problem = error.message
    // The route was closed before us, or is closing: it will be written after the next start.
    if (isRelayError(error, 'SINK_CLOSED')) this.#halt()
    this.#failures.add()
    if (this.#failed.length === 1) {
      this.#logger.warn({ err: error, sequence: moving.sequence }, 'Kafka did not take a notification')
    }
    this.#wakeUp()
  }

  async #sendAgain(): Promise<void> {
    const { signal } = this.#stop
    // Not for what was rejected: it has no order to keep, and its topic may be away for hours.
    while (this.#eventsUnderWay() > 0 && !signal.aborted) await this.#change()
    await sleep(this.#clock, this.#limits.retryMs, signal).catch(() => {})
    if (signal.aborted) return
    const again = this.#failed.splice(0).sort((a, b) => a.sequence - b.sequence)
    const outcomes = again.flatMap((moving) =>
      moving.record === undefined ? [] : [this.#send(moving, this.#itemsOf(moving.record))],
    )
    await Promise.race([Promise.all(outcomes), this.#stopped])
  }

  #eventsUnderWay(): number {
    const { events } = this.#moving
    return events.records - this.#failed.filter(({ load }) => load === events).length
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

  #isFull(): boolean {
    const { records, bytes, rejectedBytes } = this.#limits
    const { events, rejected } = this.#moving
    if (events.records >= records || events.bytes >= bytes) return true
    return rejected.records >= records || rejected.bytes >= rejectedBytes
  }

  #wakeUp(): void {
    this.#changed = true
    this.#wake()
  }

  /** Resolves when something happened since it resolved last. */
  async #change(): Promise<undefined> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#changed = false
    return undefined
  }
}
