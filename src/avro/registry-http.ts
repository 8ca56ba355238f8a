import http from 'node:http'
import https from 'node:https'
import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'

/** Name and password (HTTP Basic), or a bearer token. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

/** PEM texts, for a registry whose certificate the system does not know or that asks for one. */
export interface RegistryTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface RegistryHttpOptions {
  /** Base URL, path included: `http://registry:8081`, `http://host:8080/apis/ccompat/v7`. No user in it. */
  readonly url: string
  readonly auth?: RegistryAuth
  readonly tls?: RegistryTls
  /** For one request, from the start to the last byte of the answer. */
  readonly timeoutMs: number
  readonly clock: Clock
}

export interface RegistryAnswer {
  readonly status: number
  /** The parsed JSON; undefined if it is none. */
  readonly body: unknown
}

/** The schema of a record is some kilobytes; whatever is longer than this is not a schema registry. */
const maxAnswerBytes = 8 * 1024 * 1024

/** Requests to a schema registry over a few kept connections. Follows no redirect: it would carry the credentials along. */
export class RegistryHttp {
  /** Without the slash at its end. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly agent: http.Agent
  readonly #options: RegistryHttpOptions

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
        'put user and password of the schema registry into "auth": its URL is logged',
      )
    }
    this.url = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
    this.headers = options.auth === undefined ? {} : { authorization: authorization(options.auth) }
    const settings = { keepAlive: true, maxSockets: 4 }
    this.agent =
      url.protocol === 'https:' ? new https.Agent({ ...settings, ...options.tls }) : new http.Agent(settings)
    this.#options = options
  }

  /**
   * One request. `path` begins with a slash and is encoded.
   *
   * @throws RelayError `SCHEMA_REGISTRY_UNAVAILABLE` if no complete answer came in time.
   */
  request(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<RegistryAnswer> {
    const { clock, timeoutMs } = this.#options
    const url = `${this.url}${path}`
    const text = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void => {
        cancel()
        request.destroy()
        reject(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', `${method} ${url}: ${reason}`, { cause }))
      }
      const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`))
      const send = url.startsWith('https:') ? https.request : http.request
      const request = send(url, {
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
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts)) })
        })
      })
      request.end(text)
    })
  }

  /** Closes the kept connections; requests under way fail. */
  close(): void {
    this.agent.destroy()
  }
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
