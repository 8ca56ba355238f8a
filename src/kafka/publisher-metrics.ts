import type { Counter, Gauge, Histogram, Labels, Metrics } from '../telemetry.ts'

const topicLabel = ['topic'] as const

/** From one millisecond (one broker on this machine) to above the time a cluster takes to drop a dead broker. */
const produceBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30,
] as const

/** Everything a publisher counts, for one topic. */
export class PublisherMetrics {
  readonly records: Counter
  readonly batches: Counter
  readonly produceSeconds: Histogram
  readonly retries: Counter
  readonly givenUp: Counter
  readonly withdrawn: Counter
  readonly overBudget: Counter
  readonly orderAlarms: Counter
  readonly rebuilds: Counter
  readonly bufferedRecords: Gauge
  readonly bufferedBytes: Gauge
  readonly oldestSeconds: Gauge

  constructor(metrics: Metrics, topic: string) {
    const counter = (name: string, help: string, label?: string): Counter => {
      const labels = label === undefined ? topicLabel : [...topicLabel, label]
      const metric = metrics.counter({ name: `registry_relay_kafka_${name}`, help, labels })
      return { add: (n = 1, more: Labels = {}) => metric.add(n, { topic, ...more }) }
    }
    const gauge = (name: string, help: string): Gauge => {
      const metric = metrics.gauge({ name: `registry_relay_kafka_${name}`, help, labels: topicLabel })
      return { set: (value) => metric.set(value, { topic }) }
    }
    this.records = counter('produced_records_total', 'Records that all in-sync replicas have.')
    this.batches = counter('produced_batches_total', 'Batches (one partition of one request) confirmed.')
    this.retries = counter(
      'produce_retries_total',
      'Batches not confirmed and sent again, by what is known about why.',
      'reason',
    )
    this.givenUp = counter(
      'given_up_records_total',
      'Records given up: too large, refused by Kafka, or not confirmed by the deadline of closing.',
      'reason',
    )
    this.withdrawn = counter(
      'withdrawn_records_total',
      'Records whose writer gave up before they were sent; they were not sent.',
    )
    this.overBudget = counter(
      'over_budget_total',
      'Writes that found the budget of unconfirmed records full.',
    )
    this.orderAlarms = counter(
      'order_alarms_total',
      'Confirmed batches whose offset is not above the last one of their partition.',
    )
    this.rebuilds = counter(
      'producer_rebuilds_total',
      'Producers replaced; after reason "sequence" a few records may be there twice.',
      'reason',
    )
    this.bufferedRecords = gauge('buffered_records', 'Records accepted and not yet confirmed.')
    this.bufferedBytes = gauge('buffered_bytes', 'Bytes of the records accepted and not yet confirmed.')
    this.oldestSeconds = gauge('oldest_unconfirmed_seconds', 'Age of the oldest record not yet confirmed.')
    const seconds = metrics.histogram({
      name: 'registry_relay_kafka_produce_seconds',
      help: 'Time of a produce request until its outcome, confirmed or not.',
      labels: topicLabel,
      buckets: produceBuckets,
    })
    this.produceSeconds = { observe: (value) => seconds.observe(value, { topic }) }
  }
}
