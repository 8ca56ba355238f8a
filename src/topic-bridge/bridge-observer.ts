import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DeadLetterReason } from '../kafka/dead-letter-port.ts'
import type { Counter, Gauge, Logger, Telemetry } from '../telemetry.ts'

/** What an attempt was about when it failed. */
export type Stage = 'decode' | 'deliver' | 'dead_letter'

/**
 * An endpoint that is down fails for every repository: one line in this time, with the number of those left
 * out.
 */
const retryLogGapMs = 10_000

/** Everything a bridge says about itself. */
export class BridgeObserver {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #endpoint: string
  readonly #group: string
  readonly #records: Counter
  readonly #retries: Counter
  readonly #commitFailures: Counter
  readonly #inFlight: Gauge
  readonly #lag: Gauge
  readonly #oldest: Gauge
  #flying = 0
  #unsaid = 0
  #saidAt = Number.NEGATIVE_INFINITY

  /** @param group of the consumers: an endpoint has one for each topic */
  constructor(telemetry: Telemetry, clock: Clock, endpoint: string, group: string) {
    const { metrics } = telemetry
    this.#logger = telemetry.logger.child({ component: 'topic-bridge', endpoint })
    this.#clock = clock
    this.#endpoint = endpoint
    this.#group = group
    const partition = ['endpoint', 'topic', 'partition']
    this.#records = metrics.counter({
      name: 'registry_relay_bridge_records_total',
      help: 'Records with an outcome: delivered, or dead_letter (kept in the dead-letter topic)',
      labels: ['endpoint', 'outcome'],
    })
    this.#retries = metrics.counter({
      name: 'registry_relay_bridge_retries_total',
      help: 'Attempts that failed and are made again, by what they were about and why',
      labels: ['endpoint', 'stage', 'reason'],
    })
    this.#commitFailures = metrics.counter({
      name: 'registry_relay_bridge_commit_failures_total',
      help: 'Commits that were refused; what they would have covered may be delivered again',
      labels: ['endpoint'],
    })
    this.#inFlight = metrics.gauge({
      name: 'registry_relay_bridge_in_flight',
      help: 'Attempts under way',
      labels: ['endpoint', 'group'],
    })
    this.#lag = metrics.gauge({
      name: 'registry_relay_bridge_lag_records',
      help: 'Offsets between the lowest without outcome and the end of the partition',
      labels: partition,
    })
    this.#oldest = metrics.gauge({
      name: 'registry_relay_bridge_oldest_undelivered_seconds',
      help: 'Time since the oldest record in hand without outcome was received; 0 when there is none',
      labels: partition,
    })
  }

  attemptStarted(): void {
    this.#inFlight.set(++this.#flying, { endpoint: this.#endpoint, group: this.#group })
  }

  attemptEnded(): void {
    this.#inFlight.set(--this.#flying, { endpoint: this.#endpoint, group: this.#group })
  }

  delivered(): void {
    this.#records.add(1, { endpoint: this.#endpoint, outcome: 'delivered' })
  }

  deadLettered(record: ConsumedRecord, { code, message }: DeadLetterReason): void {
    this.#records.add(1, { endpoint: this.#endpoint, outcome: 'dead_letter' })
    this.#logger.error(
      { ...placeOf(record), code, reason: message },
      'record cannot be decoded; it was put into the dead letters',
    )
  }

  retry(
    record: ConsumedRecord,
    stage: Stage,
    reason: string,
    waitMs: number,
    attempts: number,
    err: Error,
  ): void {
    this.#retries.add(1, { endpoint: this.#endpoint, stage, reason })
    const facts = { ...placeOf(record), stage, reason, attempts, waitMs, err }
    const now = this.#clock.monotonic()
    if (now - this.#saidAt < retryLogGapMs) {
      this.#unsaid++
      this.#logger.debug(facts, 'attempt failed; it will be made again')
      return
    }
    this.#logger.warn({ ...facts, alike: this.#unsaid }, 'attempt failed; it will be made again')
    this.#saidAt = now
    this.#unsaid = 0
  }

  callbackFailed(thrown: unknown): void {
    this.#logger.error(
      { err: toError(thrown) },
      'onDelivered threw; the event counts as delivered all the same',
    )
  }

  commitFailed(topic: string, partition: number, next: bigint, thrown: unknown): void {
    this.#commitFailures.add(1, { endpoint: this.#endpoint })
    this.#logger.warn(
      { topic, partition, offset: String(next), err: toError(thrown) },
      'commit refused; what was delivered since the last one may be delivered again',
    )
  }

  givenBack(topic: string, partition: number, unfinished: number): void {
    this.#logger.info(
      { topic, partition, unfinished },
      'partition given back; what has no outcome will be read again',
    )
  }

  progress(topic: string, partition: number, lag: bigint, oldestReceivedAt: number | undefined): void {
    const labels = { endpoint: this.#endpoint, topic, partition: String(partition) }
    this.#lag.set(Number(lag), labels)
    const ageMs = oldestReceivedAt === undefined ? 0 : Math.max(0, this.#clock.now() - oldestReceivedAt)
    this.#oldest.set(ageMs / 1000, labels)
  }
}

function placeOf(record: ConsumedRecord): Record<string, unknown> {
  return { topic: record.topic, partition: record.partition, offset: String(record.offset) }
}
