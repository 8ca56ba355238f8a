import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import { encodeEnvelope } from '../event/envelope-encoder.ts'
import type { Event } from '../event/event.ts'
import { mediaTypeOf, type Profile } from '../event/profile.ts'
import { Deadline } from '../sink/deadline.ts'
import { type ErrorObserver, type FailureObserver, Observers, type SuccessObserver } from '../sink/observe.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { packageVersion } from '../version.ts'
import { type Attempt, Attempts } from './attempt.ts'
import { type ConnectionOptions, httpUrl } from './connection-options.ts'
import { deliveryFailed, outcomeOfAnswer, outcomeOfError } from './delivery-outcome.ts'
import { envelopeHeaders } from './envelope-headers.ts'
import { HttpTransport, type TransportAnswer, withoutContent } from './http-transport.ts'
import type { HeaderValues } from './request-headers.ts'
import { Turns } from './turns.ts'

export interface HttpSinkOptions extends ConnectionOptions {
  /** http or https. User name and password in it are sent as Basic credentials. */
  readonly url: string | URL
  /** How the Envelope is written, and its media type. Default `distribution-3`. */
  readonly profile?: Profile
  /** Added to the sink's own, see {@link HttpSink}. Values are secrets. */
  readonly headers?: HeaderValues
  /** For one attempt, from the moment its turn comes to the last header of the answer. Default 10 s; 0 is none. */
  readonly timeoutMs?: number
  /**
   * Answers after which the same events must not be sent again: the write rejects with DELIVERY_REFUSED, which is not
   * retriable. Default none, as upstream: everything is tried again. {@link permanentStatuses} is a choice.
   */
  readonly refusals?: readonly number[]
  readonly observers?: readonly Partial<HttpSinkObserver>[]
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/** What can be heard; each attempt calls exactly one of success, failure and error. */
export interface HttpSinkObserver
  extends SuccessObserver<Event, HttpReceipt>,
    FailureObserver<Event, HttpReceipt>,
    ErrorObserver<Event> {
  /** How long an attempt took that reached the network, whatever came of it. Called before the outcome. */
  latency(tookMs: number): void
}

export interface HttpReceipt {
  readonly status: number
}

/** Statuses that say something about the request itself: to repeat it unchanged gives the same answer. */
export const permanentStatuses: readonly number[] = [400, 405, 406, 410, 411, 413, 414, 415, 422, 431]

const defaultCloseMs = 5_000
/** Longest pause of a `Retry-After` that is believed, for `facts.retryAfterMs`. */
const maxRetryAfterMs = 300_000

/**
 * Takes events to an HTTP endpoint: one write is one POST of one Envelope, and one attempt. To try again is the business
 * of a `RetryingSink` around it.
 *
 * **A resolved write**: the endpoint answered 2xx. Writes are made one after another, in the order of the calls.
 *
 * **A rejected write**: DELIVERY_FAILED with `facts.status` for any other answer, a redirect too, which is never followed:
 * a 301 makes of the POST a GET without the event, and the credentials are for this host only; with `facts.reason` when no
 * answer came. DELIVERY_REFUSED for a status among `refusals`. EVENT_INVALID for an event that cannot be written.
 *
 * **Aborted**: rejects with the signal's reason; a request under way is broken off and may have arrived.
 *
 * **Close** waits for the writes that were accepted, 5 s unless told otherwise, then breaks them off.
 *
 * What goes over the wire, against a registry of Distribution:
 *
 * | | Distribution | here | why |
 * |---|---|---|---|
 * | method, path with query, body, its length | | the same | |
 * | `Content-Type`, others sorted by name, `Accept-Encoding: gzip` last | | the same | |
 * | configured headers: added, several lines kept, names as spelt | | the same | |
 * | order and spelling of `Host`, `Content-Length` | `Host` first, `Content-Length` third | `host` first, `content-length` last | names are the same in any case; order has no meaning |
 * | `Connection` | none | `connection: keep-alive`, or `close` without `keepAlive` | says the default aloud |
 * | `User-Agent` | `Go-http-client/1.1` | `registry-relay/<version>` | honest; a configured one replaces it in any spelling |
 * | configured `Host`, `Content-Length`, … | dropped in canonical spelling, else sent twice | dropped in any spelling, with a warning | a second length is request smuggling |
 * | invalid header or URL | every attempt fails | the constructor throws CONFIG_INVALID | it can never succeed |
 * | proxy | from the environment | only from `proxy` | nothing hidden |
 * | protocol | HTTP/2 possible for https | HTTP/1.1 | |
 * | redirect | followed up to ten times with all headers, to any host | failure | credentials and events stay where they were meant for |
 * | 300 to 399 otherwise | delivered | failure | nobody said that it was taken |
 * | 101 | failure with a status | error without one | the client takes it for a broken answer |
 */
export class HttpSink implements Sink<Event, HttpReceipt | undefined> {
  readonly #profile: Profile
  readonly #origin: string
  readonly #headers: readonly string[]
  readonly #timeoutMs: number
  readonly #refusals: ReadonlySet<number>
  readonly #observers: Observers<Partial<HttpSinkObserver>>
  readonly #clock: Clock
  readonly #transport: HttpTransport
  readonly #attempts: Attempts
  /** Bodies of writes that failed: whoever repeats one brings the same array. */
  readonly #bodies = new WeakMap<readonly Event[], Buffer>()
  readonly #turns = new Turns()
  #accepted = 0
  #closed: Promise<void> | undefined

  /** @throws RelayError CONFIG_INVALID naming the option or the header */
  constructor(options: HttpSinkOptions) {
    const {
      profile = 'distribution-3',
      timeoutMs = 10_000,
      clock = systemClock,
      telemetry = noTelemetry,
    } = options
    const url = httpUrl('url', options.url)
    const userAgent = `registry-relay/${packageVersion()}`
    const headers = envelopeHeaders(url, mediaTypeOf(profile), userAgent, options.headers ?? {})
    this.#profile = profile
    this.#origin = url.origin
    this.#headers = headers.lines
    this.#timeoutMs = timeoutMs
    this.#refusals = new Set(options.refusals)
    this.#observers = new Observers(options.observers, telemetry.logger)
    this.#clock = clock
    this.#attempts = new Attempts(clock)
    this.#transport = new HttpTransport({
      ...options,
      url,
      maxConnections: 1,
      // The limit of the attempt is the only one: two would race for the reason that is shown.
      headersTimeoutMs: 0,
      bodyTimeoutMs: 250,
      clock,
    })
    if (headers.dropped.length > 0) {
      telemetry.logger.warn(
        { origin: url.origin, headers: headers.dropped },
        'these configured headers belong to the connection and are not sent',
      )
    }
  }

  write(events: readonly Event[], options: WriteOptions = {}): Promise<HttpReceipt | undefined> {
    const { signal } = options
    if (this.#closed !== undefined) return Promise.reject(new SinkClosedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (events.length === 0) return Promise.resolve(undefined)
    return this.#inTurn(events, signal)
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? defaultCloseMs)
    return this.#closed
  }

  async #inTurn(events: readonly Event[], signal: AbortSignal | undefined): Promise<HttpReceipt> {
    const attempt = this.#attempts.begin(signal)
    this.#accepted += events.length
    try {
      const endTurn = await this.#turns.take(attempt.signal)
      let connectionFree: Promise<void> | undefined
      try {
        if (this.#timeoutMs > 0) attempt.limit(this.#timeoutMs)
        const { answer, failed } = await this.#attempt(events, attempt)
        connectionFree = answer.finished
        if (failed !== undefined) throw failed
        this.#bodies.delete(events)
        return { status: answer.status }
      } finally {
        endTurn(connectionFree)
      }
    } finally {
      attempt.end()
      this.#accepted -= events.length
    }
  }

  async #attempt(
    events: readonly Event[],
    attempt: Attempt,
  ): Promise<{ readonly answer: TransportAnswer; readonly failed?: RelayError }> {
    let answer: TransportAnswer
    try {
      answer = await this.#post(this.#bodyOf(events), attempt)
    } catch (thrown) {
      const error = this.#errorOf(thrown, attempt)
      this.#observers.tell((observer) => observer.error?.(events, toError(error)))
      throw error
    }
    const { status } = answer
    const outcome = outcomeOfAnswer({ ...answer, receivedAt: this.#clock.now(), maxRetryAfterMs })
    if (outcome.kind === 'delivered') {
      this.#observers.tell((observer) => observer.success?.(events, { status }))
      return { answer }
    }
    this.#observers.tell((observer) => observer.failure?.(events, { status }))
    const code = this.#refusals.has(status) ? 'DELIVERY_REFUSED' : 'DELIVERY_FAILED'
    return { answer, failed: deliveryFailed(this.#origin, outcome, { code }) }
  }

  async #post(body: Buffer, attempt: Attempt): Promise<TransportAnswer> {
    const startedAt = this.#clock.monotonic()
    try {
      return await this.#transport.post(this.#headers, body, attempt)
    } finally {
      const tookMs = this.#clock.monotonic() - startedAt
      this.#observers.tell((observer) => observer.latency?.(tookMs))
    }
  }

  #bodyOf(events: readonly Event[]): Buffer {
    const known = this.#bodies.get(events)
    if (known !== undefined) return known
    const body = Buffer.from(encodeEnvelope(events, this.#profile), 'utf8')
    this.#bodies.set(events, body)
    return body
  }

  /** The reason of whoever ended the attempt, and our own errors (an event that cannot be written), pass as they are. */
  #errorOf(thrown: unknown, attempt: Attempt): unknown {
    if (attempt.interrupted || isRelayError(thrown)) return thrown
    return deliveryFailed(this.#origin, outcomeOfError(thrown), { cause: withoutContent(thrown) })
  }

  async #close(deadlineMs: number): Promise<void> {
    const { over } = this.#turns
    if (await new Deadline(this.#clock, deadlineMs).meets(over)) return this.#transport.close()
    const givenUp = this.#accepted
    this.#attempts.abortAll(new SinkClosedError())
    await this.#transport.destroy()
    await over
    // With none left it was only the tail of an answer that took so long.
    if (givenUp === 0) return
    throw new RelayError(
      'DEADLINE_EXCEEDED',
      `http-sink: ${givenUp} event(s) to ${this.#origin} were given up ${deadlineMs} ms after close`,
      { facts: { origin: this.#origin, givenUp, deadlineMs } },
    )
  }
}
