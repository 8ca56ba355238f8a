import { buildConnector, type Dispatcher, Pool } from 'undici'
import { type Clock, systemClock } from '../clock.ts'
import { toError } from '../errors.ts'
import { presentOf } from '../present.ts'
import { AddressGuard } from './address-guard.ts'
import type { Attempt } from './attempt.ts'
import {
  type ConnectionOptions,
  type ProxyOptions,
  proxyUrl,
  secureContext,
  type TlsOptions,
} from './connection-options.ts'
import { type AnswerHead, Exchange } from './exchange.ts'
import { withoutContinue } from './interim-answers.ts'
import { byName, proxyTunnels } from './proxy-tunnels.ts'
import { SetupFault } from './setup-fault.ts'

export interface HttpTransportOptions extends ConnectionOptions {
  readonly url: URL
  /** At most; further requests wait for one. */
  readonly maxConnections: number
  /** From the request being sent to the last header of the answer; 0: only the attempt's end ends the wait. */
  readonly headersTimeoutMs: number
  /** For reading the rest of the answer, which decides nothing; then the connection is given up. */
  readonly bodyTimeoutMs: number
  readonly clock?: Clock
}

export interface TransportAnswer extends AnswerHead {
  /** The rest of the answer is read, or given up. Never rejects. */
  readonly finished: Promise<void>
}

const maxAnswerHeaderBytes = 16 * 1024

/**
 * One POST per call to one URL, never more: no redirect is followed and nothing is repeated. With {@link Exchange} and
 * {@link proxyTunnels} the one place that knows undici.
 *
 * A connection that the endpoint closed while it lay idle is noticed before it is used again, and another is opened. One
 * that is closed while the request is on its way fails the attempt: the endpoint may have taken the event.
 */
export class HttpTransport {
  readonly #options: HttpTransportOptions
  readonly #origin: string
  readonly #path: string
  readonly #keepAlive: boolean
  readonly #clock: Clock
  readonly #guard: AddressGuard | undefined
  readonly #addressFault: SetupFault | undefined
  #tls: TlsOptions | undefined
  #proxy: ProxyOptions | undefined
  #dispatcher: Dispatcher
  /** With an older certificate or password, until what is under way there is done. */
  readonly #retired = new Set<Dispatcher>()

  /** @throws CONFIG_INVALID: a certificate, a key, the URL of the proxy or a rule for addresses cannot be used */
  constructor(options: HttpTransportOptions) {
    const { url, keepAlive = true, clock = systemClock, addresses, proxy, tls } = options
    this.#options = options
    this.#origin = url.origin
    this.#path = url.pathname + url.search
    this.#keepAlive = keepAlive
    this.#clock = clock
    this.#guard = addresses === undefined ? undefined : new AddressGuard(addresses)
    this.#proxy = presentOf(proxy)
    const proxyHost = this.#proxy === undefined ? undefined : proxyUrl(this.#proxy.url).hostname
    this.#addressFault =
      (proxyHost === undefined ? undefined : this.#guard?.faultOf(proxyHost)) ??
      this.#guard?.faultOf(url.hostname)
    this.#tls = presentOf(tls)
    this.#dispatcher = dispatcherOf(options, this.#tls, this.#proxy, this.#guard)
  }

  /**
   * @param headers name and value alternating, as they are to be sent
   * @returns as soon as all headers of the answer are there; rejects with what ended the attempt, with what the network
   * said, or with a {@link SetupFault}
   */
  async post(headers: readonly string[], body: Buffer, attempt: Attempt): Promise<TransportAnswer> {
    if (this.#addressFault !== undefined) throw this.#addressFault
    this.#follow(presentOf(this.#options.tls), presentOf(this.#options.proxy))
    const exchange = new Exchange(() => attempt.endIfLate())
    attempt.whenAborted((reason) => exchange.abort(reason))
    this.#dispatcher.dispatch(
      {
        origin: this.#origin,
        path: this.#path,
        method: 'POST',
        // A pool reads the lines and keeps nothing.
        headers: this.#proxy === undefined ? (headers as string[]) : byName(headers),
        body,
      },
      exchange,
    )
    const { status, retryAfter } = await exchange.head
    const finished = exchange.rest(this.#clock, this.#options.bodyTimeoutMs)
    if (!this.#keepAlive) exchange.drop()
    return retryAfter === undefined ? { status, finished } : { status, retryAfter, finished }
  }

  /** Waits for the requests under way. */
  async close(): Promise<void> {
    await Promise.all([this.#dispatcher, ...this.#retired].map((one) => one.close()))
  }

  /**
   * Breaks off what is under way. Through a proxy it does nothing any more once {@link close} has begun: the attempts are
   * to be aborted first.
   */
  async destroy(): Promise<void> {
    await Promise.all([this.#dispatcher, ...this.#retired].map((one) => one.destroy()))
  }

  /**
   * Other certificates, or another password of the proxy, mean other connections; those in use are given back with their
   * answers.
   *
   * @throws SetupFault: these are texts of files that changed
   */
  #follow(tls: TlsOptions | undefined, proxy: ProxyOptions | undefined): void {
    if (tls === this.#tls && proxy === this.#proxy) return
    const before = this.#dispatcher
    try {
      this.#dispatcher = dispatcherOf(this.#options, tls, proxy, this.#guard)
    } catch (error) {
      throw new SetupFault('configuration', toError(error).message)
    }
    this.#tls = tls
    this.#proxy = proxy
    this.#retired.add(before)
    // Broken off by a destroy in between, which is then what counts.
    const closed = before.close().catch(() => undefined)
    void closed.then(() => this.#retired.delete(before))
  }
}

function dispatcherOf(
  options: HttpTransportOptions,
  tls: TlsOptions | undefined,
  proxy: ProxyOptions | undefined,
  guard: AddressGuard | undefined,
): Dispatcher {
  const { url, keepAlive = true, connectTimeoutMs = 5_000 } = options
  const context = secureContext('tls', tls)
  const common = {
    connections: options.maxConnections,
    // undici's way to say `Connection: close`.
    pipelining: keepAlive ? 1 : 0,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    maxHeaderSize: maxAnswerHeaderBytes,
  }
  const socket = { timeout: connectTimeoutMs, ...(guard && { lookup: guard.lookup }) }
  if (proxy === undefined) {
    const connect = buildConnector({ ...socket, ...context })
    return new Pool(url.origin, { ...common, connect: ready(withoutHost(connect)) })
  }
  return proxyTunnels({ proxy, pool: common, socket, tls: context, connectTimeoutMs, ready })
}

/**
 * undici would ask for the name in the header `Host` and check the certificate against that. Without it the connector
 * takes the server name it was made with, or else the name in the URL.
 */
function withoutHost(connect: buildConnector.connector): buildConnector.connector {
  return ({ servername: _, ...options }, callback) => connect(options, callback)
}

function ready(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (error, socket) => {
      if (error !== null) return callback(error, null)
      withoutContinue(socket)
      callback(null, socket)
    })
}

/** undici hangs response bytes on some of its errors; what is kept is what it says. */
export function withoutContent(thrown: unknown): Error {
  const { name, message, code } = toError(thrown) as Error & { code?: unknown }
  return Object.assign(new Error(message), { name }, typeof code === 'string' ? { code } : {})
}
