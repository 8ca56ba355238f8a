import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { typeOf } from './avro-type.ts'
import { type DatumMeasure, datumMeasureOf } from './datum-check.ts'
import { envelopeOf } from './envelope-of.ts'
import { decodeStoredEvent, type Resolver } from './event-codec.ts'
import { registryEventSchema, schemaFingerprint } from './event-schema.ts'
import { OwnIdCheck } from './own-id-check.ts'
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
  readonly telemetry?: Telemetry
}

/** How to read what a schema of the registry wrote. */
interface Writer {
  /** Of the registry's text. */
  readonly fingerprint: string
  readonly measure: DatumMeasure
  /** Undefined if the schema says the same as ours. */
  readonly resolver: Resolver | undefined
}

/** A schema of the registry that is not one of events. */
interface Foreign {
  readonly fingerprint: string | undefined
  readonly error: RelayError
}

interface Failure {
  readonly error: RelayError
  readonly pauseMs: number
  /** By the monotonic clock; infinite if the id can never be read. */
  readonly until: number
}

/** For records that say that they were written with our schema. */
const own: Writer = {
  fingerprint: registryEventSchema.fingerprint,
  measure: datumMeasureOf(registryEventSchema.text),
  resolver: undefined,
}

const maxPauseMs = 60_000

/** A topic of ours has a handful of ids; the bound is against a flood of invented ones. */
const maxIds = 1_000

/**
 * Reads the values of Kafka records: frame, schema, datum, event, Envelope. For the consumers of the topic.
 *
 * A record that names our schema is read by it, whatever the registry has under its id, or with no registry at all. Any other
 * schema is asked for once, whoever waits for it; records of any version of the event schema come out in the shape of this
 * one. An id that could not be had is not asked for again before a pause, so that a topic full of foreign records does not
 * become a flood on the registry.
 */
export class EventDecoder {
  readonly #registry: SchemaSource
  readonly #clock: Clock
  readonly #random: Random
  readonly #firstPauseMs: number
  readonly #ownIds: OwnIdCheck
  readonly #writers = new Map<number, Writer>()
  readonly #loading = new Map<number, Promise<Writer | Foreign>>()
  /** Of an id, where the registry has no answer; of an id and a fingerprint, where its answer is no help. */
  readonly #failures = new Map<string, Failure>()

  constructor(options: EventDecoderOptions) {
    this.#registry = options.registry
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#firstPauseMs = options.pauseMs ?? 1_000
    this.#ownIds = new OwnIdCheck(
      (id) => options.registry.schemaById(id),
      this.#clock,
      options.telemetry ?? noTelemetry,
    )
  }

  /**
   * At once if the schema of the record is ours or was met before, else when the registry has answered. `await` serves both.
   *
   * Throws, or rejects with, a RelayError: `RECORD_UNDECODABLE` for a value that is not a record of ours and never
   * will be; `SCHEMA_UNKNOWN`, `SCHEMA_REGISTRY_UNAVAILABLE`, `SCHEMA_REGISTRY_REFUSED` where a later try may help.
   *
   * @param fingerprint the record's header `x-schema-fingerprint`. Where it is not the one of our schema, and the registry has
   * ours under the id, or no schema of events, it is `SCHEMA_UNKNOWN` with the fact `reason: 'schema_mismatch'`: a registry that
   * lost its storage hands ids out again, and reading by what it says would make other events of the bytes. Another version
   * of ours is taken at the registry's word.
   */
  decode(value: Buffer, fingerprint?: string): DecodedRecord | Promise<DecodedRecord> {
    const { schemaId, datum } = unframe(value)
    if (fingerprint === own.fingerprint) {
      this.#ownIds.met(schemaId)
      return read(own, datum, schemaId)
    }
    const writer = this.#writers.get(schemaId)
    if (writer !== undefined && !contradicts(writer, fingerprint)) return read(writer, datum, schemaId)
    this.#throwKnown(`${schemaId}`)
    this.#throwKnown(`${schemaId} ${fingerprint}`)
    return this.#decodeFirst(schemaId, datum, fingerprint)
  }

  #throwKnown(key: string): void {
    const failure = this.#failures.get(key)
    if (failure !== undefined && this.#clock.monotonic() < failure.until) throw failure.error
  }

  async #decodeFirst(
    schemaId: number,
    datum: Buffer,
    fingerprint: string | undefined,
  ): Promise<DecodedRecord> {
    const writer = await this.#load(schemaId)
    const key = `${schemaId} ${fingerprint}`
    if (contradicts(writer, fingerprint)) throw this.#failed(key, mismatch(schemaId, fingerprint))
    if ('error' in writer) throw this.#failed(key, writer.error)
    this.#failures.delete(key)
    return read(writer, datum, schemaId)
  }

  #load(schemaId: number): Promise<Writer | Foreign> {
    const underWay = this.#loading.get(schemaId)
    if (underWay !== undefined) return underWay
    const loading = this.#registry
      .schemaById(schemaId)
      .then(
        (text) => writerOf(text, schemaId),
        (thrown: unknown) => foreignOf(thrown),
      )
      .then(
        (writer) => {
          this.#failures.delete(`${schemaId}`)
          // The id may have been another schema's before.
          if ('error' in writer) this.#writers.delete(schemaId)
          else remember(this.#writers, schemaId, writer)
          return writer
        },
        (thrown: unknown) => {
          throw this.#failed(`${schemaId}`, unavailable(schemaId, thrown))
        },
      )
      .finally(() => this.#loading.delete(schemaId))
    this.#loading.set(schemaId, loading)
    return loading
  }

  #failed(key: string, error: RelayError): RelayError {
    const before = this.#failures.get(key)
    const now = this.#clock.monotonic()
    // All who waited for one answer fail by it; the pause grows with answers, not with them.
    if (before !== undefined && now < before.until) return before.error
    const pauseMs = before === undefined ? this.#firstPauseMs : Math.min(before.pauseMs * 2, maxPauseMs)
    const asked = error.facts['retryAfterMs']
    // What is not for us stays so while the registry keeps its word.
    const until = error.retriable
      ? now + pauseMs * (0.5 + this.#random() / 2) + (typeof asked === 'number' ? asked : 0)
      : Number.POSITIVE_INFINITY
    remember(this.#failures, key, { error, pauseMs, until })
    return error
  }
}

/**
 * The record was written with another schema than the registry has under its id, as far as that can be told: registries may
 * drop documentation from their copy, and then its fingerprint is another one although it says the same. Of another version
 * than ours only what the registry has is known.
 */
function contradicts(writer: Writer | Foreign, fingerprint: string | undefined): boolean {
  if (fingerprint === undefined || fingerprint === writer.fingerprint) return false
  return 'error' in writer || writer.fingerprint === own.fingerprint
}

function mismatch(schemaId: number, fingerprint: string | undefined): RelayError {
  return new RelayError(
    'SCHEMA_UNKNOWN',
    `the schema registry has another schema under id ${schemaId} than the one that the record was written with`,
    { facts: { schemaId, fingerprint, reason: 'schema_mismatch' } },
  )
}

function unavailable(schemaId: number, thrown: unknown): RelayError {
  if (isRelayError(thrown)) return thrown
  const reason = `schema ${schemaId}: ${toError(thrown).message}`
  return new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', reason, { cause: thrown })
}

/** The oldest goes when there are too many. */
function remember<K, T>(entries: Map<K, T>, id: K, entry: T): void {
  entries.delete(id)
  entries.set(id, entry)
  if (entries.size <= maxIds) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

function writerOf(text: string, schemaId: number): Writer | Foreign {
  let fingerprint: string | undefined
  try {
    fingerprint = schemaFingerprint(text)
    const measure = datumMeasureOf(text)
    const resolver = sameSchema(text, registryEventSchema.text)
      ? undefined
      : registryEventSchema.type.createResolver(typeOf(text))
    return { fingerprint, measure, resolver }
  } catch (cause) {
    const reason = `schema ${schemaId} cannot be read as an event: ${toError(cause).message}`
    return {
      fingerprint,
      error: new RelayError('RECORD_UNDECODABLE', reason, { cause, facts: { schemaId } }),
    }
  }
}

/** The registry has a schema, of another kind than ours. */
function foreignOf(thrown: unknown): Foreign {
  if (isRelayError(thrown, 'RECORD_UNDECODABLE')) return { fingerprint: undefined, error: thrown }
  throw thrown
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
