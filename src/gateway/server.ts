import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { CloseOptions, Sink } from '../sink/sink.ts'
import { type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { AcceptedAuthorizations } from './authorization.ts'
import { ConnectionFaults } from './connection-faults.ts'
import { Connections } from './connections.ts'
import type { GatewayItem } from './gateway-item.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import type { HandlingRules } from './handling-rules.ts'
import { expiryOf, type GatewayTls, HttpServer } from './http-server.ts'
import type { Intake } from './intake.ts'
import type { Kept } from './kept.ts'
import { NotificationHandler } from './notification-handler.ts'
import type { Quarantine } from './quarantine.ts'
import { requestRefusals } from './refusal.ts'
import { RejectionLog } from './rejection-log.ts'
import { RequestSpans } from './request-span.ts'
import { defaultServerLimits, type ServerLimits } from './server-limits.ts'

export interface GatewayServerOptions {
  /** Makes items of a body. */
  readonly intake: Intake
  /** Makes an item of a body that the intake does not get to see, or cannot read. */
  readonly quarantine: Quarantine
  /** Takes the responsibility for the items: a 2xx is sent when its write resolves. Stays the caller's to close. */
  readonly sink: Sink<GatewayItem, Kept>
  /**
   * Default `false`: whatever an authenticated sender posts is kept and answered 200, because a registry posts what is
   * refused again for ever, and nothing behind it. `true`: what is no notification is answered 400, 413 or 415.
   */
  readonly strict?: boolean
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Default `/notifications`. */
  readonly path?: string
  /** Default 32 MiB: events of 25 MB were made with a large manifest and references. */
  readonly maxBodyBytes?: number
  /** From the end of the body to the answer. Default 800: registries give up after 1 s by default. */
  readonly ackBudgetMs?: number
  /** Accepted values of the Authorization header, scheme included. None (default): everybody may post. */
  readonly authorizations?: readonly string[]
  /** Keep `traceparent` and `tracestate` of a request as headers of its records. Default `false`. */
  readonly traceparent?: boolean
  /** HTTPS instead of HTTP. */
  readonly tls?: GatewayTls | undefined
  readonly limits?: Partial<ServerLimits>
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

export interface ListeningAddress {
  readonly host: string
  readonly port: number
  /** Where registries post to. */
  readonly url: string
}

/**
 * Takes notifications by HTTP and answers 200 when the sink has them for good. Never 3xx, which registries count as
 * delivered; 503 with `Retry-After` when the sink does not confirm in time, after which registries send again.
 *
 * On node:http: a registry opens a connection per event, and twice as many are served per second as with a framework.
 */
export class GatewayServer {
  readonly #host: string
  readonly #port: number
  readonly #path: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #metrics: GatewayMetrics
  readonly #faults: ConnectionFaults
  readonly #authorizations: AcceptedAuthorizations
  readonly #handler: NotificationHandler
  readonly #connections = new Connections((open) => this.#metrics.connectionsOpen(open))
  readonly #http: HttpServer
  #closed: Promise<void> | undefined

  /** @throws RelayError CONFIG_INVALID when certificate, key or authorities of `tls` cannot be used. */
  constructor(options: GatewayServerOptions) {
    const { telemetry = noTelemetry, clock = systemClock, maxBodyBytes = 32 * 1024 * 1024 } = options
    const limits = { ...defaultServerLimits, ...options.limits }
    this.#host = options.host ?? '127.0.0.1'
    this.#port = options.port
    this.#path = options.path ?? '/notifications'
    this.#clock = clock
    this.#logger = telemetry.logger.child({ component: 'gateway' })
    this.#metrics = new GatewayMetrics(telemetry.metrics)
    const log = new RejectionLog(this.#logger, clock)
    this.#faults = new ConnectionFaults(this.#connections, this.#metrics, log)
    this.#authorizations = new AcceptedAuthorizations(options.authorizations ?? [])
    const { tracer } = telemetry
    const secure = options.tls !== undefined
    this.#handler = new NotificationHandler({
      rules: {
        intake: options.intake,
        quarantine: options.quarantine,
        strict: options.strict ?? false,
        ackBudgetMs: options.ackBudgetMs ?? 800,
        traceparent: options.traceparent ?? false,
        limits,
      },
      sink: options.sink,
      admission: { path: this.#path, authorizations: this.#authorizations },
      maxBodyBytes,
      maxBodiesBytes: Math.max(limits.maxBodiesBytes, maxBodyBytes),
      spans: tracer === undefined ? undefined : new RequestSpans({ tracer, path: this.#path, secure }),
      metrics: this.#metrics,
      log,
      clock,
      exchange: {
        metrics: this.#metrics,
        log,
        clock,
        closing: () => this.#closed !== undefined,
        ending: new WeakSet(),
      },
    })
    this.#http = new HttpServer(limits, options.tls, this.#connections)
    if (options.tls !== undefined) this.#metrics.certificateExpires(expiryOf(options.tls))
    this.#listen()
  }

  /** Resolves when the port is open; rejects with CANNOT_LISTEN. */
  async start(): Promise<ListeningAddress> {
    const { server } = this.#http
    const where = `${this.#host}:${this.#port}`
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        reject(
          new RelayError(
            'CANNOT_LISTEN',
            `gateway: cannot listen on ${where}: ${cause.message} (gateway.port)`,
            { cause },
          ),
        )
      }
      server.once('error', failed)
      server.listen({ host: this.#host, port: this.#port }, () => {
        server.off('error', failed)
        // After start only accepting can fail (no file descriptors left): one connection is lost, the server goes on.
        server.on('error', (err) => this.#logger.error({ err }, 'a connection could not be accepted'))
        resolve()
      })
    })
    const { port } = server.address() as AddressInfo
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return {
      host: this.#host,
      port,
      url: `${this.#http.secure ? 'https' : 'http'}://${host}:${port}${this.#path}`,
    }
  }

  /** For requests from now on; a body that has begun to come is handled to its end by the rules it began under. */
  replaceRules(rules: HandlingRules): void {
    this.#handler.replaceRules(rules)
  }

  /**
   * From now on these let senders in, and no others.
   *
   * @throws RangeError when there are none and there were some
   */
  replaceAuthorizations(values: readonly string[]): void {
    this.#authorizations.replace(values)
  }

  /**
   * For connections from now on; those that are open go on.
   *
   * @throws RelayError CONFIG_INVALID when the new ones cannot be used: the old ones stay
   */
  replaceTls(tls: GatewayTls): void {
    this.#http.replaceTls(tls)
    this.#metrics.certificateExpires(expiryOf(tls))
  }

  /** Ready from start to close. Whether the sink takes records is the sink's to tell. */
  readiness(): { ready: boolean; reason?: string } {
    if (this.#closed !== undefined) return { ready: false, reason: 'stopping' }
    return this.#http.server.listening ? { ready: true } : { ready: false, reason: 'not listening yet' }
  }

  /**
   * Takes no more connections, closes those without a request, and waits until the requests in flight are answered; those
   * left at the deadline are cut, and their registries send again. Idempotent; never rejects.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const cancel =
        options.deadlineMs === undefined
          ? undefined
          : this.#clock.after(options.deadlineMs, () => this.#cut())
      // With an error if it never listened, which is as closed as it can be.
      this.#http.server.close(() => {
        cancel?.()
        resolve()
      })
      this.#http.destroyHandshakes()
      this.#connections.destroyIdle()
    })
    return this.#closed
  }

  #cut(): void {
    this.#logger.warn(
      { connections: this.#connections.busy },
      'requests cut: not answered before the deadline of the stop',
    )
    this.#connections.destroyAll()
  }

  #listen(): void {
    const { server } = this.#http
    server.on('drop', () => this.#metrics.connectionDropped())
    server.on('request', (request, response) => {
      this.#track(request.socket, response)
      this.#handler.handle(request, response, false)
    })
    server.on('checkContinue', (request, response) => {
      this.#track(request.socket, response)
      this.#handler.handle(request, response, true)
    })
    server.on('checkExpectation', (request, response) => {
      this.#track(request.socket, response)
      this.#handler.refuse(request, response, requestRefusals.expectation)
    })
    // The limit of requests per connection: node:http answers 503 by itself to those sent ahead beyond it.
    server.on('dropRequest', () => {
      this.#metrics.answered(503)
      this.#metrics.rejected('TOO_MANY_REQUESTS_ON_CONNECTION')
    })
    // CONNECT comes with a bare socket: without a listener node:http hangs up without a word.
    server.on('connect', (_request, socket) => this.#faults.tunnel(socket))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (this.#connections.has(socket))
        this.#faults.broken(error, socket, this.#handler.receivingFrom(socket))
      else this.#faults.handshake(error, socket)
    })
  }

  #track(socket: Duplex, response: Duplex | NodeJS.EventEmitter): void {
    this.#connections.began(socket)
    response.once('close', () => {
      this.#connections.ended(socket)
      // The answer may have been begun before the stop and so not have ended its connection.
      if (this.#closed !== undefined) this.#connections.destroyIdle()
    })
  }
}
