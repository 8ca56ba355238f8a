import { type Clock, type Random, sleep, systemClock, systemRandom } from '../clock.ts'
import { isRelayError, RelayError } from '../errors.ts'
import { schemaFingerprint } from './event-schema.ts'
import { registerWithPackage } from './package-register.ts'
import { errorCodeOf, member, unexpected } from './registry-answers.ts'
import { type RegistryAnswer, type RegistryAuth, RegistryHttp, type RegistryTls } from './registry-http.ts'
import { sameSchema } from './schema-form.ts'

export interface SchemaRegistryOptions {
  /** Base URL, path included, without credentials. */
  readonly url: string
  readonly auth?: RegistryAuth
  readonly tls?: RegistryTls
  /** For one request; default 5000. */
  readonly timeoutMs?: number
  /** How often a call is made before it fails, where waiting can help; default 3. */
  readonly attempts?: number
  readonly clock?: Clock
  readonly random?: Random
}

/** Whether a schema may follow those under a subject, with the registry's reasons if not. */
export interface CompatibilityCheck {
  readonly compatible: boolean
  readonly reasons: readonly string[]
}

/** 100, 200, 400 … ms between tries, up to this. */
const maxPauseMs = 5_000

/**
 * A schema registry that speaks Confluent's API. Every call has a timeout, and is repeated a few times when the
 * registry cannot be reached, is overloaded (429) or fails (5xx).
 *
 * Errors of all calls: `SCHEMA_REGISTRY_UNAVAILABLE` when it still could not be done, `SCHEMA_REGISTRY_REFUSED` for
 * wrong credentials.
 */
export class SchemaRegistryClient {
  readonly #http: RegistryHttp
  readonly #timeoutMs: number
  readonly #attempts: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #closed = new AbortController()

  /** Opens no connection. @throws RelayError `CONFIG_INVALID` for a URL that cannot be used. */
  constructor(options: SchemaRegistryOptions) {
    this.#timeoutMs = options.timeoutMs ?? 5_000
    this.#attempts = options.attempts ?? 3
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
    const { url, auth, tls } = options
    this.#http = new RegistryHttp({
      url,
      timeoutMs: this.#timeoutMs,
      clock: this.#clock,
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
    })
  }

  /** As given, without the slash at its end. */
  get url(): string {
    return this.#http.url
  }

  /**
   * The id under which this very schema is registered for `subject`.
   *
   * @throws RelayError `SCHEMA_NOT_REGISTERED`; `SCHEMA_INCOMPATIBLE` if the id belongs to another schema.
   */
  async lookup(subject: string, text: string): Promise<number> {
    const what = `look up the schema of ${subject}`
    const answer = await this.#request(what, 'POST', `/subjects/${encodeURIComponent(subject)}`, {
      schema: text,
    })
    const id = member(answer.body, 'id')
    if (answer.status === 200 && typeof id === 'number') return this.#verified(subject, text, id)
    const code = errorCodeOf(answer)
    if (answer.status === 404 && (code === 40401 || code === 40403)) {
      const missing = code === 40401 ? 'has no schema' : 'has other schemas, not this one'
      throw new RelayError('SCHEMA_NOT_REGISTERED', `subject ${subject} ${missing} at ${this.url}`)
    }
    throw unexpected(what, answer)
  }

  /**
   * Registers the schema for `subject` unless it is there already; the id either way. The compatibility level stays as it is.
   *
   * @throws RelayError `SCHEMA_INCOMPATIBLE` if the registry refuses it, or the id belongs to another schema.
   */
  async register(subject: string, text: string): Promise<number> {
    const level = await this.compatibilityLevel(subject)
    const request = { subject, text, level, timeoutMs: this.#timeoutMs, clock: this.#clock }
    const id = await this.#retrying(() => registerWithPackage(this.#http, request))
    return this.#verified(subject, text, id)
  }

  /**
   * The text of a schema, as the registry keeps it.
   *
   * @throws RelayError `SCHEMA_UNKNOWN` if it has none of this id; `RECORD_UNDECODABLE` if the schema is not Avro in one piece.
   */
  async schemaById(id: number): Promise<string> {
    const what = `get schema ${id}`
    const answer = await this.#request(what, 'GET', `/schemas/ids/${id}`)
    const text = member(answer.body, 'schema')
    if (answer.status === 404 && errorCodeOf(answer) !== undefined) {
      throw new RelayError('SCHEMA_UNKNOWN', `${this.url} has no schema with id ${id}`, {
        facts: { schemaId: id },
      })
    }
    if (answer.status !== 200 || typeof text !== 'string') throw unexpected(what, answer)
    const type = member(answer.body, 'schemaType') ?? 'AVRO'
    const references = member(answer.body, 'references') ?? []
    if (type !== 'AVRO' || (Array.isArray(references) && references.length > 0)) {
      const found = type === 'AVRO' ? 'refers to other schemas' : `is of type ${String(type)}, not AVRO`
      throw new RelayError('RECORD_UNDECODABLE', `schema ${id} ${found}`, { facts: { schemaId: id } })
    }
    return text
  }

  /** The level that is set for this very subject; undefined if the one for all subjects holds. */
  async compatibilityLevel(subject: string): Promise<string | undefined> {
    const what = `get the compatibility level of ${subject}`
    const answer = await this.#request(what, 'GET', `/config/${encodeURIComponent(subject)}`)
    const level = member(answer.body, 'compatibilityLevel')
    if (answer.status === 200 && typeof level === 'string') return level
    if (answer.status === 404 && errorCodeOf(answer) !== undefined) return undefined
    throw unexpected(what, answer)
  }

  /** Sets the level of this subject; for the operator's command, never done on the way. */
  async setCompatibilityLevel(subject: string, level: string): Promise<void> {
    const what = `set the compatibility level of ${subject}`
    const path = `/config/${encodeURIComponent(subject)}`
    const answer = await this.#request(what, 'PUT', path, { compatibility: level })
    if (answer.status !== 200) throw unexpected(what, answer)
  }

  /** Asks whether the schema could be registered, against as many versions as the subject's level says. */
  async check(subject: string, text: string): Promise<CompatibilityCheck> {
    const what = `check the schema against ${subject}`
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions?verbose=true`
    const answer = await this.#request(what, 'POST', path, { schema: text })
    const compatible = member(answer.body, 'is_compatible')
    // A subject without versions: the first one is compatible with all there is.
    if (answer.status === 404 && errorCodeOf(answer) !== undefined) return { compatible: true, reasons: [] }
    if (answer.status !== 200 || typeof compatible !== 'boolean') throw unexpected(what, answer)
    const messages = member(answer.body, 'messages') ?? member(answer.body, 'reason') ?? []
    return { compatible, reasons: Array.isArray(messages) ? messages.map(String) : [String(messages)] }
  }

  /** Ends calls under way and closes the connections. */
  close(): void {
    this.#closed.abort(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'the schema registry client is closed'))
    this.#http.close()
  }

  /**
   * Ids do move: a registry that lost its storage hands them out again, to other schemas. A record framed with such an
   * id would be read by the wrong schema, so the id is used only if it leads back to our text.
   */
  async #verified(subject: string, text: string, id: number): Promise<number> {
    const theirs = await this.schemaById(id)
    if (schemaFingerprint(theirs) === schemaFingerprint(text) || sameSchema(theirs, text)) return id
    throw new RelayError(
      'SCHEMA_INCOMPATIBLE',
      `${this.url} gave id ${id} for the schema of ${subject}, but under this id it has another schema`,
      { facts: { subject, schemaId: id } },
    )
  }

  async #request(
    what: string,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
  ): Promise<RegistryAnswer> {
    return this.#retrying(async () => {
      const answer = await this.#http.request(method, path, body)
      if (answer.status >= 500 || answer.status === 429) throw unexpected(what, answer)
      return answer
    })
  }

  /** All our calls may be repeated: registering the same schema again gives the same id. */
  async #retrying<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.#closed.signal.throwIfAborted()
      try {
        return await call()
      } catch (error) {
        if (!isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE') || attempt >= this.#attempts) throw error
      }
      const pauseMs = Math.min(100 * 2 ** (attempt - 1), maxPauseMs) * (0.5 + this.#random())
      await sleep(this.#clock, pauseMs, this.#closed.signal)
    }
  }
}
