import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { type EventSchema, registryEventSchema } from './event-schema.ts'
import {
  closedError,
  RegisteredSchemaId,
  type SchemaIdRegistry,
  type SchemaIdTerms,
  type SchemaText,
} from './schema-id.ts'
import type { CachePlace, RememberedSchema, RememberedSchemas, SchemaIdCache } from './schema-id-cache.ts'
import { beginAtZero, type SchemaIdMetrics, schemaIdMetrics } from './schema-id-metrics.ts'

/**
 * Which id a schema has in the registry. Records carry the fingerprint of their schema; whoever frames them asks here.
 */
export interface SchemaIds {
  /**
   * The id, at once if it is known. Otherwise a promise that waits for the registry, however long it takes.
   *
   * @throws or rejects with RelayError: `SCHEMA_NOT_REGISTERED` for a fingerprint that is none of the schemas this
   * relay has; `SINK_CLOSED` after `close`.
   */
  idOf(fingerprint: string): number | Promise<number>
}

export interface RegisteredSchemaIdsOptions {
  /** A `SchemaRegistryClient`. */
  readonly registry: SchemaIdRegistry
  /** Where the schemas of the topic are, see `subjectOf`. */
  readonly subject: string
  /** `lookup`: somebody else registers (production). `register`: done here if it is missing. */
  readonly mode: 'lookup' | 'register'
  /**
   * The first is what is written now, the others are of versions before: records of a spool may have been written with
   * them. Default: {@link registryEventSchema} alone.
   */
  readonly schemas?: readonly [EventSchema, ...EventSchema[]]
  /** Ids and schemas from before the start. Default: none. */
  readonly cache?: SchemaIdCache
  /** Between tries while the registry has no answer: from 250 ms, doubled up to this; default 5000. */
  readonly maxPauseMs?: number
  /** How often a known id is held against the registry; default 300000. */
  readonly revalidateMs?: number
  /**
   * Called when the registry refuses to register the schema that is written now, as long as there was no id of it yet, not even
   * from before the start; asking goes on, as it may be mended there. For programs that rather end: once events were taken with
   * an id, a program that ended would take none until somebody mends the registry.
   */
  readonly onRefused?: (error: RelayError) => void
  readonly clock?: Clock
  readonly random?: Random
  readonly telemetry?: Telemetry
}

/**
 * The ids of the schemas that records of one topic were written with: the present one, asked for at once, and older ones as
 * soon as a record comes that needs them. Each is a `RegisteredSchemaId`.
 *
 * With a cache, ids of the last run are used while the registry is away, and corrected as soon as it says otherwise.
 */
export class RegisteredSchemaIds implements SchemaIds {
  readonly #options: RegisteredSchemaIdsOptions
  /** Fingerprint of the schema that is written now. */
  readonly #present: string
  readonly #current: RegisteredSchemaId
  readonly #terms: SchemaIdTerms
  readonly #telemetry: Telemetry
  readonly #metrics: SchemaIdMetrics
  readonly #place: CachePlace
  /** Every schema there is, by fingerprint; ids as they are to be found in the cache. */
  readonly #schemas = new Map<string, RememberedSchema>()
  readonly #ids = new Map<string, RegisteredSchemaId>()
  readonly #ignoreDisconnects: () => void
  #unsaved = false
  #closed = false

  /** Starts asking at once. */
  constructor(options: RegisteredSchemaIdsOptions) {
    const { registry, subject, schemas = [registryEventSchema] as const } = options
    this.#options = options
    this.#telemetry = options.telemetry ?? noTelemetry
    this.#metrics = schemaIdMetrics(this.#telemetry.metrics)
    beginAtZero(this.#metrics, subject)
    this.#place = { registry: registry.urls.toSorted().join(','), subject }
    this.#present = schemas[0].fingerprint
    this.#terms = this.#newTerms()
    for (const { fingerprint, text } of schemas) this.#schemas.set(fingerprint, { text })
    // Before there is an id of it: in an outage a spool is filled with records of this schema, and the next version must be able
    // to find its text.
    if (!this.#load().has(this.#present)) this.#save()
    this.#current = this.#begin(schemas[0])
    this.#ignoreDisconnects = registry.onDisconnect(() => {
      for (const id of this.#ids.values()) id.suspect()
    })
  }

  idOf(fingerprint: string): number | Promise<number> {
    const known = this.#ids.get(fingerprint)
    const text = this.#schemas.get(fingerprint)?.text
    if (text === undefined) {
      throw new RelayError(
        'SCHEMA_NOT_REGISTERED',
        `the record was written with schema ${fingerprint}, which this version of the relay does not have`,
      )
    }
    if (this.#closed) throw closedError()
    return (known ?? this.#begin({ fingerprint, text })).idOf()
  }

  /**
   * Ready once the id of the present schema is known and no record waits for another; else with what the registry said last.
   * Ready with a reason: ids are known and in use, but the registry does not answer, so that they could not be held against it.
   */
  readiness(): { ready: boolean; reason?: string } {
    if (this.#closed) return { ready: false, reason: 'closed' }
    const ids = [...this.#ids.values()]
    const lacking = this.#current.lacking ?? ids.find((id) => id.awaited && id.lacking)?.lacking
    if (lacking !== undefined) return { ready: false, reason: lacking }
    const note = ids.find((id) => id.note !== undefined)?.note
    return note === undefined ? { ready: true } : { ready: true, reason: note }
  }

  /** Stops asking; promises that wait reject with `SINK_CLOSED`. The client is the caller's, and stays open. */
  close(): void {
    this.#closed = true
    this.#ignoreDisconnects()
    for (const id of this.#ids.values()) id.close()
  }

  #begin(schema: SchemaText): RegisteredSchemaId {
    const id = new RegisteredSchemaId(schema, this.#terms, this.#schemas.get(schema.fingerprint)?.id)
    this.#ids.set(schema.fingerprint, id)
    return id
  }

  #newTerms(): SchemaIdTerms {
    const { registry, subject, mode, maxPauseMs, revalidateMs, clock, random, onRefused } = this.#options
    const time = clock ?? systemClock
    return {
      registry,
      subject,
      mode,
      present: this.#present,
      maxPauseMs: maxPauseMs ?? 5_000,
      revalidateMs: revalidateMs ?? 300_000,
      clock: time,
      random: random ?? systemRandom,
      logger: this.#telemetry.logger,
      metrics: this.#metrics,
      onChange: ({ fingerprint, text }, id) => {
        this.#schemas.set(fingerprint, { text, id })
        this.#save()
      },
      onVerified: ({ fingerprint }) => {
        if (fingerprint === this.#present) this.#metrics.verifiedAt.set(time.now() / 1000, { subject })
        if (this.#unsaved) this.#save()
      },
      onRefused: ({ fingerprint }, error) => {
        if (fingerprint === this.#present) onRefused?.(error)
      },
    }
  }

  /** What cannot be used is said and left: the registry is asked, as if there were no cache. */
  #load(): RememberedSchemas {
    const { cache, subject } = this.#options
    if (cache === undefined) return new Map()
    try {
      const remembered = cache.load(this.#place)
      for (const [fingerprint, { text, id }] of remembered) {
        // Of a schema that came with this version the text is registered as it came.
        this.#schemas.set(fingerprint, { text: this.#schemas.get(fingerprint)?.text ?? text, id })
      }
      this.#metrics.cacheReads.add(1, { outcome: remembered.size === 0 ? 'empty' : 'used' })
      return remembered
    } catch (thrown) {
      this.#metrics.cacheReads.add(1, { outcome: 'failed' })
      this.#telemetry.logger.warn(
        { subject, err: toError(thrown) },
        'the remembered schema ids cannot be used: the schema registry is asked',
      )
      return new Map()
    }
  }

  /** In the background. What could not be saved is saved when the registry confirms an id next. */
  #save(): void {
    const { cache, subject } = this.#options
    if (cache === undefined) return
    this.#unsaved = false
    cache.save(this.#place, new Map(this.#schemas)).then(
      () => this.#metrics.cacheWrites.add(1, { outcome: 'done' }),
      (thrown: unknown) => {
        this.#unsaved = true
        this.#metrics.cacheWrites.add(1, { outcome: 'failed' })
        this.#telemetry.logger.warn(
          { subject, err: toError(thrown) },
          'schema ids cannot be remembered: a start without the schema registry would have to wait for it',
        )
      },
    )
  }
}
