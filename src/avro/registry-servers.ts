import { type Clock, type Random, sleep } from '../clock.ts'
import { isRelayError, RelayError } from '../errors.ts'
import type { Present } from '../present.ts'
import type { Logger } from '../telemetry.ts'
import { type RegistryAnswer, type RegistryAuth, RegistryHttp, type RegistryTls } from './registry-http.ts'

export interface RegistryServersOptions {
  /** One, or several of the same registry. */
  readonly urls: readonly string[]
  readonly auth?: Present<RegistryAuth | undefined>
  readonly tls?: Present<RegistryTls | undefined>
  readonly timeoutMs: number
  /** How often all servers are asked before a call fails, where waiting can help. */
  readonly attempts: number
  readonly clock: Clock
  readonly random: Random
  readonly onDisconnect: () => void
  readonly onRequest?: (status: number | undefined, tookMs: number) => void
  readonly logger: Logger
}

/** 100, 200, 400 … ms between tries, up to this. A registry that asks for more is left to the caller, who can wait. */
const maxPauseMs = 5_000

/** Between two looks at a server that did not answer while others do: calls would not meet it again until those fail. */
const lookAgainMs = 60_000

/**
 * The servers of one registry. A call that fails on one as unavailable goes to the next at once; after all of them, to all
 * again after a pause. A server that failed loses its place to the next, also for the calls that begin meanwhile, so that the
 * one that answered last is asked first: one that hangs costs a single time-out, not one for every call.
 */
export class RegistryServers {
  readonly #servers: readonly RegistryHttp[]
  readonly #options: RegistryServersOptions
  readonly #closed = new AbortController()
  /** Servers that did not answer when they were asked last, and when they may be looked at again. */
  readonly #away = new Map<RegistryHttp, number>()
  #first = 0

  /** Opens no connection. @throws RelayError `CONFIG_INVALID` for a URL that cannot be used, and for none. */
  constructor(options: RegistryServersOptions) {
    const { urls, ...shared } = options
    if (urls.length === 0) {
      throw new RelayError('CONFIG_INVALID', 'the schema registry needs at least one URL')
    }
    this.#options = options
    this.#servers = urls.map((url) => new RegistryHttp({ ...shared, url }))
  }

  get urls(): readonly string[] {
    return this.#servers.map(({ url }) => url)
  }

  /**
   * What `use` gives for the first server that has an answer. It may be called several times: every call of ours may be
   * repeated, as registering the same schema again gives the same id.
   *
   * @throws what `use` threw, but `SCHEMA_UNKNOWN` only when every server that answered said so, and
   * `SCHEMA_REGISTRY_UNAVAILABLE` only after the last attempt and with what each server said
   */
  async call<T>(use: (server: RegistryHttp) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      let failed: RelayError
      try {
        return await this.#round(use)
      } catch (error) {
        if (!isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE')) throw error
        failed = error
      }
      this.#closed.signal.throwIfAborted()
      const { random, clock, attempts } = this.#options
      const asked = failed.facts['retryAfterMs']
      const askedMs = typeof asked === 'number' ? asked : 0
      if (attempt >= attempts || askedMs > maxPauseMs) throw failed
      // On top of what was asked for, so that all who were told the same do not come back in the same instant.
      const pauseMs = askedMs + Math.min(100 * 2 ** (attempt - 1), maxPauseMs) * (0.5 + random())
      await sleep(clock, pauseMs, this.#closed.signal)
    }
  }

  /** Ends calls under way and closes the connections. */
  close(): void {
    this.#closed.abort(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'the schema registry client is closed'))
    for (const server of this.#servers) server.close()
  }

  /** Each server once. */
  async #round<T>(use: (server: RegistryHttp) => Promise<T>): Promise<T> {
    const failures: RelayError[] = []
    let denial: RelayError | undefined
    for (const index of this.#order()) {
      this.#closed.signal.throwIfAborted()
      const server = this.#servers[index] as RegistryHttp
      try {
        const given = await use(server)
        this.#answered(server)
        this.#lookForOthers()
        return given
      } catch (error) {
        if (!isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE')) this.#answered(server)
        // A server that is behind the others is no worse than they are for the next call: it keeps its place.
        if (isRelayError(error, 'SCHEMA_UNKNOWN')) {
          denial ??= error
          continue
        }
        if (!isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE')) throw error
        if (this.#first === index) this.#first = (index + 1) % this.#servers.length
        failures.push(error)
        this.#failed(server, error)
      }
    }
    throw denial ?? together(failures)
  }

  /** One line for an outage of a server, however many calls meet it. */
  #failed(server: RegistryHttp, { message }: RelayError): void {
    if (this.#closed.signal.aborted) return
    const { clock, logger } = this.#options
    if (!this.#away.has(server)) {
      const what =
        this.#servers.length === 1
          ? 'the schema registry gave no usable answer: ids that are known stay in use'
          : 'a server of the schema registry gave no usable answer: the others are asked'
      logger.warn({ server: server.url, reason: message }, what)
    }
    this.#away.set(server, clock.monotonic() + lookAgainMs)
  }

  #answered(server: RegistryHttp): void {
    if (this.#away.delete(server)) {
      this.#options.logger.info({ server: server.url }, 'the schema registry answers again')
    }
  }

  /** In the background, beside a call that had its answer elsewhere. */
  #lookForOthers(): void {
    const now = this.#options.clock.monotonic()
    for (const [server, lookAt] of this.#away) {
      if (now < lookAt) continue
      this.#away.set(server, now + lookAgainMs)
      server.request('GET', '/config').then(
        (answer) => {
          if (isAnswer(answer)) this.#answered(server)
        },
        // It was said, and it stays so.
        () => {},
      )
    }
  }

  #order(): number[] {
    const count = this.#servers.length
    return Array.from({ length: count }, (_, step) => (this.#first + step) % count)
  }
}

/** Any word of a schema registry, be it a refusal. */
function isAnswer({ status, body }: RegistryAnswer): boolean {
  return status < 500 && status !== 429 && body !== undefined
}

/** What each of them said, and the shortest pause that one of them asked for, if all did. */
function together(failures: readonly RelayError[]): RelayError {
  const last = failures.at(-1) as RelayError
  if (failures.length === 1) return last
  const asked = failures.map(({ facts }) => facts['retryAfterMs']).filter((ms) => typeof ms === 'number')
  const { retryAfterMs: _, ...facts } = last.facts
  return new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', failures.map(({ message }) => message).join('; '), {
    cause: last,
    facts: asked.length < failures.length ? facts : { ...facts, retryAfterMs: Math.min(...asked) },
  })
}
