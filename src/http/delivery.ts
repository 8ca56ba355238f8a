import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { SinkClosedError } from '../sink/sink.ts'
import { packageVersion } from '../version.ts'
import { Attempts } from './attempt.ts'
import { httpUrl } from './connection-options.ts'
import type { Deliverer, DeliveryReceipt, DeliveryRequest } from './deliverer.ts'
import { type DeliveryOutcome, deliveryFailed, outcomeOfAnswer, outcomeOfError } from './delivery-outcome.ts'
import { HttpTransport, withoutContent } from './http-transport.ts'
import { contentTypeHeader, type HeaderValues, staticHeaders, webhookIdHeader } from './request-headers.ts'

export interface DeliveryOptions {
  /** http or https, without user name and password (those belong into a header). */
  readonly url: string | URL
  /** Sent with every request. `Authorization` goes here. */
  readonly headers?: HeaderValues
  /**
   * Connections to the endpoint at most; further requests wait for one. Default 64, as many as the bridge has
   * in flight.
   */
  readonly maxConnections?: number
  /** TCP and TLS. Default 5 s. */
  readonly connectTimeoutMs?: number
  /** From the request being sent to the last header of the answer. Default 10 s. */
  readonly headersTimeoutMs?: number
  /**
   * For reading the rest of the answer, which decides nothing; then the connection is given up. Default 2 s.
   */
  readonly bodyTimeoutMs?: number
  /**
   * For the whole attempt, waiting for a connection included. Default 15 s: receivers are asked to answer
   * within 10 s.
   */
  readonly totalTimeoutMs?: number
  /** Longest pause the endpoint may ask for by `Retry-After`. Default 5 min. */
  readonly maxRetryAfterMs?: number
  readonly clock?: Clock
}

/** One POST per call, over connections that are kept open. */
export class HttpDelivery implements Deliverer {
  readonly #transport: HttpTransport
  readonly #attempts: Attempts
  readonly #url: URL
  readonly #headers: readonly string[]
  readonly #options: Required<Pick<DeliveryOptions, 'totalTimeoutMs' | 'maxRetryAfterMs' | 'clock'>>
  #closing: Promise<void> | undefined

  /** @throws CONFIG_INVALID: the URL or a header cannot be used */
  constructor(options: DeliveryOptions) {
    this.#url = endpointUrl(options.url)
    const headers = staticHeaders(options.headers ?? {})
    const named = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'user-agent')
    this.#headers = named ? headers : ['User-Agent', `registry-relay/${packageVersion()}`, ...headers]
    const { clock = systemClock, totalTimeoutMs = 15_000 } = options
    this.#options = { clock, totalTimeoutMs, maxRetryAfterMs: options.maxRetryAfterMs ?? 300_000 }
    this.#attempts = new Attempts(clock)
    this.#transport = new HttpTransport({
      url: this.#url,
      maxConnections: options.maxConnections ?? 64,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
      bodyTimeoutMs: options.bodyTimeoutMs ?? 2_000,
      clock,
    })
  }

  async deliver(request: DeliveryRequest, signal?: AbortSignal): Promise<DeliveryReceipt> {
    if (this.#closing !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    const attempt = this.#attempts.begin(signal)
    attempt.limit(this.#options.totalTimeoutMs)
    try {
      const outcome = await this.#post(request, attempt.signal)
      if (outcome.kind === 'delivered') return { status: outcome.status }
      throw deliveryFailed(this.#url.origin, outcome)
    } catch (thrown) {
      if (thrown instanceof RelayError) throw thrown
      signal?.throwIfAborted()
      throw deliveryFailed(this.#url.origin, outcomeOfError(thrown), { cause: withoutContent(thrown) })
    } finally {
      attempt.end()
    }
  }

  async #post(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryOutcome> {
    const headers = ['Content-Type', contentTypeHeader(request.mediaType), ...this.#headers]
    const id = webhookIdHeader(request.eventId)
    if (id !== undefined) headers.push('webhook-id', id)
    const body = Buffer.from(request.body, 'utf8')
    const answer = await this.#transport.post(headers, body, signal)
    const { clock, maxRetryAfterMs } = this.#options
    const outcome = outcomeOfAnswer({ ...answer, receivedAt: clock.now(), maxRetryAfterMs })
    await answer.finished
    return outcome
  }

  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 5_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<void> {
    // The transport's own destroy does nothing any more once its close has begun, so the attempts are ended one by
    // one.
    const cancel = this.#options.clock.after(deadlineMs, () => this.#attempts.abortAll(new SinkClosedError()))
    await this.#transport.close()
    cancel()
  }
}

function endpointUrl(given: string | URL): URL {
  const url = httpUrl('url', given)
  if (url.username !== '' || url.password !== '') {
    throw new RelayError(
      'CONFIG_INVALID',
      'url: put user name and password into an Authorization header, not here',
    )
  }
  return url
}
