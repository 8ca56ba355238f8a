import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Present } from '../present.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { schemaFingerprint } from './event-schema.ts'
import { errorCodeOf, member, unexpected } from './registry-answers.ts'
import type { RegistryAnswer, RegistryAuth, RegistryTls } from './registry-http.ts'
import { registryMetrics } from './registry-metrics.ts'
import { RegistryServers } from './registry-servers.ts'
import { saysTheSame } from './schema-form.ts'

export interface SchemaRegistryOptions {
  /** Base URL, path included, without credentials; or several, of servers of the same registry. */
  readonly url: string | readonly string[]
  /** A function is asked for every request, so that what changes is used at once. */
  readonly auth?: Present<RegistryAuth | undefined>
  /** The same. New connections are made where it has changed. */
  readonly tls?: Present<RegistryTls | undefined>
  /** For one request to one server; default 5000. */
  readonly timeoutMs?: number
  /** How often a call asks all servers before it fails, where waiting can help; default 3. */
  readonly attempts?: number
  readonly clock?: Clock
  readonly random?: Random
  /** Told when a server does not answer, and when it does again. */
  readonly telemetry?: Telemetry
}

/** Whether a schema may follow those under a subject, with the registry's reasons if not; some give none. */
export interface CompatibilityCheck {
  readonly compatible: boolean
  readonly reasons: readonly string[]
}

/** A schema under its subject. */
export interface RegisteredVersion {
  readonly version: number
  readonly id: number
  /** As the registry keeps it. */
  readonly text: string
}

/** Of the versions that are compared with ours one by one: who registers more under one subject did not mean ours. */
const maxCompared = 20

/**
 * A schema registry that speaks Confluent's API. Every request has a timeout, and every call is repeated a few times, on
 * the next server if there are several, when the registry cannot be reached, is overloaded (429) or fails (5xx), or when
 * something else answers in its place.
 *
 * Errors of all calls: `SCHEMA_REGISTRY_UNAVAILABLE` when it still could not be done (with `facts.retryAfterMs` if the
 * registry asked for a pause), `SCHEMA_REGISTRY_REFUSED` for wrong credentials.
 */
export class SchemaRegistryClient {
  readonly #servers: RegistryServers
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()

  /** Opens no connection. @throws RelayError `CONFIG_INVALID` for a URL that cannot be used. */
  constructor(options: SchemaRegistryOptions) {
    const { url, auth, tls, telemetry = noTelemetry } = options
    this.#timeoutMs = options.timeoutMs ?? 5_000
    this.#clock = options.clock ?? systemClock
    this.#servers = new RegistryServers({
      urls: typeof url === 'string' ? [url] : url,
      timeoutMs: this.#timeoutMs,
      attempts: options.attempts ?? 3,
      clock: this.#clock,
      random: options.random ?? systemRandom,
      logger: telemetry.logger,
      onRequest: registryMetrics(telemetry.metrics),
      onDisconnect: () => {
        for (const listener of this.#listeners) listener()
      },
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
    })
  }

  /** As given, without slashes at their ends; several with commas between them. */
  get url(): string {
    return this.urls.join(',')
  }

  get urls(): readonly string[] {
    return this.#servers.urls
  }

  /**
   * Calls `listener` whenever a server closes a connection that it had: it may have been restarted, and it may have lost
   * what it knew. The returned function ends that.
   */
  onDisconnect(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * The id under which this very schema is registered for `subject`, or else one that says the same: with other
   * documentation, attributes or white space, as other tools register it. The newest, if there are several.
   *
   * @throws RelayError `SCHEMA_NOT_REGISTERED`; `SCHEMA_INCOMPATIBLE` if the id belongs to another schema.
   */
  async lookup(subject: string, text: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}`
    const what = `look up the schema of ${subject}`
    const found = await this.#ask(what, 'POST', path, { schema: text }, (answer, url) => {
      const id = member(answer.body, 'id')
      if (answer.status === 200 && typeof id === 'number') return { id, url }
      const code = errorCodeOf(answer)
      return answer.status === 404 && (code === 40401 || code === 40403) ? { code, url } : undefined
    })
    if (found.id !== undefined) return this.#verified(subject, text, found)
    const same = found.code === 40401 ? undefined : await this.#sameVersion(subject, text)
    if (same !== undefined) return same
    const missing = found.code === 40401 ? 'has no schema' : 'has other schemas, not this one'
    throw new RelayError('SCHEMA_NOT_REGISTERED', `subject ${subject} ${missing} at ${found.url}`)
  }

  /**
   * Registers the schema for `subject` unless it is there already; the id either way. The compatibility level stays as it is.
   *
   * @throws RelayError `SCHEMA_INCOMPATIBLE` if the registry refuses it, or the id belongs to another schema.
   */
  async register(subject: string, text: string): Promise<number> {
    const level = await this.compatibilityLevel(subject)
    const request = { subject, text, level, timeoutMs: this.#timeoutMs, clock: this.#clock }
    // Only here: most relays look the schema up, and this package brings four others that take long to load.
    const { registerWithPackage } = await import('./package-register.ts')
    const given = await this.#servers.call(async (server) => {
      return { id: await registerWithPackage(server, request), url: server.url }
    })
    return this.#verified(subject, text, given)
  }

  /**
   * The text of a schema, as the registry keeps it. That there is none of this id is asked for at every server: one that is
   * behind the others does not know what they have registered.
   *
   * @throws RelayError `SCHEMA_UNKNOWN` if all servers that answer have none of this id; `RECORD_UNDECODABLE` if the schema
   * is not Avro in one piece.
   */
  async schemaById(id: number): Promise<string> {
    const facts = { schemaId: id }
    const text = await this.#ask(
      `get schema ${id}`,
      'GET',
      `/schemas/ids/${id}`,
      undefined,
      (answer, url) => {
        const schema = member(answer.body, 'schema')
        if (answer.status === 404 && errorCodeOf(answer) !== undefined) {
          throw new RelayError('SCHEMA_UNKNOWN', `${url} has no schema with id ${id}`, { facts })
        }
        if (answer.status !== 200 || typeof schema !== 'string') return undefined
        const fault = avroFault(answer.body)
        return fault === undefined ? { schema } : { fault }
      },
    )
    if ('schema' in text) return text.schema
    throw new RelayError('RECORD_UNDECODABLE', `schema ${id} ${text.fault}`, { facts })
  }

  /** The numbers of a subject's versions, oldest first; none if there is no such subject. */
  async versions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    return this.#ask(`list the versions of ${subject}`, 'GET', path, undefined, ({ status, body }) => {
      if (status === 404 && typeof member(body, 'error_code') === 'number') return []
      return status === 200 && Array.isArray(body) ? body.map(Number).sort((a, b) => a - b) : undefined
    })
  }

  /** A version of a subject; undefined if there is none of this number, or no such subject. */
  async version(subject: string, version: number | 'latest'): Promise<RegisteredVersion | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    const what = `get version ${version} of ${subject}`
    const { found } = await this.#ask(what, 'GET', path, undefined, (answer) => {
      if (answer.status === 404 && errorCodeOf(answer) !== undefined) return { found: undefined }
      const { id, version: number, schema } = (answer.body ?? {}) as Record<string, unknown>
      if (answer.status !== 200 || typeof id !== 'number' || typeof schema !== 'string') return undefined
      return { found: { version: Number(number), id, text: schema } }
    })
    return found
  }

  /** The newest version of a subject; undefined if it has none. */
  latest(subject: string): Promise<RegisteredVersion | undefined> {
    return this.version(subject, 'latest')
  }

  /**
   * The level that is set for this very subject; undefined if the one for all subjects holds. Some registries (Apicurio)
   * answer with the one for all, or with NONE, where none is set.
   */
  async compatibilityLevel(subject: string): Promise<string | undefined> {
    const path = `/config/${encodeURIComponent(subject)}`
    const what = `get the compatibility level of ${subject}`
    const { level } = await this.#ask(what, 'GET', path, undefined, levelIn)
    return level
  }

  /**
   * The level that holds for a subject, its own or the one for all; undefined if the registry knows none. Apicurio 2 answers
   * NONE for a subject that has none of its own, as for {@link compatibilityLevel}.
   */
  async levelThatHolds(subject: string): Promise<string | undefined> {
    const path = `/config/${encodeURIComponent(subject)}?defaultToGlobal=true`
    const what = `get the compatibility level that holds for ${subject}`
    const own = await this.#ask(what, 'GET', path, undefined, levelIn)
    if (own.level !== undefined) return own.level
    // Older registries do not know the parameter, or not the subject.
    const all = await this.#ask('get the compatibility level', 'GET', '/config', undefined, levelIn)
    return all.level
  }

  /** Sets the level of this subject; for the operator's command, never done on the way. */
  async setCompatibilityLevel(subject: string, level: string): Promise<void> {
    const path = `/config/${encodeURIComponent(subject)}`
    const what = `set the compatibility level of ${subject}`
    await this.#ask(what, 'PUT', path, { compatibility: level }, ({ status }) => status === 200 || undefined)
  }

  /** Asks whether the schema could be registered, against as many versions as the subject's level says. */
  async check(subject: string, text: string): Promise<CompatibilityCheck> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions?verbose=true`
    const what = `check the schema against ${subject}`
    return this.#ask(what, 'POST', path, { schema: text }, (answer) => {
      const compatible = member(answer.body, 'is_compatible')
      // A subject without versions: the first one is compatible with all there is.
      if (answer.status === 404 && errorCodeOf(answer) !== undefined) return { compatible: true, reasons: [] }
      if (answer.status !== 200 || typeof compatible !== 'boolean') return undefined
      const messages = member(answer.body, 'messages') ?? member(answer.body, 'reason') ?? []
      return { compatible, reasons: Array.isArray(messages) ? messages.map(String) : [String(messages)] }
    })
  }

  /** Ends calls under way and closes the connections. */
  close(): void {
    this.#listeners.clear()
    this.#servers.close()
  }

  /**
   * Ids do move: a registry that lost its storage hands them out again, to other schemas. A record framed with such an
   * id would be read by the wrong schema, so the id is used only if it leads back to our text.
   */
  async #verified(
    subject: string,
    text: string,
    { id, url }: { readonly id: number; readonly url: string },
  ): Promise<number> {
    const theirs = await this.schemaById(id)
    if (schemaFingerprint(theirs) === schemaFingerprint(text) || saysTheSame(theirs, text)) return id
    throw new RelayError(
      'SCHEMA_INCOMPATIBLE',
      `${url} gave id ${id} for the schema of ${subject}, but under this id it has another schema`,
      { facts: { subject, schemaId: id } },
    )
  }

  /** The id of the newest version that says the same as `text`. */
  async #sameVersion(subject: string, text: string): Promise<number | undefined> {
    const newest = (await this.versions(subject)).toReversed().slice(0, maxCompared)
    for (const number of newest) {
      const version = await this.version(subject, number)
      if (version !== undefined && saysTheSame(version.text, text)) return version.id
    }
    return undefined
  }

  /**
   * What `read` makes of the answer, and of the URL of the server that gave it. Where it makes nothing of it, the answer is an
   * error, or not one of a schema registry.
   */
  #ask<T>(
    what: string,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: unknown,
    read: (answer: RegistryAnswer, url: string) => T | undefined,
  ): Promise<T> {
    return this.#servers.call(async (server) => {
      const answer = await server.request(method, path, body)
      const asked = `${what} at ${server.url}`
      if (answer.status >= 500 || answer.status === 429) throw unexpected(asked, answer)
      const given = read(answer, server.url)
      if (given === undefined) throw unexpected(asked, answer)
      return given
    })
  }
}

function levelIn(answer: RegistryAnswer): { level: string | undefined } | undefined {
  const level = member(answer.body, 'compatibilityLevel')
  if (answer.status === 200 && typeof level === 'string') return { level }
  return answer.status === 404 && errorCodeOf(answer) !== undefined ? { level: undefined } : undefined
}

function avroFault(body: unknown): string | undefined {
  const type = member(body, 'schemaType') ?? 'AVRO'
  const references = member(body, 'references') ?? []
  if (type !== 'AVRO') return `is of type ${String(type)}, not AVRO`
  return Array.isArray(references) && references.length > 0 ? 'refers to other schemas' : undefined
}
