import { Agent } from 'undici'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { SinkClosedError } from '../sink/sink.ts'
import { packageVersion } from '../version.ts'
import type { Deliverer, DeliveryReceipt, DeliveryRequest } from './deliverer.ts'
import { type DeliveryOutcome, deliveryFailed, outcomeOfAnswer, outcomeOfError } from './delivery-outcome.ts'
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

/**
 * A receiver has nothing to say that we keep; up to here it is read, so that the connection can be used
 * again.
 */
const maxAnswerBytes = 64 * 1024
const maxAnswerHeaderBytes = 16 * 1024

/** One POST per call, over connections that are kept open. The one place that knows undici. */
export class HttpDelivery implements Deliverer {
  readonly #agent: Agent
  readonly #url: URL
  readonly #headers: readonly string[]
  readonly #options: Required<
    Pick<DeliveryOptions, 'totalTimeoutMs' | 'bodyTimeoutMs' | 'maxRetryAfterMs' | 'clock'>
  >
  readonly #underWay = new Set<AbortController>()
  #closing: Promise<void> | undefined

  /** @throws CONFIG_INVALID: the URL or a header cannot be used */
  constructor(options: DeliveryOptions) {
    this.#url = endpointUrl(options.url)
    const headers = staticHeaders(options.headers ?? {})
    const named = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'user-agent')
    this.#headers = named ? headers : ['User-Agent', `registry-relay/${packageVersion()}`, ...headers]
    const { clock = systemClock, totalTimeoutMs = 15_000, bodyTimeoutMs = 2_000 } = options
    this.#options = {
      clock,
      totalTimeoutMs,
      bodyTimeoutMs,
      maxRetryAfterMs: options.maxRetryAfterMs ?? 300_000,
    }
    this.#agent = new Agent({
      connections: options.maxConnections ?? 64,
      pipelining: 1,
      connect: { timeout: options.connectTimeoutMs ?? 5_000 },
      headersTimeout: options.headersTimeoutMs ?? 10_000,
      bodyTimeout: bodyTimeoutMs,
      maxHeaderSize: maxAnswerHeaderBytes,
    })
  }

  async deliver(request: DeliveryRequest, signal?: AbortSignal): Promise<DeliveryReceipt> {
    if (this.#closing !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    const attempt = new AbortController()
    this.#underWay.add(attempt)
    const onAbort = (): void => attempt.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const { clock, totalTimeoutMs } = this.#options
    const timeUp = Object.assign(new Error(`no answer within ${totalTimeoutMs} ms`), {
      code: 'TOTAL_TIMEOUT',
    })
    const cancelTimeout = clock.after(totalTimeoutMs, () => attempt.abort(timeUp))
    try {
      const outcome = await this.#post(request, attempt.signal)
      if (outcome.kind === 'delivered') return { status: outcome.status }
      throw deliveryFailed(this.#url.origin, outcome)
    } catch (thrown) {
      if (thrown instanceof RelayError) throw thrown
      signal?.throwIfAborted()
      throw deliveryFailed(this.#url.origin, outcomeOfError(thrown), withoutContent(thrown))
    } finally {
      this.#underWay.delete(attempt)
      cancelTimeout()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #post(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryOutcome> {
    const headers = ['Content-Type', contentTypeHeader(request.mediaType), ...this.#headers]
    const id = webhookIdHeader(request.eventId)
    if (id !== undefined) headers.push('webhook-id', id)
    const answer = await this.#agent.request({
      origin: this.#url.origin,
      path: this.#url.pathname + this.#url.search,
      method: 'POST',
      headers,
      body: Buffer.from(request.body, 'utf8'),
      signal,
    })
    const { clock, maxRetryAfterMs, bodyTimeoutMs } = this.#options
    const retryAfter = answer.headers['retry-after']
    const outcome = outcomeOfAnswer({
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      receivedAt: clock.now(),
      maxRetryAfterMs,
    })
    // An answer that drips a byte a second never trips the idle timeout of the client, so the reading has its
    // own end.
    const cancel = clock.after(bodyTimeoutMs, () => answer.body.destroy())
    // Whatever goes wrong from here on is after the verdict: a lost tail must not make a duplicate.
    await answer.body.dump({ limit: maxAnswerBytes }).catch(() => {})
    cancel()
    return outcome
  }

  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 5_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<void> {
    // undici's own destroy does nothing any more once its close has begun, so the attempts are ended one by
    // one.
    const cancel = this.#options.clock.after(deadlineMs, () => {
      for (const attempt of this.#underWay) attempt.abort(new SinkClosedError())
    })
    await this.#agent.close()
    cancel()
  }
}

function endpointUrl(given: string | URL): URL {
  const url = parseUrl(given)
  // The text may hold a secret (user name, password, a token in the query), so no message repeats it.
  if (url === null) throw new RelayError('CONFIG_INVALID', 'url: expected an absolute http or https URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RelayError('CONFIG_INVALID', `url: expected http or https, got ${url.protocol.slice(0, -1)}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new RelayError(
      'CONFIG_INVALID',
      'url: put user name and password into an Authorization header, not here',
    )
  }
  return url
}

function parseUrl(given: string | URL): URL | null {
  try {
    return new URL(given)
  } catch {
    return null
  }
}

/** undici hangs response bytes on some of its errors; what is kept is what it says. */
function withoutContent(thrown: unknown): Error {
  const { name, message, code } = toError(thrown) as Error & { code?: unknown }
  return Object.assign(new Error(message), { name }, typeof code === 'string' ? { code } : {})
}
