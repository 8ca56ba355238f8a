import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { EventRecord } from '../avro/record.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { CloseOptions, Sink } from '../sink/sink.ts'
import { type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import { AcceptedAuthorizations } from './authorization.ts'
import { Connections } from './connections.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import type { Intake } from './intake.ts'
import { NotificationHandler } from './notification-handler.ts'
import { type Refusal, refusalOfClientError, requestRefusals } from './refusal.ts'
import { RejectionLog } from './rejection-log.ts'
import { defaultServerLimits, type ServerLimits } from './server-limits.ts'

export interface GatewayServerOptions {
  /** Makes records of a body. */
  readonly intake: Intake
  /** Takes the responsibility for the records: a 2xx is sent when its write resolves. Stays the caller's to close. */
  readonly sink: Sink<EventRecord>
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
  readonly authorization?: readonly string[]
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
  readonly #log: RejectionLog
  readonly #handler: NotificationHandler
  readonly #connections = new Connections()
  readonly #server: Server
  #closed: Promise<void> | undefined

  constructor(options: GatewayServerOptions) {
    const { telemetry = noTelemetry, clock = systemClock, maxBodyBytes = 32 * 1024 * 1024 } = options
    const limits = { ...defaultServerLimits, ...options.limits }
    this.#host = options.host ?? '127.0.0.1'
    this.#port = options.port
    this.#path = options.path ?? '/notifications'
    this.#clock = clock
    this.#logger = telemetry.logger.child({ component: 'gateway' })
    this.#metrics = new GatewayMetrics(telemetry.metrics)
    this.#log = new RejectionLog(this.#logger, clock)
    this.#handler = new NotificationHandler({
      intake: options.intake,
      sink: options.sink,
      admission: {
        path: this.#path,
        maxBodyBytes,
        authorizations: new AcceptedAuthorizations(options.authorization ?? []),
      },
      ackBudgetMs: options.ackBudgetMs ?? 800,
      maxBodiesBytes: Math.max(limits.maxBodiesBytes, maxBodyBytes),
      metrics: this.#metrics,
      clock,
      exchange: {
        metrics: this.#metrics,
        log: this.#log,
        clock,
        lingerMs: limits.lingerMs,
        closing: () => this.#closed !== undefined,
      },
    })
    this.#server = this.#create(limits)
  }

  /** Resolves when the port is open; rejects with CANNOT_LISTEN. */
  async start(): Promise<ListeningAddress> {
    const where = `${this.#host}:${this.#port}`
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        reject(
          new RelayError('CANNOT_LISTEN', `gateway: cannot listen on ${where}: ${cause.message}`, { cause }),
        )
      }
      this.#server.once('error', failed)
      this.#server.listen({ host: this.#host, port: this.#port }, () => {
        this.#server.off('error', failed)
        // After start only accepting can fail (no file descriptors left): one connection is lost, the server goes on.
        this.#server.on('error', (err) => this.#logger.error({ err }, 'a connection could not be accepted'))
        resolve()
      })
    })
    const { port } = this.#server.address() as AddressInfo
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return { host: this.#host, port, url: `http://${host}:${port}${this.#path}` }
  }

  /** Ready from start to close. Whether the sink takes records is the sink's to tell. */
  readiness(): { ready: boolean; reason?: string } {
    if (this.#closed !== undefined) return { ready: false, reason: 'stopping' }
    return this.#server.listening ? { ready: true } : { ready: false, reason: 'not listening yet' }
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
      this.#server.close(() => {
        cancel?.()
        resolve()
      })
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

  #create(limits: ServerLimits): Server {
    const server = createServer({
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      maxHeaderSize: limits.maxHeaderBytes,
      insecureHTTPParser: false,
    })
    server.maxRequestsPerSocket = limits.maxRequestsPerConnection
    server.maxConnections = limits.maxConnections
    server.on('connection', (socket) => this.#connections.opened(socket))
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
    server.on('connect', (_request, socket) => this.#answerBare(socket, requestRefusals.methodNotAllowed))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket))
    return server
  }

  #track(socket: Duplex, response: Duplex | NodeJS.EventEmitter): void {
    this.#connections.began(socket)
    response.once('close', () => {
      this.#connections.ended(socket)
      // The answer may have been begun before the stop and so not have ended its connection.
      if (this.#closed !== undefined) this.#connections.destroyIdle()
    })
  }

  /** What node:http could not read as a request, or waited for in vain. */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const refusal = refusalOfClientError(error.code)
    const exchange = this.#handler.receivingFrom(socket)
    if (refusal === undefined || !socket.writable) {
      // The sender is gone. A body that it was sending notices by itself.
      socket.destroy(error)
    } else if (exchange !== undefined) {
      if (exchange.broken(refusal)) writeBare(socket, refusal)
      socket.destroy(error)
    } else if (this.#connections.isBusy(socket)) {
      // An earlier request of this connection waits for its answer, and would take this one for it.
      socket.destroy(error)
    } else {
      this.#answerBare(socket, refusal)
    }
  }

  #answerBare(socket: Duplex, refusal: Refusal): void {
    this.#metrics.answered(refusal.status)
    this.#metrics.rejected(refusal.code)
    this.#log.rejected(
      'warn',
      refusal.code,
      { status: refusal.status },
      `request rejected: ${refusal.message}`,
    )
    writeBare(socket, refusal)
    socket.destroy()
  }
}

function writeBare(socket: Duplex, { status, code, message, headers }: Refusal): void {
  const body = JSON.stringify({ code, message })
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
