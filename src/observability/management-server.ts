import { type FastifyInstance, fastify } from 'fastify'
import { RelayError, toError } from '../errors.ts'

/** Whether one part can do its work now, and if not, what it waits for. */
export interface Readiness {
  readonly ready: boolean
  /** What it waits for; of a part that is ready, what does not work although it does its own work. */
  readonly reason?: string
}

export interface ManagementServerOptions {
  /** Default `127.0.0.1`. The answers name brokers and topics: open it no further than the scraper needs. */
  readonly host?: string
  /** 0 lets the system choose. */
  readonly port: number
  /** By name; asked at every `/readyz`. */
  readonly parts: Readonly<Record<string, () => Readiness>>
  readonly metrics: { readonly contentType: string; expose(): Promise<string> }
}

export interface ListeningAddress {
  readonly host: string
  readonly port: number
  /** `http://host:port`. */
  readonly url: string
}

/**
 * What operators and orchestrators ask, on a port of its own:
 *
 * - `GET /healthz`: 200 as long as the process answers. Never looks at Kafka: restarting a relay does not bring a broker
 *   back, and a relay that is restarted for it drops the connections of everybody.
 * - `GET /readyz`: 200 when all parts are ready, else 503, with the reason of each part.
 * - `GET /metrics`: Prometheus's text format.
 */
export class ManagementServer {
  readonly #options: ManagementServerOptions
  readonly #server: FastifyInstance
  #closed: Promise<void> | undefined

  constructor(options: ManagementServerOptions) {
    this.#options = options
    // A scraper's idle keep-alive connection must not hold up the end of the process.
    this.#server = fastify({ logger: false, bodyLimit: 1_024, forceCloseConnections: true })
    this.#server.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    this.#server.get('/healthz', () => ({ status: 'alive' }))
    this.#server.get('/readyz', (_request, reply) => {
      const readiness = this.#readiness()
      return reply.code(readiness.ready ? 200 : 503).send(readiness)
    })
    this.#server.get('/metrics', async (_request, reply) => {
      const text = await options.metrics.expose()
      return reply.header('content-type', options.metrics.contentType).send(text)
    })
  }

  /** Resolves when the port is open; rejects with CANNOT_LISTEN. */
  async start(): Promise<ListeningAddress> {
    const { host = '127.0.0.1', port } = this.#options
    try {
      const url = await this.#server.listen({ host, port })
      return { host, port: Number(new URL(url).port), url }
    } catch (error) {
      throw new RelayError(
        'CANNOT_LISTEN',
        `management server: cannot listen on ${host}:${port}: ${toError(error).message}`,
        { cause: error, facts: { host, port } },
      )
    }
  }

  /** Idempotent; answers under way are cut. */
  close(): Promise<void> {
    this.#closed ??= this.#server.close()
    return this.#closed
  }

  #readiness(): { ready: boolean; parts: Record<string, Readiness> } {
    const parts = Object.fromEntries(
      Object.entries(this.#options.parts).map(([name, ask]) => [name, readinessOf(ask)]),
    )
    return { ready: Object.values(parts).every(({ ready }) => ready), parts }
  }
}

/** A part that fails at being asked is not ready; the others are still worth showing. */
function readinessOf(ask: () => Readiness): Readiness {
  try {
    return ask()
  } catch (error) {
    return { ready: false, reason: toError(error).message }
  }
}
