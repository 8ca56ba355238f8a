import http from 'node:http'
import https from 'node:https'
import type { Clock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { type Present, presentOf } from '../present.ts'
import { readRetryAfter } from './retry-after.ts'

/** Name and password (HTTP Basic), or a bearer token. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

/** PEM texts, for a registry whose certificate the system does not know or that asks for one. */
export interface RegistryTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the registry's certificate, where it is not the one of the URL. */
  readonly servername?: string
}

export interface RegistryHttpOptions {
  /** Base URL, path included: `http://registry:8081`, `http://host:8080/apis/ccompat/v7`. No user in it. */
  readonly url: string
  readonly auth?: Present<RegistryAuth | undefined>
  readonly tls?: Present<RegistryTls | undefined>
  /** For one request, from the start to the last byte of the answer. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** A kept connection was closed by the other side, as when the registry is restarted. */
  readonly onDisconnect?: () => void
  /** A request has its answer, or failed: then without a status. */
  readonly onRequest?: (status: number | undefined, tookMs: number) => void
}

export interface RegistryAnswer {
  readonly status: number
  /** The parsed JSON; undefined if it is none. */
  readonly body: unknown
  /** For how long the registry, or a proxy before it, asks to be left alone. */
  readonly retryAfterMs?: number | undefined
}

/** The schema of a record is some kilobytes; whatever is longer than this is not a schema registry. */
const maxAnswerBytes = 8 * 1024 * 1024

/** Requests to one server of a schema registry over a few kept connections. Follows no redirect: it would carry the credentials along. */
export class RegistryHttp {
  /** Without the slash at its end. */
  readonly url: string
  readonly #options: RegistryHttpOptions
  #tls: RegistryTls | undefined
  #agent: http.Agent | undefined

  /** @throws RelayError `CONFIG_INVALID` for a URL that is none, or that holds credentials. */
  constructor(options: RegistryHttpOptions) {
    const url = URL.parse(options.url)
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new RelayError(
        'CONFIG_INVALID',
        'the URL of the schema registry must begin with http:// or https://',
      )
    }
    if (url.username !== '' || url.password !== '') {
      throw new RelayError(
        'CONFIG_INVALID',
        'put user and password of the schema registry into schemaRegistry.username and schemaRegistry.password (in a program into "auth"): its URL is logged',
      )
    }
    this.url = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
    this.#options = options
  }

  /** Of the next request: credentials as they are now. */
  get headers(): Readonly<Record<string, string>> {
    const auth = presentOf(this.#options.auth)
    return auth === undefined ? {} : { authorization: authorization(auth) }
  }

  /**
   * For the next request. Certificates belong to the connection, so another one is made where they have changed: requests
   * under way end on the old connections, and those are not used again.
   */
  get agent(): http.Agent {
    const tls = presentOf(this.#options.tls)
    if (this.#agent !== undefined && sameTls(tls, this.#tls)) return this.#agent
    if (this.#agent !== undefined) retire(this.#agent)
    this.#tls = tls
    this.#agent = this.#newAgent(tls)
    return this.#agent
  }

  /**
   * One request. `path` begins with a slash and is encoded.
   *
   * @throws RelayError `SCHEMA_REGISTRY_UNAVAILABLE` if no complete answer came in time.
   */
  request(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<RegistryAnswer> {
    const { clock, timeoutMs, onRequest } = this.#options
    const url = `${this.url}${path}`
    const beganAt = clock.monotonic()
    let over = false
    const tell = (status: number | undefined): void => {
      if (over) return
      over = true
      onRequest?.(status, clock.monotonic() - beganAt)
    }
    const text = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      let request: http.ClientRequest | undefined
      const fail = (reason: string, cause?: unknown): void => {
        cancel()
        tell(undefined)
        request?.destroy()
        reject(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', `${method} ${url}: ${reason}`, { cause }))
      }
      const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`))
      try {
        request = this.#send(method, url, text)
      } catch (thrown) {
        // Such as a certificate that is none: it may have been read while it was being written.
        fail(toError(thrown).message, thrown)
        return
      }
      request.on('error', (error) => fail(error.message, error))
      request.on('response', (response) => {
        const parts: Buffer[] = []
        let bytes = 0
        response.on('error', (error) => fail(error.message, error))
        response.on('data', (part: Buffer) => {
          parts.push(part)
          bytes += part.length
          if (bytes > maxAnswerBytes) fail(`the answer is longer than ${maxAnswerBytes} bytes`)
        })
        response.on('end', () => {
          cancel()
          tell(response.statusCode)
          const retryAfterMs = readRetryAfter(response.headers['retry-after'], clock.now())
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts)), retryAfterMs })
        })
      })
      request.end(text)
    })
  }

  #send(method: string, url: string, text: string | undefined): http.ClientRequest {
    const send = url.startsWith('https:') ? https.request : http.request
    return send(url, {
      method,
      agent: this.agent,
      headers: {
        accept: 'application/vnd.schemaregistry.v1+json, application/json',
        ...(text === undefined
          ? {}
          : {
              'content-type': 'application/vnd.schemaregistry.v1+json',
              'content-length': Buffer.byteLength(text),
            }),
        ...this.headers,
      },
    })
  }

  /** Closes the kept connections; requests under way fail. */
  close(): void {
    this.#agent?.destroy()
  }

  #newAgent(tls: RegistryTls | undefined): http.Agent {
    const settings = { keepAlive: true, maxSockets: 4 }
    const agent = this.url.startsWith('https:')
      ? new https.Agent({ ...settings, ...tls })
      : new http.Agent(settings)
    this.#watch(agent)
    return agent
  }

  /** A connection that waits for its next request and ends says that the other side went away, or was tired of waiting. */
  #watch(agent: http.Agent): void {
    const { onDisconnect } = this.#options
    if (onDisconnect === undefined) return
    agent.on('free', (socket) => {
      if (!socket.listeners('close').includes(onDisconnect)) socket.once('close', onDisconnect)
    })
  }
}

function sameTls(one: RegistryTls | undefined, other: RegistryTls | undefined): boolean {
  return (['ca', 'cert', 'key', 'servername'] as const).every((name) => one?.[name] === other?.[name])
}

/** Its connections end: those that wait at once, the others after their answer. */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

function authorization(auth: RegistryAuth): string {
  if ('token' in auth) return `Bearer ${auth.token}`
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    // A page of a proxy, or nothing: the caller tells it by the status and the missing members.
    return undefined
  }
}
