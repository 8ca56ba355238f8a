import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import { typeOf } from './avro-type.ts'
import { type DatumMeasure, datumMeasureOf } from './datum-check.ts'
import { envelopeOf } from './envelope-of.ts'
import { decodeStoredEvent, type Resolver } from './event-codec.ts'
import { registryEventSchema } from './event-schema.ts'
import { sameSchema } from './schema-form.ts'
import type { IngestRecord } from './stored-event.ts'
import { unframe } from './wire-format.ts'

/** A Kafka record of the relay, read. */
export interface DecodedRecord {
  readonly event: Event
  /** The Envelope as it was received, byte for byte (as UTF-8). */
  readonly body: string
  readonly mediaType: string
  readonly ingest?: IngestRecord
  /** What a redaction policy took out before the event was stored. */
  readonly redactions?: readonly string[]
  readonly schemaId: number
}

/** Where the decoder gets schemas: a `SchemaRegistryClient`, or whatever has them. */
export interface SchemaSource {
  /** The text of a schema. Rejects with `SCHEMA_UNKNOWN` if there is none of this id. */
  schemaById(id: number): Promise<string>
}

export interface EventDecoderOptions {
  readonly registry: SchemaSource
  /** How long a failed look-up of an id is not repeated, at first; doubles up to a minute. Default 1000. */
  readonly pauseMs?: number
  readonly clock?: Clock
  readonly random?: Random
}

/** How to read what a schema of the registry wrote. `resolver` is undefined if it is our own. */
interface Writer {
  readonly measure: DatumMeasure
  readonly resolver: Resolver | undefined
}

interface Failure {
  readonly error: RelayError
  readonly pauseMs: number
  /** By the monotonic clock; infinite if the id can never be read. */
  readonly until: number
}

const maxPauseMs = 60_000

/** A topic of ours has a handful of ids; the bound is against a flood of invented ones. */
const maxIds = 1_000

/**
 * Reads the values of Kafka records: frame, schema, datum, event, Envelope. For the consumers of the topic.
 *
 * A schema is asked for once, whoever waits for it; records of any version of the event schema come out in the shape
 * of this one. An id that could not be had is not asked for again before a pause, so that a topic full of foreign
 * records does not become a flood on the registry.
 */
export class EventDecoder {
  readonly #registry: SchemaSource
  readonly #clock: Clock
  readonly #random: Random
  readonly #firstPauseMs: number
  readonly #writers = new Map<number, Writer>()
  readonly #loading = new Map<number, Promise<Writer>>()
  readonly #failures = new Map<number, Failure>()

  constructor(options: EventDecoderOptions) {
    this.#registry = options.registry
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#firstPauseMs = options.pauseMs ?? 1_000
  }

  /**
   * At once if the schema of the record was met before, else when the registry has answered. `await` serves both.
   *
   * Throws, or rejects with, a RelayError: `RECORD_UNDECODABLE` for a value that is not a record of ours and never
   * will be; `SCHEMA_UNKNOWN`, `SCHEMA_REGISTRY_UNAVAILABLE`, `SCHEMA_REGISTRY_REFUSED` where a later try may help.
   */
  decode(value: Buffer): DecodedRecord | Promise<DecodedRecord> {
    const { schemaId, datum } = unframe(value)
    const writer = this.#writers.get(schemaId)
    if (writer !== undefined) return read(writer, datum, schemaId)
    const failure = this.#failures.get(schemaId)
    if (failure !== undefined && this.#clock.monotonic() < failure.until) throw failure.error
    return this.#load(schemaId).then((loaded) => read(loaded, datum, schemaId))
  }

  #load(schemaId: number): Promise<Writer> {
    const underWay = this.#loading.get(schemaId)
    if (underWay !== undefined) return underWay
    const loading = this.#registry
      .schemaById(schemaId)
      .then((text) => writerOf(text, schemaId))
      .then(
        (writer) => {
          this.#failures.delete(schemaId)
          remember(this.#writers, schemaId, writer)
          return writer
        },
        (thrown: unknown) => {
          throw this.#failed(schemaId, thrown)
        },
      )
      .finally(() => this.#loading.delete(schemaId))
    this.#loading.set(schemaId, loading)
    return loading
  }

  #failed(schemaId: number, thrown: unknown): RelayError {
    const error = isRelayError(thrown)
      ? thrown
      : new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', `schema ${schemaId}: ${toError(thrown).message}`, {
          cause: thrown,
        })
    const before = this.#failures.get(schemaId)?.pauseMs
    const pauseMs = before === undefined ? this.#firstPauseMs : Math.min(before * 2, maxPauseMs)
    // What a schema id means never changes, so a schema that is not for us is not asked for twice.
    const until = error.retriable
      ? this.#clock.monotonic() + pauseMs * (0.5 + this.#random() / 2)
      : Number.POSITIVE_INFINITY
    remember(this.#failures, schemaId, { error, pauseMs, until })
    return error
  }
}

/** The oldest goes when there are too many. */
function remember<T>(entries: Map<number, T>, id: number, entry: T): void {
  entries.delete(id)
  entries.set(id, entry)
  if (entries.size <= maxIds) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

function writerOf(text: string, schemaId: number): Writer {
  try {
    const measure = datumMeasureOf(text)
    if (sameSchema(text, registryEventSchema.text)) return { measure, resolver: undefined }
    return { measure, resolver: registryEventSchema.type.createResolver(typeOf(text)) }
  } catch (cause) {
    const reason = `schema ${schemaId} cannot be read as an event: ${toError(cause).message}`
    throw new RelayError('RECORD_UNDECODABLE', reason, { cause, facts: { schemaId } })
  }
}

function read({ measure, resolver }: Writer, datum: Buffer, schemaId: number): DecodedRecord {
  let end: number
  try {
    end = measure(datum, 0, datum.length)
  } catch (cause) {
    const reason = `damaged record of schema ${schemaId}: ${toError(cause).message}`
    throw new RelayError('RECORD_UNDECODABLE', reason, { cause, facts: { schemaId } })
  }
  if (end !== datum.length) {
    const reason = `${datum.length - end} bytes follow the record of schema ${schemaId}`
    throw new RelayError('RECORD_UNDECODABLE', reason, { facts: { schemaId } })
  }
  const stored = decodeStoredEvent(datum, 0, resolver)
  const { event, ingest, redactions } = stored
  return {
    event,
    ...envelopeOf(stored),
    ...(ingest === undefined ? {} : { ingest }),
    ...(redactions === undefined ? {} : { redactions }),
    schemaId,
  }
}
