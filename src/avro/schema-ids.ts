import { type Cancel, type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { type EventSchema, registryEventSchema } from './event-schema.ts'
import { sameSchema } from './schema-form.ts'
import type { SchemaRegistryClient } from './schema-registry.ts'

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
  readonly registry: Pick<SchemaRegistryClient, 'lookup' | 'register' | 'schemaById'>
  /** `<topic>-value`: where every tool looks for the schema of a topic. */
  readonly subject: string
  /** `lookup`: somebody else registers (production). `register`: done here if it is missing. */
  readonly mode: 'lookup' | 'register'
  /** Default: {@link registryEventSchema}. */
  readonly schema?: EventSchema
  /** Between tries while there is no id: from 250 ms, doubled up to this; default 5000. */
  readonly maxPauseMs?: number
  /** How often a known id is held against the registry; default 300000. */
  readonly revalidateMs?: number
  readonly clock?: Clock
  readonly random?: Random
  readonly telemetry?: Telemetry
}

const firstPauseMs = 250

/**
 * The id of one schema, from a registry that may be down when the relay starts, and may lose its storage later.
 *
 * States: *resolving* (asks, with growing pauses, for ever; `idOf` gives a promise that waits) → *known* (`idOf` gives the
 * number; the registry is asked now and then whether the id still stands for the schema) → *resolving* again if it
 * says that it does not → *closed*. A registry that cannot be reached changes nothing in *known*: ids that were right
 * stay right, and publishing goes on.
 */
export class RegisteredSchemaIds implements SchemaIds {
  readonly #options: RegisteredSchemaIdsOptions
  readonly #schema: EventSchema
  readonly #clock: Clock
  readonly #random: Random
  readonly #telemetry: Telemetry
  #id: number | undefined
  #waiting: { promise: Promise<number>; resolve(id: number): void; reject(error: Error): void } | undefined
  #reason = 'the schema registry was not asked yet'
  #pauseMs = firstPauseMs
  #cancel: Cancel = () => {}
  #closed = false

  /** Starts asking at once. */
  constructor(options: RegisteredSchemaIdsOptions) {
    this.#options = options
    this.#schema = options.schema ?? registryEventSchema
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    this.#telemetry = options.telemetry ?? noTelemetry
    void this.#resolve()
  }

  idOf(fingerprint: string): number | Promise<number> {
    if (fingerprint !== this.#schema.fingerprint) {
      throw new RelayError(
        'SCHEMA_NOT_REGISTERED',
        `the record was written with schema ${fingerprint}, which this version of the relay does not have`,
      )
    }
    if (this.#closed) throw closedError()
    if (this.#id !== undefined) return this.#id
    this.#waiting ??= withResolvers()
    return this.#waiting.promise
  }

  /** Ready once the id is known; else with what the registry said last. */
  readiness(): { ready: boolean; reason?: string } {
    if (this.#closed) return { ready: false, reason: 'closed' }
    return this.#id === undefined ? { ready: false, reason: this.#reason } : { ready: true }
  }

  /** Stops asking; promises that wait reject with `SINK_CLOSED`. The client is the caller's, and stays open. */
  close(): void {
    this.#closed = true
    this.#cancel()
    this.#waiting?.reject(closedError())
    this.#waiting = undefined
  }

  async #resolve(): Promise<void> {
    const { registry, subject, mode } = this.#options
    try {
      const id = await registry[mode](subject, this.#schema.text)
      if (this.#closed) return
      this.#id = id
      this.#pauseMs = firstPauseMs
      this.#telemetry.logger.info({ subject, schemaId: id }, 'schema id resolved')
      this.#waiting?.resolve(id)
      this.#waiting = undefined
      this.#revalidateLater()
    } catch (thrown) {
      if (this.#closed) return
      this.#retryLater(toError(thrown))
    }
  }

  /**
   * Also what is not retriable is tried again, such as a refused schema: it is the operator who mends it, in the
   * registry, and the relay should go on when it is mended, without a restart.
   */
  #retryLater(error: Error): void {
    const pauseMs = Math.round(this.#pauseMs * (0.5 + this.#random() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.maxPauseMs ?? 5_000)
    this.#reason = error.message
    this.#telemetry.logger.warn(
      { subject: this.#options.subject, err: error, pauseMs },
      'no schema id yet: records wait until the schema registry gives one',
    )
    this.#cancel = this.#clock.after(pauseMs, () => void this.#resolve())
  }

  #revalidateLater(): void {
    this.#cancel = this.#clock.after(this.#options.revalidateMs ?? 300_000, () => void this.#revalidate())
  }

  /**
   * A registry that came back without its storage hands out the old ids for other schemas, and consumers would read
   * our records by those. Only its clear word counts, not that it is unreachable.
   */
  async #revalidate(): Promise<void> {
    const { registry, subject } = this.#options
    const schemaId = this.#id as number
    try {
      if (sameSchema(await registry.schemaById(schemaId), this.#schema.text)) {
        if (!this.#closed) this.#revalidateLater()
        return
      }
    } catch (thrown) {
      if (!isRelayError(thrown, 'SCHEMA_UNKNOWN') && !isRelayError(thrown, 'RECORD_UNDECODABLE')) {
        this.#telemetry.logger.debug({ subject, err: toError(thrown) }, 'schema id not revalidated')
        if (!this.#closed) this.#revalidateLater()
        return
      }
    }
    if (this.#closed) return
    this.#telemetry.logger.error(
      { subject, schemaId },
      'the schema registry has another schema under our id: asking for a new one, records wait',
    )
    this.#id = undefined
    this.#reason = `schema id ${schemaId} stands for another schema now`
    await this.#resolve()
  }
}

function closedError(): RelayError {
  return new RelayError('SINK_CLOSED', 'schema ids: closed')
}

function withResolvers(): {
  promise: Promise<number>
  resolve(id: number): void
  reject(error: Error): void
} {
  let resolve: (id: number) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<number>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
