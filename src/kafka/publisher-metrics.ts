import { type Counter, CounterBy, type Gauge, type Histogram, type Metrics } from '../telemetry.ts'
import type { Batch } from './accumulator/batch.ts'
import type { FailureClass } from './classify.ts'

const topicLabel = ['topic'] as const

/** Of one topic, as long as the process lives. */
type TopicGauge = Pick<Gauge, 'set'>

/** From one millisecond (one broker on this machine) to above the time a cluster takes to drop a dead broker. */
const secondBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30,
] as const

/** Up to a full request: {@link PublisherLimits}. */
const recordBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000] as const

/** From 1 KiB to 8 MiB. */
const byteBuckets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) => 1_024 * 2 ** n)

const failureClasses: readonly Exclude<FailureClass, 'duplicate'>[] = [
  'retry',
  'leader-moved',
  'split',
  'rebuild',
  'configuration',
]

/** Everything a publisher counts, for one topic. */
export class PublisherMetrics {
  readonly #records: Counter
  readonly #batches: Counter
  readonly #produceSeconds: Histogram
  readonly #ackSeconds: Histogram
  readonly #requestRecords: Histogram
  readonly #requestBytes: Histogram
  readonly retries: CounterBy
  readonly givenUp: CounterBy
  readonly withdrawn: Counter
  readonly unawaited: Counter
  readonly overBudget: CounterBy
  readonly orderAlarms: Counter
  readonly rebuilds: CounterBy
  readonly partitionChanges: Counter
  readonly bufferedRecords: TopicGauge
  readonly bufferedBytes: TopicGauge
  readonly oldestSeconds: TopicGauge
  readonly waitingWrites: TopicGauge

  constructor(metrics: Metrics, topic: string) {
    const ofTopic = { topic }
    const counter = (name: string, help: string): Counter => {
      const metric = metrics.counter({ name: `registry_relay_kafka_${name}`, help, labels: topicLabel })
      metric.add(0, ofTopic)
      return { add: (n = 1) => metric.add(n, ofTopic) }
    }
    const counterBy = (name: string, help: string, label: string, known: readonly string[]): CounterBy => {
      const labels = [...topicLabel, label]
      const metric = metrics.counter({ name: `registry_relay_kafka_${name}`, help, labels })
      return new CounterBy(metric, label, known, ofTopic)
    }
    const gauge = (name: string, help: string): TopicGauge => {
      const metric = metrics.gauge({ name: `registry_relay_kafka_${name}`, help, labels: topicLabel })
      metric.set(0, ofTopic)
      return { set: (value) => metric.set(value, ofTopic) }
    }
    this.#records = counter('produced_records_total', 'Records that all in-sync replicas have.')
    this.#batches = counter('produced_batches_total', 'Batches (one partition of one request) confirmed.')
    this.retries = counterBy(
      'produce_retries_total',
      'Batches not confirmed and sent again, by what is known about why.',
      'reason',
      failureClasses,
    )
    this.givenUp = counterBy(
      'given_up_records_total',
      'Records given up: too large, refused by Kafka, or not confirmed by the deadline of closing.',
      'reason',
      ['too-large', 'broker', 'deadline'],
    )
    this.withdrawn = counter(
      'withdrawn_records_total',
      'Records whose writer gave up before they were sent; they were not sent.',
    )
    this.unawaited = counter(
      'unawaited_records_total',
      'Records that Kafka has although their writer gave up before it was known: they were on their way.',
    )
    this.overBudget = counterBy(
      'over_budget_total',
      'Writes that found no room: the budget full (lack "budget"), or that of their partition (lack "partition").',
      'lack',
      ['budget', 'partition'],
    )
    this.orderAlarms = counter(
      'order_alarms_total',
      'Confirmed batches whose offset is not above the last one of their partition.',
    )
    this.rebuilds = counterBy(
      'producer_rebuilds_total',
      'Producers replaced; after reason "sequence" a few records may be there twice.',
      'reason',
      ['sequence', 'wrap'],
    )
    this.partitionChanges = counter(
      'partition_changes_total',
      'Changes of the number of partitions; most keys moved, and order across each holds for this publisher alone.',
    )
    this.bufferedRecords = gauge('buffered_records', 'Records accepted and not yet confirmed.')
    this.bufferedBytes = gauge('buffered_bytes', 'Bytes of the records accepted and not yet confirmed.')
    this.oldestSeconds = gauge('oldest_unconfirmed_seconds', 'Age of the oldest record not yet confirmed.')
    this.waitingWrites = gauge('waiting_writes', 'Writes that wait for room in the budget.')
    const histogram = (name: string, help: string, buckets: readonly number[]): Histogram => {
      const labels = topicLabel
      const metric = metrics.histogram({ name: `registry_relay_kafka_${name}`, help, labels, buckets })
      return { observe: (value) => metric.observe(value, ofTopic) }
    }
    this.#produceSeconds = histogram(
      'produce_seconds',
      'Time of a produce request until its outcome, confirmed or not.',
      secondBuckets,
    )
    this.#ackSeconds = histogram(
      'ack_seconds',
      'Time from the acceptance of the oldest record of a batch until the batch was confirmed.',
      secondBuckets,
    )
    this.#requestRecords = histogram('request_records', 'Records of a produce request.', recordBuckets)
    this.#requestBytes = histogram(
      'request_bytes',
      'Bytes of the records of a produce request, before compression.',
      byteBuckets,
    )
  }

  /** A request has its outcome, whichever. */
  request(batches: readonly Batch[], tookMs: number): void {
    this.#produceSeconds.observe(tookMs / 1_000)
    this.#requestRecords.observe(batches.reduce((sum, { records }) => sum + records.length, 0))
    this.#requestBytes.observe(batches.reduce((sum, { bytes }) => sum + bytes, 0))
  }

  confirmed(batch: Batch, now: number): void {
    this.#records.add(batch.records.length)
    this.#batches.add()
    this.#ackSeconds.observe((now - batch.acceptedAt) / 1_000)
  }
}
