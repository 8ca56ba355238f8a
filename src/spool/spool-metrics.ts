import { type Counter, CounterBy, type Gauge, type Histogram, type Metrics } from '../telemetry.ts'

/** The numbers of the spool but for damage, which `Damage` counts. */
export class SpoolMetrics {
  readonly bytes: Gauge
  readonly heldBytes: Gauge
  readonly limitBytes: Gauge
  readonly unacked: Gauge
  readonly oldestAge: Gauge
  readonly fsync: Histogram
  readonly appendedRecords: Counter
  readonly appendedBytes: Counter
  /** Label `reason`: `limit`, `no_space`, `too_large`, `failed`, `closed`. */
  readonly refused: CounterBy

  constructor(metrics: Metrics) {
    this.bytes = metrics.gauge({
      name: 'registry_relay_spool_bytes',
      help: 'Bytes of all segments of the spool on the disk, with those kept though all in them is acked.',
    })
    this.heldBytes = metrics.gauge({
      name: 'registry_relay_spool_held_bytes',
      help: 'Bytes of the segments that hold something not acked; at the limit the spool refuses.',
    })
    this.limitBytes = metrics.gauge({
      name: 'registry_relay_spool_limit_bytes',
      help: 'Bytes of what is not acked at which the spool refuses.',
    })
    this.unacked = metrics.gauge({
      name: 'registry_relay_spool_unacked_records',
      help: 'Records of the spool that are durable and not acked.',
    })
    this.oldestAge = metrics.gauge({
      name: 'registry_relay_spool_oldest_age_seconds',
      help: 'Time since the oldest record not acked was appended; 0 where there is none.',
    })
    this.fsync = metrics.histogram({
      name: 'registry_relay_spool_fsync_seconds',
      help: 'Time that the disk took to confirm a group of appended records.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    })
    this.appendedRecords = metrics.counter({
      name: 'registry_relay_spool_appended_records_total',
      help: 'Records appended to the spool and confirmed by the disk.',
    })
    this.appendedBytes = metrics.counter({
      name: 'registry_relay_spool_appended_bytes_total',
      help: 'Bytes of the records appended and confirmed, with their headers.',
    })
    const refused = metrics.counter({
      name: 'registry_relay_spool_refused_appends_total',
      help: 'Appends refused: at the limit, for want of space, too large, after a failure of the disk, or closed.',
      labels: ['reason'],
    })
    this.refused = new CounterBy(refused, 'reason', ['limit', 'no_space', 'too_large', 'failed', 'closed'])
  }
}
