import { fingerprintHeader } from '../avro/wire-format.ts'
import { type Clock, systemClock } from '../clock.ts'
import { ThrottledLog } from '../sink/throttled-log.ts'
import { CounterBy, noTelemetry, type Telemetry } from '../telemetry.ts'
import { type CloudEventProblem, cloudEventHeaders } from './cloud-events.ts'
import { eventOf, type ReadRecord } from './read-record.ts'

const schemaHeader = 'ce_dataschema'

const problems: readonly CloudEventProblem[] = ['unreadable', 'no-source', 'no-type']

export interface CloudEventsOptions {
  /** Base URL of the schema registry as readers know it, for `ce_dataschema`. Default: that header is left out. */
  readonly registryUrl?: string
}

export interface RecordHeadersOptions {
  readonly topic: string
  readonly cloudEvents: CloudEventsOptions | undefined
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/** The headers of one record; {@link schemaId} completes them. */
export interface HeadersOfRecord {
  readonly headers: Readonly<Record<string, string>>
  /** To be called before the record is sent. */
  schemaId(id: number): void
}

/** What goes beside key and value: the schema's fingerprint, what the record brought, and CloudEvents by option. */
export class RecordHeaders {
  readonly #topic: string
  readonly #cloudEvents: CloudEventsOptions | undefined
  readonly #without: CounterBy
  readonly #log: ThrottledLog

  constructor({ topic, cloudEvents, clock = systemClock, telemetry = noTelemetry }: RecordHeadersOptions) {
    this.#topic = topic
    this.#cloudEvents = cloudEvents
    const without = telemetry.metrics.counter({
      name: 'registry_relay_kafka_records_without_cloud_event_total',
      help: 'Records published without the headers of CloudEvents although they are on, by what was missing.',
      labels: ['topic', 'reason'],
    })
    this.#without = new CounterBy(without, 'reason', cloudEvents === undefined ? [] : problems, { topic })
    this.#log = new ThrottledLog(telemetry.logger, clock, 'published without the headers of CloudEvents')
  }

  /** @param key as it stands in Kafka */
  of(record: ReadRecord, key: Buffer): HeadersOfRecord {
    const headers: Record<string, string> = {
      ...record.headers,
      [fingerprintHeader]: record.fingerprint,
      ...this.#cloudEvent(record, key),
    }
    const schemaUrl = (id: number): string => `${this.#cloudEvents?.registryUrl}/schemas/ids/${id}`
    if (this.#cloudEvents?.registryUrl === undefined || headers['ce_id'] === undefined) {
      return { headers, schemaId() {} }
    }
    // The id may come later, and what a record takes of the budget and of a batch is counted now: as if it were the longest.
    headers[schemaHeader] = schemaUrl(0xffffffff)
    return {
      headers,
      schemaId(id) {
        headers[schemaHeader] = schemaUrl(id)
      },
    }
  }

  #cloudEvent(record: ReadRecord, key: Buffer): Readonly<Record<string, string>> {
    if (this.#cloudEvents === undefined) return {}
    const made = cloudEventHeaders({ event: eventOf(record), datum: record.datum, key: key.toString('utf8') })
    if (typeof made !== 'string') return made
    return this.#left(made)
  }

  #left(reason: CloudEventProblem): Readonly<Record<string, string>> {
    this.#without.add(reason)
    this.#log.warn(1, { topic: this.#topic, reason })
    return {}
  }
}
