import { type Cancel, within } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import type { Logger } from '../telemetry.ts'
import type { Entry } from './accumulator/entry.ts'
import { Intake } from './intake.ts'
import { Lanes } from './lanes.ts'
import type { OutgoingRecord, Published, RoughRecord } from './outgoing-record.ts'
import type { Leaders } from './producer-port.ts'
import { ProducerSession } from './producer-session.ts'
import { PublisherMetrics } from './publisher-metrics.ts'
import { SafeObserver } from './publisher-observer.ts'
import {
  batchOverhead,
  type PublisherOptions,
  type PublisherSettings,
  publisherSettings,
} from './publisher-options.ts'
import { connectionProblem, refusalProblem } from './publisher-problem.ts'
import { type Readiness, readinessOf } from './publisher-readiness.ts'
import { RecordLimit } from './record-limit.ts'
import { Router } from './router.ts'

const observeMs = 1_000
const defaultCloseMs = 30_000

/** What is accepted and not yet confirmed. */
export interface PublisherPending {
  readonly records: number
  readonly bytes: number
  /** Age of the oldest, milliseconds; 0 if there is none. */
  readonly oldestMs: number
}

/**
 * Bytes to one topic, in the order of writing per key, at least once, and once unless a broker loses track of the producer.
 * A write resolves when all in-sync replicas have every record of it.
 *
 *     write → budget → router (key → partition) → lanes (partition → leader broker) → producer
 *
 * Nothing is ever given up but by the caller's signal, by the deadline of `close`, or by Kafka refusing a record for good.
 * A write that is abandoned takes back what no request has carried yet; the rest rides on.
 */
export class Publisher implements Sink<OutgoingRecord, readonly Published[]> {
  readonly #settings: PublisherSettings
  readonly #logger: Logger
  readonly #metrics: PublisherMetrics
  readonly #intake: Intake
  readonly #limit: RecordLimit
  readonly #router: Router
  readonly #lanes: Lanes
  readonly #session: ProducerSession
  /** The newest view of the cluster, also of partitions that are not in use yet. */
  #leaders: Leaders = new Map()
  #partitionCount: number | undefined
  #started = false
  #connected = false
  #closed: Promise<void> | undefined
  #onIdle: (() => void) | undefined
  #observing: Cancel | undefined

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: PublisherOptions) {
    const settings = publisherSettings(options)
    const { topic, limits, clock, random, telemetry } = settings
    this.#settings = settings
    this.#logger = telemetry.logger
    this.#metrics = new PublisherMetrics(telemetry.metrics, topic)
    this.#intake = new Intake({
      settings,
      metrics: this.#metrics,
      clock,
      place: (key) => this.#router.place(key),
      route: (entry) => this.#router.add(entry),
      onProgress: (list) => this.#lanes.progressed(list),
      onRelease: () => {
        this.#router.settled()
        this.#checkIdle()
      },
      onTooLarge: () => this.#limit.doubt(),
      problem: () => this.problem,
    })
    this.#limit = new RecordLimit({
      topic,
      ask: settings.maxMessageBytes,
      onLimit: (maxMessageBytes) => this.#limitRecords(maxMessageBytes),
      clock,
      logger: this.#logger,
    })
    this.#router = new Router({
      deliver: (partition, entry) => this.#deliver(partition, entry),
      drained: () => this.#lanes.empty,
      onLayout: (count) => {
        this.#lanes.resize(count)
        this.#lanes.setLeaders(this.#leaders)
      },
      onPlaces: () => this.#intake.reroute(this.#router.partitionCount ?? 0),
    })
    this.#session = new ProducerSession({
      topic,
      producer: settings.producer,
      onLeaders: (leaders, count) => this.#onLeaders(leaders, count),
      onReady: () => this.#onReady(),
      prepare: () => this.#limit.read(),
      clock,
      random,
      logger: this.#logger,
    })
    this.#lanes = new Lanes({
      topic,
      limits: {
        batch: { records: limits.batchRecords, bytes: limits.batchBytes },
        request: { records: limits.requestRecords, bytes: limits.requestBytes },
        paceMs: limits.paceMs,
      },
      maxSequence: settings.maxSequence,
      clock,
      random,
      logger: this.#logger,
      metrics: this.#metrics,
      observer: new SafeObserver(settings.observer, this.#logger, clock),
      produce: (broker, batches) => this.#session.produce(broker, batches),
      refreshLeaders: () => this.#session.refreshLeaders(),
      replaceProducer: () => this.#session.replace(),
      onDone: (entries) => this.#intake.release(entries),
    })
  }

  /**
   * Begins to connect, in the background and for as long as it takes, and resolves at once: with Kafka down, writes wait
   * (their signal is their deadline) and {@link readiness} says why. May be called after the first writes.
   */
  start(): Promise<void> {
    if (!this.#started && this.#closed === undefined) {
      this.#started = true
      this.#session.start()
    }
    return Promise.resolve()
  }

  get pending(): PublisherPending {
    const now = this.#settings.clock.monotonic()
    // The lanes too: a record whose writer gave up belongs to no open write and is still awaited.
    const oldest = Math.min(this.#intake.oldestAcceptedAt, this.#lanes.oldestAcceptedAt)
    const { bytes, records } = this.#intake.used
    return { records, bytes, oldestMs: oldest === Number.POSITIVE_INFINITY ? 0 : now - oldest }
  }

  /** KAFKA_CONFIGURATION or KAFKA_UNAVAILABLE while nothing can be sent, or not all; `facts` say topic, reason and action. */
  get problem(): RelayError | undefined {
    const { topic } = this.#settings
    const { refusal } = this.#lanes
    if (refusal !== undefined) return refusalProblem(topic, refusal)
    const { problem } = this.#session
    return problem === undefined ? undefined : connectionProblem(topic, problem)
  }

  /** Ready: started, connected, nothing to be put right, and no record waiting for too long. */
  readiness(): Readiness {
    return readinessOf({
      topic: this.#settings.topic,
      started: this.#started,
      closed: this.#closed !== undefined,
      problem: this.problem,
      layout: { now: this.#router.partitionCount, next: this.#router.nextCount },
      oldestMs: this.pending.oldestMs,
      staleMs: this.#settings.staleMs,
    })
  }

  /**
   * Receipts in the order of the items. Rejects with TOO_LARGE or RECORD_REJECTED (the topic will never take an item;
   * `facts.rejected` says which, all others are in the topic), OVER_BUDGET (nothing of the write was taken), the reason of the
   * signal, the error of a value that is late, DEADLINE_EXCEEDED by `close`, or SINK_CLOSED.
   */
  write(records: readonly OutgoingRecord[], options: WriteOptions = {}): Promise<readonly Published[]> {
    const { signal } = options
    if (this.#closed !== undefined) return Promise.reject(new SinkClosedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (records.length === 0) return Promise.resolve([])

    const published = this.#intake.take(records, signal)
    this.#observe()
    return published
  }

  /** OVER_BUDGET if a write like this would be rejected with it now. */
  lackFor(records: readonly RoughRecord[]): RelayError | undefined {
    return this.#settings.overBudget === 'reject' ? this.#intake.lackFor(records) : undefined
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? defaultCloseMs)
    return this.#closed
  }

  async #close(deadlineMs: number): Promise<void> {
    const { clock, topic } = this.#settings
    this.#lanes.hurry()
    if (this.#started) await within(clock, deadlineMs, this.#idle())
    const { records } = this.#intake.used
    const writes = this.#intake.openWrites
    this.#lanes.stop()
    const givenUp = records > 0 || writes > 0
    const { problem: cause } = this
    const error = new RelayError(
      'DEADLINE_EXCEEDED',
      `closing the publisher of ${topic}: after ${Math.round(deadlineMs)} ms, ${records} records were not confirmed by Kafka`,
      { ...(cause === undefined ? {} : { cause }), facts: { topic, records, writes } },
    )
    if (givenUp) {
      this.#metrics.givenUp.add('deadline', records)
      // Whoever closes hears of it, as do those who write; only they know whether it is kept elsewhere.
      this.#logger.debug({ ...error.facts, err: error }, error.message)
    }
    this.#intake.abandonAll(error)
    this.#limit.close()
    await this.#session.close()
    this.#observing?.()
    this.#show()
    if (givenUp) throw error
  }

  /** Resolves when every accepted record has its outcome. */
  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve
      this.#checkIdle()
    })
  }

  #checkIdle(): void {
    if (this.#intake.idle) this.#onIdle?.()
  }

  #deliver(partition: number, entry: Entry): void {
    if (this.#intake.bind(entry, partition)) this.#lanes.push(partition, entry)
  }

  #onLeaders(leaders: Leaders, partitionCount: number): void {
    this.#leaders = leaders
    this.#partitionCount = partitionCount
    // Before the first connection is complete the topic's limit of bytes is not known, and nothing is routed.
    if (!this.#connected) return
    this.#lanes.setLeaders(leaders)
    const before = this.#router.partitionCount
    if (this.#router.told(partitionCount)) {
      this.#metrics.partitionChanges.add()
      this.#logger.warn(
        { topic: this.#settings.topic, before, after: partitionCount },
        'the number of partitions changed: most keys move, and order across the change holds only for what this publisher writes',
      )
    }
  }

  #onReady(): void {
    const { topic } = this.#settings
    this.#connected = true
    if (this.#partitionCount !== undefined) this.#router.told(this.#partitionCount)
    this.#lanes.open()
    this.#logger.info({ topic, partitions: this.#partitionCount }, 'connected to Kafka')
  }

  #limitRecords(maxMessageBytes: number): void {
    const maxRecordBytes = Math.max(1, maxMessageBytes - batchOverhead)
    this.#intake.limitRecords(maxRecordBytes)
    this.#lanes.limitBatches(maxRecordBytes)
  }

  #show(): PublisherPending {
    const { pending } = this
    this.#metrics.bufferedRecords.set(pending.records)
    this.#metrics.bufferedBytes.set(pending.bytes)
    this.#metrics.oldestSeconds.set(pending.oldestMs / 1_000)
    this.#metrics.waitingWrites.set(this.#intake.writesInLine)
    return pending
  }

  /** Keeps the gauges true while something is open, also while nothing can be sent. */
  #observe(): void {
    if (this.#observing !== undefined) return
    const { records } = this.#show()
    if (records === 0 && this.#intake.openWrites === 0) return
    this.#observing = this.#settings.clock.after(observeMs, () => {
      this.#observing = undefined
      this.#observe()
    })
  }
}
