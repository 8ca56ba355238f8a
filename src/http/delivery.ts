import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Present } from '../present.ts'
import { Deadline } from '../sink/deadline.ts'
import { SinkClosedError } from '../sink/sink.ts'
import type { Tracer } from '../telemetry.ts'
import { type Attempt, Attempts } from './attempt.ts'
import { type ConnectionOptions, httpUrl } from './connection-options.ts'
import type { Deliverer, DeliveryReceipt, DeliveryRequest } from './deliverer.ts'
import { DeliveryHeaders } from './delivery-headers.ts'
import { deliveryFailed, failureOfAnswer, outcomeOfError } from './delivery-outcome.ts'
import { DeliverySpans } from './delivery-span.ts'
import { verdictCodes, verdictOf } from './delivery-verdict.ts'
import { HttpTransport, withoutContent } from './http-transport.ts'
import type { HeaderValues } from './request-headers.ts'
import { SetupFault } from './setup-fault.ts'

/** `addresses` denies what nobody receives notifications at unless told otherwise: `{ denyPrivate: false }`. */
export interface DeliveryOptions extends ConnectionOptions {
  /** http or https, without user name and password (those belong into a header). */
  readonly url: string | URL
  /**
   * Sent with every request. `Authorization` goes here. A function is asked for each request; another object than before is
   * checked again, and one that cannot be used fails that attempt with ENDPOINT_MISCONFIGURED.
   */
  readonly headers?: Present<HeaderValues>
  /**
   * Secrets of Standard Webhooks, `whsec_` and base64 of 24 to 64 bytes each; every one of them signs. A function is asked as
   * for `headers`. Default: nothing is signed.
   */
  readonly signingSecrets?: Present<readonly string[]>
  /**
   * Connections to the endpoint at most; further requests wait for one. Default 64, as many as the bridge has
   * in flight.
   */
  readonly maxConnections?: number
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
  /** Makes a span of each request. Default: the trace context of a request is passed on as it is. */
  readonly tracer?: Tracer | undefined
  readonly clock?: Clock
}

/** One POST per call, over connections that are kept open. */
export class HttpDelivery implements Deliverer {
  readonly #transport: HttpTransport
  readonly #attempts: Attempts
  readonly #origin: string
  readonly #headers: DeliveryHeaders
  readonly #spans: DeliverySpans | undefined
  readonly #options: Required<Pick<DeliveryOptions, 'totalTimeoutMs' | 'maxRetryAfterMs' | 'clock'>>
  #closing: Promise<void> | undefined

  /** @throws CONFIG_INVALID naming the option that cannot be used, without its value where that may be a secret */
  constructor(options: DeliveryOptions) {
    const url = endpointUrl(options.url)
    const { clock = systemClock, totalTimeoutMs = 15_000, maxRetryAfterMs = 300_000 } = options
    const { headers = {}, signingSecrets = [] } = options
    this.#origin = url.origin
    this.#headers = new DeliveryHeaders({ headers, signingSecrets, clock })
    this.#spans = options.tracer === undefined ? undefined : new DeliverySpans(options.tracer, url)
    this.#options = { clock, totalTimeoutMs, maxRetryAfterMs }
    this.#attempts = new Attempts(clock)
    this.#transport = new HttpTransport({
      ...options,
      url,
      addresses: options.addresses ?? { denyPrivate: false },
      maxConnections: options.maxConnections ?? 64,
      headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
      bodyTimeoutMs: options.bodyTimeoutMs ?? 2_000,
      clock,
    })
  }

  deliver(request: DeliveryRequest, signal?: AbortSignal): Promise<DeliveryReceipt> {
    if (this.#spans === undefined) return this.#deliver(request, signal)
    return this.#spans.around(request, (traced) => this.#deliver(traced, signal))
  }

  async #deliver(request: DeliveryRequest, signal: AbortSignal | undefined): Promise<DeliveryReceipt> {
    if (this.#closing !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    const attempt = this.#attempts.begin(signal)
    attempt.limit(this.#options.totalTimeoutMs)
    try {
      return await this.#post(request, attempt)
    } catch (thrown) {
      // A verdict that was spoken counts more than an abort, and `close` has its own error.
      if (thrown instanceof RelayError) throw thrown
      signal?.throwIfAborted()
      throw this.#failure(thrown)
    } finally {
      attempt.end()
    }
  }

  async #post(request: DeliveryRequest, attempt: Attempt): Promise<DeliveryReceipt> {
    const body = Buffer.from(request.body, 'utf8')
    const answer = await this.#transport.post(this.#headers.of(request, body), body, attempt)
    const { status } = answer
    const verdict = verdictOf(status)
    if (verdict === 'delivered') {
      await answer.finished
      return { status }
    }
    const { clock, maxRetryAfterMs } = this.#options
    const failure = failureOfAnswer({ ...answer, receivedAt: clock.now(), maxRetryAfterMs })
    await answer.finished
    throw deliveryFailed(this.#origin, failure, { code: verdictCodes[verdict] })
  }

  #failure(thrown: unknown): RelayError {
    const cause = withoutContent(thrown)
    if (!(thrown instanceof SetupFault)) {
      return deliveryFailed(this.#origin, outcomeOfError(thrown), { cause })
    }
    const facts = { origin: this.#origin, reason: thrown.code }
    return new RelayError('ENDPOINT_MISCONFIGURED', `${this.#origin}: ${thrown.message}`, { cause, facts })
  }

  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 5_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<void> {
    if (await new Deadline(this.#options.clock, deadlineMs).meets(this.#transport.close())) return
    this.#attempts.abortAll(new SinkClosedError())
    await this.#transport.destroy()
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
