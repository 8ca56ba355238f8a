import type { Counter, Gauge, Metrics } from '../telemetry.ts'

/** Labels: `subject` has one value for each topic of events, `outcome` the few that are named here. */
export interface SchemaIdMetrics {
  /** found, not_registered, incompatible, refused, unavailable. */
  readonly lookups: Counter
  /** same, moved, refused, unavailable. */
  readonly checks: Counter
  readonly changes: Counter
  readonly verifiedAt: Gauge
  /** used, empty, failed. */
  readonly cacheReads: Counter
  /** done, failed. */
  readonly cacheWrites: Counter
}

const lookupOutcomes = ['found', 'not_registered', 'incompatible', 'refused', 'unavailable']
const checkOutcomes = ['same', 'moved', 'refused', 'unavailable']

/** Series of a subject are there from the start: an alert on the first count needs a zero before it. */
export function beginAtZero({ lookups, checks, changes }: SchemaIdMetrics, subject: string): void {
  changes.add(0, { subject })
  for (const outcome of lookupOutcomes) lookups.add(0, { subject, outcome })
  for (const outcome of checkOutcomes) checks.add(0, { subject, outcome })
}

export function schemaIdMetrics(metrics: Metrics): SchemaIdMetrics {
  const all: SchemaIdMetrics = {
    lookups: metrics.counter({
      name: 'registry_relay_schema_id_lookups_total',
      help: 'How often the schema registry was asked for the id of a schema, by what came of it.',
      labels: ['subject', 'outcome'],
    }),
    checks: metrics.counter({
      name: 'registry_relay_schema_id_checks_total',
      help: 'How often a known schema id was held against the schema registry, by what came of it.',
      labels: ['subject', 'outcome'],
    }),
    changes: metrics.counter({
      name: 'registry_relay_schema_id_changes_total',
      help: 'Schema ids that stood for another schema, or for none, when they were held against the schema registry.',
      labels: ['subject'],
    }),
    verifiedAt: metrics.gauge({
      name: 'registry_relay_schema_id_verified_timestamp_seconds',
      help: 'When the schema registry last said that the id of the schema in use is right, since the epoch.',
      labels: ['subject'],
    }),
    cacheReads: metrics.counter({
      name: 'registry_relay_schema_id_cache_reads_total',
      help: 'Reads of the file of schema ids at a start, by what came of it.',
      labels: ['outcome'],
    }),
    cacheWrites: metrics.counter({
      name: 'registry_relay_schema_id_cache_writes_total',
      help: 'Writes of the file of schema ids, by what came of it.',
      labels: ['outcome'],
    }),
  }
  for (const outcome of ['used', 'empty', 'failed']) all.cacheReads.add(0, { outcome })
  for (const outcome of ['done', 'failed']) all.cacheWrites.add(0, { outcome })
  return all
}
