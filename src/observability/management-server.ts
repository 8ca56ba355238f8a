import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
} from 'fastify'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'
import type { MetricSource } from './figures.ts'
import { ProblemLog } from './problem-log.ts'
import { type Parts, ReadinessWatch } from './readiness.ts'
import { shownText } from './shown-text.ts'
import { StatusBoard } from './status-board.ts'
import { securityHeaders, statusPage } from './status-page.ts'
import { StatusStream } from './status-stream.ts'

export interface ManagementServerOptions {
  /** Default `127.0.0.1`. The answers name brokers and topics: open it no further than the scraper and the operators need. */
  readonly host?: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly version: string
  /** By name; asked at every `/readyz`, and once a second. */
  readonly parts: Parts
  readonly metrics: MetricSource & { readonly contentType: string; expose(): Promise<string> }
  /** Default: none are shown. */
  readonly problems?: ProblemLog
  /** Where registries post to, for the status page of a gateway that has got nothing yet. */
  readonly notificationsUrl?: string | undefined
  readonly clock?: Clock
}

export interface ListeningAddress {
  readonly host: string
  readonly port: number
  /** `http://host:port`. */
  readonly url: string
}

const defaultHost = '127.0.0.1'

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

/** No route has a schema. Left alone, fastify loads two compilers for them, which takes longer than all else of a start. */
const withoutSchemas = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => JSON.stringify,
} as unknown as Compilers

/**
 * What operators and orchestrators ask, on a port of its own. Read-only: GET and HEAD, nothing else.
 *
 * - `/healthz`: 200 as long as the process answers. Never looks at Kafka: restarting a relay does not bring a broker
 *   back, and a relay that is restarted for it drops the connections of everybody.
 * - `/readyz`: 200 when all parts are ready, else 503, with the reason of each part and since when.
 * - `/metrics`: Prometheus's text format.
 * - `/`: the status page; `/status`: what it shows, as JSON; `/status/stream`: the same every second, as server-sent events.
 */
export class ManagementServer {
  readonly #options: ManagementServerOptions
  readonly #server: FastifyInstance
  readonly #readiness: ReadinessWatch
  readonly #board: StatusBoard
  readonly #stream = new StatusStream()
  #closed: Promise<void> | undefined

  constructor(options: ManagementServerOptions) {
    const { clock = systemClock, version, metrics, problems = new ProblemLog(clock) } = options
    this.#options = options
    this.#readiness = new ReadinessWatch(options.parts, clock)
    this.#board = new StatusBoard({
      version,
      readiness: this.#readiness,
      metrics,
      problems,
      notificationsUrl: options.notificationsUrl,
      clock,
      onLook: () => this.#tellStreams(),
    })
    // A scraper's idle keep-alive connection must not hold up the end of the process.
    this.#server = fastify({
      logger: false,
      bodyLimit: 1_024,
      forceCloseConnections: true,
      schemaController: { compilersFactory: withoutSchemas },
    })
    if (isLoopback(options.host ?? defaultHost)) this.#server.addHook('onRequest', refuseOtherNames)
    this.#server.addHook('onRequest', refuseWrites)
    this.#server.addHook('onSend', async (_request, reply) => {
      reply.headers(securityHeaders)
    })
    this.#server.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound))
    this.#server.setErrorHandler((error: Partial<FastifyError>, _request, reply) =>
      reply
        .code(error.statusCode ?? 500)
        .send({ code: error.code ?? 'INTERNAL', message: shownText(toError(error).message) }),
    )
    this.#serveHealth()
    this.#serveStatus()
  }

  /** Resolves when the port is open; rejects with CANNOT_LISTEN. */
  async start(): Promise<ListeningAddress> {
    const { host = defaultHost, port } = this.#options
    try {
      const url = await this.#server.listen({ host, port })
      this.#board.start()
      return { host, port: Number(new URL(url).port), url }
    } catch (error) {
      throw new RelayError(
        'CANNOT_LISTEN',
        `management server: cannot listen on ${host}:${port}: ${toError(error).message} (management.port)`,
        { cause: error, facts: { host, port } },
      )
    }
  }

  /** Idempotent; answers under way are cut, and so are pages that look on. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #close(): Promise<void> {
    this.#board.close()
    this.#stream.close()
    return this.#server.close()
  }

  #serveHealth(): void {
    const { metrics, version } = this.#options
    this.#server.get('/healthz', () => ({ status: 'alive' }))
    this.#server.get('/readyz', (_request, reply) => {
      const { ready, parts } = this.#readiness.report()
      return reply.code(ready ? 200 : 503).send({ ready, version, parts })
    })
    this.#server.get('/metrics', async (_request, reply) => {
      const text = await metrics.expose()
      return reply.header('content-type', metrics.contentType).send(text)
    })
  }

  #serveStatus(): void {
    for (const [path, { contentType, body }] of statusPage()) {
      this.#server.get(path, (_request, reply) => reply.header('content-type', contentType).send(body))
    }
    this.#server.get('/status', () => this.#board.status())
    this.#server.get('/status/stream', (request, reply) => this.#openStream(request, reply))
  }

  async #openStream(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const contentType = { 'content-type': 'text/event-stream' }
    if (request.method === 'HEAD') return reply.headers(contentType).send('')
    const snapshot = JSON.stringify(await this.#board.status())
    if (this.#closed !== undefined) return reply.code(503).send(stopping)
    // Asked after the wait, in which others may have come.
    if (this.#stream.full) return reply.code(503).header('retry-after', '5').send(tooManyStreams)
    reply.hijack()
    // A proxy in between must pass on each snapshot as it comes.
    reply.raw.writeHead(200, { ...contentType, ...securityHeaders, 'x-accel-buffering': 'no' })
    this.#stream.add(reply.raw, snapshot)
    return reply
  }

  /** Made once for all of them, and not at all when nobody looks on. */
  #tellStreams(): void {
    if (this.#stream.size === 0) return
    this.#board.status().then(
      (status) => this.#stream.send(JSON.stringify(status)),
      // The next look is a second away; a page that hears nothing says so.
      () => undefined,
    )
  }
}

const notFound = {
  code: 'NOT_FOUND',
  message: 'There are /, /status, /status/stream, /healthz, /readyz and /metrics.',
}
const readOnly = { code: 'METHOD_NOT_ALLOWED', message: 'Nothing can be changed here: GET and HEAD only.' }
const tooManyStreams = { code: 'TOO_MANY_STREAMS', message: 'Too many pages look on; /status still answers.' }
const stopping = { code: 'STOPPING', message: 'The process is stopping.' }

const misdirected = {
  code: 'MISDIRECTED_REQUEST',
  message: 'This port listens on the loopback address, and answers to localhost, 127.0.0.1 and [::1] alone.',
}

/**
 * A site whose name is made to lead to 127.0.0.1 has a browser on this machine ask here, and could read the answers as its own. Its
 * name stands in the request. (What is no browser may leave it out.)
 */
async function refuseOtherNames({ headers: { host } }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (host === undefined || isLoopback(host.replace(/:\d+$/, ''))) return
  await reply.code(421).send(misdirected)
}

/** Before a body is read: nothing here wants one. */
async function refuseWrites(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.method === 'GET' || request.method === 'HEAD') return
  await reply.code(405).header('allow', 'GET, HEAD').send(readOnly)
}
