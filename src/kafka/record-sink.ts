import type { EventRecord } from '../avro/record.ts'
import { frame, frameBytes } from '../avro/wire-format.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'
import type { OutgoingRecord, Published } from './outgoing-record.ts'
import { Publisher, type PublisherPending } from './publisher.ts'
import type { PublisherOptions } from './publisher-options.ts'
import type { Readiness } from './publisher-readiness.ts'

/** Hex SHA-256 of the schema text, on every record: readers compare it with what the registry has under the id. */
const fingerprintHeader = 'x-schema-fingerprint'

/** Where ids of schemas come from; a promise while the registry has not answered yet. */
export interface SchemaIdSource {
  idOf(fingerprint: string): number | Promise<number>
}

export interface RecordSinkOptions extends PublisherOptions {
  /** Not closed by the sink. */
  readonly schemaIds: SchemaIdSource
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
 * was (a spool may hold records from before an upgrade), and publishes it. The rules are the {@link Publisher}'s.
 *
 * While an id is not known, records wait, in order with all others of their partition.
 */
export class RecordSink implements Sink<EventRecord, readonly RecordAck[]> {
  readonly #publisher: Publisher
  readonly #schemaIds: SchemaIdSource
  readonly #topic: string

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: RecordSinkOptions) {
    this.#publisher = new Publisher(options)
    this.#schemaIds = options.schemaIds
    this.#topic = options.topic
  }

  /** Begins to connect in the background and resolves at once, see {@link Publisher.start}. */
  start(): Promise<void> {
    return this.#publisher.start()
  }

  get pending(): PublisherPending {
    return this.#publisher.pending
  }

  readiness(): Readiness {
    return this.#publisher.readiness()
  }

  /** Rejects as {@link Publisher.write} does, and with the error of an id that cannot be had. */
  async write(records: readonly EventRecord[], options: WriteOptions = {}): Promise<readonly RecordAck[]> {
    const ids = records.map(({ fingerprint }) => this.#schemaIds.idOf(fingerprint))
    // No await before this line: the order of calls is the order of records.
    const published = await this.#publisher.write(
      records.map((record, i) => toOutgoing(record, ids[i] as number | Promise<number>)),
      options,
    )
    // Not awaited for nothing: in the common case that every id was known from the start it would cost each write a turn.
    const known = ids.every((id) => typeof id === 'number') ? ids : await Promise.all(ids)
    return published.map(({ partition, offset }: Published, i) => ({
      topic: this.#topic,
      partition,
      offset,
      schemaId: known[i] as number,
    }))
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#publisher.close(options)
  }
}

function toOutgoing(record: EventRecord, id: number | Promise<number>): OutgoingRecord {
  const { key, datum, fingerprint, receivedAt, headers } = record
  return {
    key,
    value: typeof id === 'number' ? frame(id, datum) : id.then((known) => frame(known, datum)),
    valueBytes: frameBytes + datum.length,
    timestamp: receivedAt,
    headers: { ...headers, [fingerprintHeader]: fingerprint },
  }
}
