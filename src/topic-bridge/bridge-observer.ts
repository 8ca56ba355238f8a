import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { ConsumedRecord, LostRecords, PartitionCommit, TopicPartition } from '../kafka/consumer-port.ts'
import type { DeadLetterPlace, DeadLetterReason } from '../kafka/dead-letter-port.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import {
  type Counter,
  CounterBy,
  type Gauge,
  type Labels,
  type Logger,
  type Telemetry,
} from '../telemetry.ts'
import type { Outcome } from './delivered.ts'
import { DeliveryMetrics } from './delivery-metrics.ts'
import { PartitionGauges } from './partition-gauges.ts'

/** What an attempt was about when it failed. */
export type Stage = 'decode' | 'deliver' | 'dead_letter'

const outcomes: readonly Outcome[] = ['delivered', 'filtered', 'dead_letter']

/** A wrong set-up needs a person, who needs one line. */
const alarmGapMs = 60_000

/**
 * Everything a bridge says about itself. Its numbers add up: of what was consumed each record has its outcome
 * (`records_total`), or was suppressed as a repeat, or was given back, or is in hand. One that was given back and had its
 * outcome all the same is in `late_outcomes_total` too.
 */
export class BridgeObserver {
  /** Of the requests that are made. */
  readonly delivery: DeliveryMetrics
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #endpoint: string
  readonly #ofEndpoint: Labels
  readonly #ofGroup: Labels
  readonly #consumed: Counter
  readonly #givenBack: Counter
  readonly #lateOutcomes: Counter
  readonly #records: CounterBy
  readonly #retries: Counter
  readonly #suppressed: Counter
  readonly #lost: Counter
  readonly #commitFailures: Counter
  readonly #inHand: Gauge
  readonly #lanes: Gauge
  readonly #inFlight: Gauge
  readonly #lag: Gauge
  readonly #oldest: Gauge
  #flying = 0
  #held = 0
  /** An endpoint that is down fails for every repository, and one that refuses all makes a dead letter of every event. */
  readonly #repeats: RepeatFilter
  #alarmedAt = Number.NEGATIVE_INFINITY

  /**
   * @param group of the consumers: an endpoint has one for each topic
   * @param topics that are known beforehand
   */
  constructor(
    telemetry: Telemetry,
    clock: Clock,
    endpoint: string,
    group: string,
    topics: readonly string[] = [],
  ) {
    const { metrics } = telemetry
    this.#logger = telemetry.logger.child({ component: 'topic-bridge', endpoint })
    this.#clock = clock
    this.#repeats = new RepeatFilter(clock)
    this.#endpoint = endpoint
    this.#ofEndpoint = { endpoint }
    this.#ofGroup = { endpoint, group }
    const partition = ['endpoint', 'topic', 'partition']
    this.delivery = new DeliveryMetrics(metrics, endpoint)
    this.#consumed = metrics.counter({
      name: 'registry_relay_bridge_consumed_records_total',
      help: 'Records taken from Kafka; those that are read again after a rebalance or a restart count again',
      labels: ['endpoint'],
    })
    this.#givenBack = metrics.counter({
      name: 'registry_relay_bridge_given_back_records_total',
      help: 'Records that had no outcome when their partition was given back; whoever has it next reads them again',
      labels: ['endpoint'],
    })
    this.#lateOutcomes = metrics.counter({
      name: 'registry_relay_bridge_late_outcomes_total',
      help: 'Records that had their outcome after their partition was given back, so that they may be delivered again',
      labels: ['endpoint'],
    })
    const records = metrics.counter({
      name: 'registry_relay_bridge_records_total',
      help: 'Records with an outcome: delivered, filtered (not for the endpoint), or dead_letter (kept in the dead-letter topic)',
      labels: ['endpoint', 'outcome'],
    })
    this.#records = new CounterBy(records, 'outcome', outcomes, this.#ofEndpoint)
    this.#retries = metrics.counter({
      name: 'registry_relay_bridge_retries_total',
      help: 'Attempts that failed and are made again, by what they were about and why',
      labels: ['endpoint', 'stage', 'reason'],
    })
    this.#suppressed = metrics.counter({
      name: 'registry_relay_bridge_suppressed_repeats_total',
      help: 'Records that were read again and had had their outcome before, so that nothing was sent again',
      labels: ['endpoint'],
    })
    this.#lost = metrics.counter({
      name: 'registry_relay_bridge_lost_offsets_total',
      help: 'Offsets that were gone from the topic before they were delivered, as after its retention',
      labels: ['endpoint', 'topic'],
    })
    this.#commitFailures = metrics.counter({
      name: 'registry_relay_bridge_commit_failures_total',
      help: 'Commits that were refused; what they would have covered may be delivered again',
      labels: ['endpoint'],
    })
    this.#inHand = metrics.gauge({
      name: 'registry_relay_bridge_in_hand_records',
      help: 'Records consumed that have no outcome yet',
      labels: ['endpoint', 'group'],
    })
    this.#lanes = metrics.gauge({
      name: 'registry_relay_bridge_lanes',
      help: 'Repositories with records in hand: busy, an attempt is under way, or waiting, for their turn or their next attempt',
      labels: ['endpoint', 'group', 'state'],
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
    this.#beginAtZero(topics)
  }

  consumed(): void {
    this.#consumed.add(1, this.#ofEndpoint)
  }

  /** Records in hand have become more, or fewer. */
  held(change: number): void {
    this.#held += change
    this.#inHand.set(this.#held, this.#ofGroup)
  }

  /** @param open lanes that have something to do */
  lanes(open: number): void {
    const busy = Math.min(open, this.#flying)
    this.#lanes.set(busy, { ...this.#ofGroup, state: 'busy' })
    this.#lanes.set(open - busy, { ...this.#ofGroup, state: 'waiting' })
  }

  outcomeAfterGivenBack(): void {
    this.#lateOutcomes.add(1, this.#ofEndpoint)
  }

  attemptStarted(): void {
    this.#inFlight.set(++this.#flying, this.#ofGroup)
  }

  attemptEnded(): void {
    this.#inFlight.set(--this.#flying, this.#ofGroup)
  }

  outcome(outcome: Outcome): void {
    this.#records.add(outcome)
  }

  suppressed(): void {
    this.#suppressed.add(1, this.#ofEndpoint)
  }

  /** @param place undefined: whoever got it tells of it */
  deadLettered(
    record: ConsumedRecord,
    { code, message, attempts }: DeadLetterReason,
    place: DeadLetterPlace | undefined,
  ): void {
    const facts = { ...placeOf(record), key: record.key?.toString(), code, reason: message, attempts }
    if (place === undefined) {
      this.#logger.debug(facts, 'not delivered, and given up')
      return
    }
    const id = `${place.partition}@${place.offset}`
    const sentence = `not delivered: kept as dead letter ${id} of ${place.topic}, see registry-relay dlq show ${id}`
    const alike = this.#repeats.pass('dead letter')
    if (alike === undefined) this.#logger.debug(facts, sentence)
    else this.#logger.error({ ...facts, alike }, sentence)
  }

  /** An answer that says the set-up is wrong: one line in a while, as loud as it gets. */
  misconfigured(record: ConsumedRecord, reason: string, waitMs: number, err: Error): void {
    this.#retries.add(1, { endpoint: this.#endpoint, stage: 'deliver', reason })
    const now = this.#clock.monotonic()
    if (now - this.#alarmedAt < alarmGapMs) return
    this.#alarmedAt = now
    this.#logger.error(
      { ...placeOf(record), reason, waitMs, err },
      'the endpoint refuses us, not the event: check its URL and credentials. Nothing is lost, it is tried again slowly',
    )
  }

  lost({ topic, partition, from, to, count }: LostRecords): void {
    this.#lost.add(Number(count), { endpoint: this.#endpoint, topic })
    const facts = { topic, partition, from: String(from), to: String(to), count: Number(count) }
    if (count > 0n) {
      this.#logger.error(
        facts,
        'records are gone from the topic before they were delivered (its retention); going on at the earliest',
      )
    } else {
      this.#logger.error(
        facts,
        'the topic ends before what was delivered of it, it was made anew or cut off; going on at the earliest',
      )
    }
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
    const sentence = 'attempt failed; it will be made again'
    const alike = this.#repeats.pass('retry')
    if (alike === undefined) this.#logger.debug(facts, sentence)
    else this.#logger.warn({ ...facts, alike }, sentence)
  }

  callbackFailed(thrown: unknown): void {
    this.#logger.error(
      { err: toError(thrown) },
      'onDelivered threw; the event counts as delivered all the same',
    )
  }

  commitFailed(offsets: readonly PartitionCommit[], thrown: unknown): void {
    this.#commitFailures.add(1, this.#ofEndpoint)
    this.#logger.warn(
      {
        offsets: offsets.map(({ topic, partition, next }) => `${topic}-${partition}@${next}`),
        err: toError(thrown),
      },
      'commit refused; what was delivered since the last one may be delivered again',
    )
  }

  /** The group did not answer in time, before the partitions had to be given back. */
  commitUnanswered(places: readonly TopicPartition[]): void {
    this.#commitFailures.add(1, this.#ofEndpoint)
    this.#logger.warn(
      { partitions: places.map(({ topic, partition }) => `${topic}-${partition}`) },
      'the last commit was not answered in time; what was delivered since the one before may be delivered again',
    )
  }

  metadataRefused(length: number, next: number): void {
    this.#logger.warn(
      { length, next },
      'the brokers take less metadata with a commit (offset.metadata.max.bytes); a crash may repeat more than what was under way',
    )
  }

  givenBack(unfinished: number): void {
    this.#givenBack.add(unfinished, this.#ofEndpoint)
    this.held(-unfinished)
  }

  /** One line for all that go at a time. @param unfinished records without outcome, by partition; none of 0 */
  partitionsGivenBack(unfinished: readonly (readonly [TopicPartition, number])[]): void {
    if (unfinished.length === 0) return
    this.#logger.info(
      {
        partitions: unfinished.map(([{ topic, partition }]) => `${topic}-${partition}`),
        unfinished: unfinished.reduce((sum, [, records]) => sum + records, 0),
      },
      'partitions given back; what has no outcome will be read again',
    )
  }

  /** An alert on the first of anything needs a zero before it. */
  #beginAtZero(topics: readonly string[]): void {
    const counters = [
      this.#consumed,
      this.#givenBack,
      this.#lateOutcomes,
      this.#suppressed,
      this.#commitFailures,
    ]
    for (const counter of counters) counter.add(0, this.#ofEndpoint)
    for (const topic of topics) this.#lost.add(0, { endpoint: this.#endpoint, topic })
    this.#inFlight.set(0, this.#ofGroup)
    this.held(0)
    this.lanes(0)
  }

  /** How far one partition is; there is nothing to be seen of it before it is set. */
  partition({ topic, partition }: TopicPartition): PartitionGauges {
    const labels = { endpoint: this.#endpoint, topic, partition: String(partition) }
    return new PartitionGauges(this.#lag, this.#oldest, this.#clock, labels)
  }
}

function placeOf(record: ConsumedRecord): Record<string, unknown> {
  return { topic: record.topic, partition: record.partition, offset: String(record.offset) }
}
