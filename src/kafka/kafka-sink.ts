import { registryEventSchema } from '../avro/event-schema.ts'
import { proveWrittenEvent } from '../avro/proof.ts'
import type { IngestRecord } from '../avro/stored-event.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { Profile } from '../event/profile.ts'
import { recordKey } from '../event/record-key.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import type { PublisherPending } from './publisher.ts'
import type { Readiness } from './publisher-readiness.ts'
import type { ReadRecord } from './read-record.ts'
import type { EventRecordSink, RecordAck, RecordSinkOptions } from './record-sink.ts'
import { createRecordSink, type RoutedSinkOptions } from './routed-sink.ts'

export interface KafkaSinkOptions
  extends RecordSinkOptions,
    Partial<Pick<RoutedSinkOptions, 'routes' | 'partsOf'>> {
  /** Named in every record as where it came from. */
  readonly publisherId?: string
  /** Under which the events are delivered as JSON again. Default: the one that loses nothing, for each event. */
  readonly profile?: Profile
}

/**
 * Events to a topic, as Avro with the schema of this package, keyed by repository: a Sink among Sinks. A write resolves when
 * all in-sync replicas have every event of it, with topic, partition and offset of each.
 *
 *     encode (proved to come back as the same Envelope) → {@link RecordSink}, or with routes {@link RoutedSink}
 */
export class KafkaSink implements Sink<Event, readonly RecordAck[]> {
  readonly #records: EventRecordSink
  readonly #profile: Profile | undefined
  readonly #publisherId: string | undefined
  readonly #clock: Clock
  #closed = false

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: KafkaSinkOptions) {
    this.#records = createRecordSink(options)
    this.#profile = options.profile
    this.#publisherId = options.publisherId
    this.#clock = options.clock ?? systemClock
  }

  /** Begins to connect in the background and resolves at once; {@link readiness} tells how far it is. */
  start(): Promise<void> {
    return this.#records.start()
  }

  get pending(): PublisherPending {
    return this.#records.pending
  }

  readiness(): Readiness {
    return this.#records.readiness()
  }

  /** Rejects as the sink of records does, and with EVENT_INVALID, nothing written, for an event that is not of the model. */
  async write(events: readonly Event[], options?: WriteOptions): Promise<readonly RecordAck[]> {
    if (this.#closed) throw new SinkClosedError()
    return this.#records.write(
      events.map((event, index) => this.#record(event, index)),
      options,
    )
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closed = true
    return this.#records.close(options)
  }

  #record(event: Event, index: number): ReadRecord {
    const receivedAt = this.#clock.now()
    const ingest: IngestRecord =
      this.#publisherId === undefined ? { receivedAt } : { receivedAt, publisherId: this.#publisherId }
    try {
      const { datum } = proveWrittenEvent(event, this.#profile, ingest)
      return {
        key: Buffer.from(recordKey(event).key),
        datum,
        fingerprint: registryEventSchema.fingerprint,
        receivedAt,
        event,
      }
    } catch (error) {
      if (!(error instanceof RelayError)) throw error
      throw new RelayError(error.code, `item ${index}: ${error.message}`, {
        cause: error,
        facts: { ...error.facts, index },
      })
    }
  }
}
