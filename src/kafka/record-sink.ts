import { frame, frameBytes } from '../avro/wire-format.ts'
import type { RelayError } from '../errors.ts'
import { eventAttributes } from '../event/event-attributes.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'
import type { SpanAttributes } from '../telemetry.ts'
import type { OutgoingRecord, Published } from './outgoing-record.ts'
import { ProducerSpans } from './producer-spans.ts'
import { Publisher, type PublisherPending } from './publisher.ts'
import type { PublisherOptions } from './publisher-options.ts'
import type { Readiness } from './publisher-readiness.ts'
import { eventOf, type ReadRecord } from './read-record.ts'
import { type CloudEventsOptions, RecordHeaders } from './record-headers.ts'

/** Where ids of schemas come from; a promise while the registry has not answered yet. */
export interface SchemaIdSource {
  idOf(fingerprint: string): number | Promise<number>
}

export interface RecordSinkOptions extends PublisherOptions {
  /** Not closed by the sink. */
  readonly schemaIds: SchemaIdSource
  /**
   * In front of the key of every record, so that several registries can share a topic: `eu-1/`. Put there when a record is
   * published, so what a spool holds goes by the setting of now. Default: empty.
   */
  readonly keyPrefix?: string
  /** Headers of the CloudEvents 1.0 binary mode on every record. Costs decoding each event. Default: none. */
  readonly cloudEvents?: CloudEventsOptions
}

/** A Sink of records that can be started and looked at: one topic, or several. */
export interface EventRecordSink extends Sink<ReadRecord, readonly RecordAck[]> {
  /**
   * Begins to connect, in the background and for as long as it takes, and resolves at once: with Kafka down, writes wait
   * (their signal is their deadline) and {@link readiness} says why. May be called after the first writes.
   */
  start(): Promise<void>
  readonly pending: PublisherPending
  readiness(): Readiness
}

/** Where a record is, for good. */
export interface RecordAck {
  readonly topic: string
  readonly partition: number
  /** `-1` if the broker only said that it has the record already. */
  readonly offset: string
  /** The id it was framed with. */
  readonly schemaId: number
}

/**
 * Takes records of events to their topic: frames each datum with the id of the schema it was written with, whichever that
 * was (a spool may hold records from before an upgrade), and publishes it. The rules are those of `Publisher`.
 *
 * While an id is not known, records wait, in order with all others of their partition.
 */
export class RecordSink implements EventRecordSink {
  readonly #publisher: Publisher
  readonly #schemaIds: SchemaIdSource
  readonly #topic: string
  readonly #keyPrefix: Buffer
  readonly #headers: RecordHeaders
  readonly #spans: ProducerSpans<ReadRecord> | undefined

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: RecordSinkOptions) {
    this.#publisher = new Publisher(options)
    this.#schemaIds = options.schemaIds
    this.#topic = options.topic
    this.#keyPrefix = Buffer.from(options.keyPrefix ?? '', 'utf8')
    this.#headers = new RecordHeaders({ ...options, cloudEvents: options.cloudEvents })
    const tracer = options.telemetry?.tracer
    this.#spans = tracer === undefined ? undefined : new ProducerSpans(tracer, options.topic, aboutRecord)
  }

  start(): Promise<void> {
    return this.#publisher.start()
  }

  get pending(): PublisherPending {
    return this.#publisher.pending
  }

  readiness(): Readiness {
    return this.#publisher.readiness()
  }

  /**
   * Where the records are, in their order. Rejects with TOO_LARGE or RECORD_REJECTED (the topic will never take a record;
   * `facts.rejected` says which, all others are in the topic), OVER_BUDGET (nothing of the write was taken), the reason of the
   * signal, the error of an id that cannot be had, DEADLINE_EXCEEDED by `close`, or SINK_CLOSED.
   */
  write(records: readonly ReadRecord[], options: WriteOptions = {}): Promise<readonly RecordAck[]> {
    if (this.#spans === undefined) return this.#write(records, options)
    return this.#spans.around(records, (traced) => this.#write(traced, options))
  }

  async #write(records: readonly ReadRecord[], options: WriteOptions): Promise<readonly RecordAck[]> {
    // Of a schema that nobody knows nothing is taken; and where an id is missing, somebody begins to ask for it.
    for (const { fingerprint } of records) void this.#idOf(fingerprint)
    const ids: number[] = new Array(records.length)
    // No await before this line: the order of calls is the order of records.
    const published = await this.#publisher.write(
      records.map((record, i) => this.#outgoing(record, ids, i)),
      options,
    )
    return published.map(({ partition, offset }: Published, i) => ({
      topic: this.#topic,
      partition,
      offset,
      schemaId: ids[i] as number,
    }))
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#publisher.close(options)
  }

  /** OVER_BUDGET if a write of these would be rejected with it now, as far as their headers do not matter. */
  lackFor(records: readonly ReadRecord[]): RelayError | undefined {
    return this.#publisher.lackFor(
      records.map(({ key, datum }) => ({ key: this.#key(key), bytes: datum.length })),
    )
  }

  #key(key: Buffer): Buffer {
    return this.#keyPrefix.length === 0 ? key : Buffer.concat([this.#keyPrefix, key])
  }

  #idOf(fingerprint: string): number | Promise<number> {
    const id = this.#schemaIds.idOf(fingerprint)
    // Whoever needs it asks again when it is sent; nobody may be waiting by then.
    if (typeof id !== 'number') id.catch(() => undefined)
    return id
  }

  /**
   * Framed when it is sent and not before: while Kafka is away, a registry may lose its storage, and the id may be another
   * schema's by then. What was sent once is sent again as it was.
   *
   * @param ids takes the id that it is framed with, at `index`
   */
  #outgoing(record: ReadRecord, ids: number[], index: number): OutgoingRecord {
    const { datum, fingerprint, receivedAt } = record
    const key = this.#key(record.key)
    const { headers, schemaId } = this.#headers.of(record, key)
    let promised: number | undefined
    return {
      key,
      value: () => {
        const now = this.#idOf(fingerprint)
        // A source that never does more than promise is taken at its word, or it would be asked for ever.
        const id = typeof now === 'number' ? now : promised
        if (id === undefined) return Promise.resolve(now).then((known) => (promised = known))
        ids[index] = id
        schemaId(id)
        return frame(id, datum)
      },
      valueBytes: frameBytes + datum.length,
      timestamp: receivedAt,
      headers,
    }
  }
}

function aboutRecord(record: ReadRecord): SpanAttributes {
  const event = eventOf(record)
  return event === undefined ? {} : eventAttributes(event)
}
