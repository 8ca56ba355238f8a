import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { type Clock, systemClock } from '../clock.ts'
import { toError } from '../errors.ts'
import { type ConnectionOptions, proxyUrl, secureContext } from './connection-options.ts'

export interface HttpTransportOptions extends ConnectionOptions {
  readonly url: URL
  /** At most; further requests wait for one. */
  readonly maxConnections: number
  /** From the request being sent to the last header of the answer; 0: only the signal ends the wait. */
  readonly headersTimeoutMs: number
  /** For reading the rest of the answer, which decides nothing; then the connection is given up. */
  readonly bodyTimeoutMs: number
  readonly clock?: Clock
}

export interface TransportAnswer {
  readonly status: number
  readonly retryAfter?: string
  /** The rest of the answer is read, or given up. Never rejects. */
  readonly finished: Promise<void>
}

/**
 * A receiver has nothing to say that we keep; up to here it is read, so that the connection can be used again.
 */
const maxAnswerBytes = 64 * 1024
const maxAnswerHeaderBytes = 16 * 1024

/** One POST per call to one URL, never more: no redirect is followed and nothing is repeated. The one place that knows undici. */
export class HttpTransport {
  readonly #dispatcher: Dispatcher
  readonly #url: URL
  readonly #keepAlive: boolean
  readonly #bodyTimeoutMs: number
  readonly #clock: Clock

  /** @throws CONFIG_INVALID: a certificate, a key or the URL of the proxy cannot be used */
  constructor(options: HttpTransportOptions) {
    this.#url = options.url
    this.#keepAlive = options.keepAlive ?? true
    this.#bodyTimeoutMs = options.bodyTimeoutMs
    this.#clock = options.clock ?? systemClock
    this.#dispatcher = dispatcherOf(options, this.#keepAlive)
  }

  /**
   * @param headers name and value alternating, as they are to be sent
   * @returns as soon as all headers of the answer are there
   */
  async post(headers: readonly string[], body: Buffer, signal: AbortSignal): Promise<TransportAnswer> {
    const answer = await this.#dispatcher.request({
      origin: this.#url.origin,
      path: this.#url.pathname + this.#url.search,
      method: 'POST',
      headers: byName(headers),
      body,
      signal,
    })
    const retryAfter = [answer.headers['retry-after']].flat()[0]
    return {
      status: answer.statusCode,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      finished: this.#finish(answer.body),
    }
  }

  /** Waits for the requests under way. */
  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  /** Breaks off what is under way. Does nothing any more once {@link close} has begun. */
  destroy(): Promise<void> {
    return this.#dispatcher.destroy()
  }

  async #finish(body: Dispatcher.ResponseData['body']): Promise<void> {
    // The verdict is spoken: a lost tail must not make a duplicate.
    body.on('error', () => {})
    if (!this.#keepAlive) {
      body.destroy()
      return
    }
    // An answer that drips a byte a second never trips the idle timeout of the client, so the reading has its
    // own end.
    const cancel = this.#clock.after(this.#bodyTimeoutMs, () => body.destroy())
    await body.dump({ limit: maxAnswerBytes }).catch(() => {})
    cancel()
  }
}

function dispatcherOf(options: HttpTransportOptions, keepAlive: boolean): Dispatcher {
  const { proxy, connectTimeoutMs = 5_000 } = options
  const common = {
    connections: options.maxConnections,
    // undici's way to say `Connection: close`.
    pipelining: keepAlive ? 1 : 0,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    maxHeaderSize: maxAnswerHeaderBytes,
  }
  const connect = { timeout: connectTimeoutMs, ...secureContext('tls', options.tls) }
  if (proxy === undefined) return new Agent({ ...common, connect })
  return new ProxyAgent({
    ...common,
    uri: proxyUrl(proxy.url).href,
    ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
    requestTls: connect,
    proxyTls: { timeout: connectTimeoutMs, ...secureContext('proxy.tls', proxy.tls) },
  })
}

/**
 * Values under their names: undici takes lines as well, but its proxy keeps only the last of several with one name.
 * Each value becomes a line again, in this order.
 */
function byName(lines: readonly string[]): Record<string, string[]> {
  const headers = new Map<string, string[]>()
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at] as string
    const values = headers.get(name) ?? []
    values.push(lines[at + 1] as string)
    headers.set(name, values)
  }
  return Object.fromEntries(headers)
}

/** undici hangs response bytes on some of its errors; what is kept is what it says. */
export function withoutContent(thrown: unknown): Error {
  const { name, message, code } = toError(thrown) as Error & { code?: unknown }
  return Object.assign(new Error(message), { name }, typeof code === 'string' ? { code } : {})
}
