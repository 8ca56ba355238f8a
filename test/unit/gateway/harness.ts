import { type Agent, type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import type { GatewayItem, QuarantineRecord } from '../../../src/gateway/gateway-item.ts'
import type { Intake, Notification } from '../../../src/gateway/intake.ts'
import type { Kept } from '../../../src/gateway/kept.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { GatewayServer, type GatewayServerOptions } from '../../../src/gateway/server.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import type { Sink, WriteOptions } from '../../../src/sink/sink.ts'

interface Write {
  readonly items: readonly GatewayItem[]
  readonly signal: AbortSignal | undefined
  resolve(kept?: Kept): void
  reject(error: unknown): void
}

/** Remembers every write; acknowledges at once unless told to hold, and then when the test says so. */
export class RecordingSink implements Sink<GatewayItem, Kept> {
  readonly writes: Write[] = []
  hold = false

  write(items: readonly GatewayItem[], options: WriteOptions = {}): Promise<Kept> {
    return new Promise((resolve, reject) => {
      const accept = (kept: Kept = { duplicates: 0, conflicts: 0 }): void => resolve(kept)
      this.writes.push({ items, signal: options.signal, resolve: accept, reject })
      if (!this.hold) accept()
    })
  }

  async close(): Promise<void> {}

  get items(): GatewayItem[] {
    return this.writes.flatMap(({ items }) => [...items])
  }

  /** What events hold, in order. */
  get texts(): string[] {
    return this.items.flatMap((item) => (item.kind === 'event' ? [item.record.datum.toString()] : []))
  }

  /** What is kept as rejected, in order. */
  get rejected(): QuarantineRecord[] {
    return this.items.flatMap((item) => (item.kind === 'quarantine' ? [item.record] : []))
  }
}

export function eventItem(text: string | Buffer): GatewayItem {
  const record = {
    key: Buffer.from('library/app'),
    datum: Buffer.from(text),
    fingerprint: 'f',
    receivedAt: 0,
  }
  return { kind: 'event', record, digest: Buffer.alloc(16) }
}

export function notificationOf(
  items: readonly GatewayItem[],
  counts: Partial<Notification> = {},
): Notification {
  const none = { typed: 0, verbatim: 0, withoutRepository: 0, misfits: 0, ignored: 0, quarantined: 0 }
  return { ...none, ...counts, items }
}

/** One event per body, holding the body: the server does not care what an Envelope is. */
export const fakeIntake: Intake = (body) => notificationOf([eventItem(body)], { typed: 1 })

export interface Gateway {
  readonly server: GatewayServer
  readonly sink: RecordingSink
  readonly url: string
  readonly port: number
  readonly logs: string[]
  /** The value of a metric as Prometheus would scrape it; 0 if it was never touched. */
  metric(series: string): Promise<number>
}

export async function startGateway(
  t: TestContext,
  options: Partial<GatewayServerOptions> = {},
): Promise<Gateway> {
  const sink = new RecordingSink()
  const logs: string[] = []
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  const logger = createLogger({
    version: '0',
    level: 'debug',
    to: { write: (line) => logs.push(line) },
  })
  const server = new GatewayServer({
    intake: fakeIntake,
    quarantine: createQuarantine(),
    sink,
    port: 0,
    telemetry: { logger, metrics },
    ...options,
  })
  const { url, port } = await server.start()
  t.after(() => server.close({ deadlineMs: 0 }))
  return {
    server,
    sink,
    url,
    port,
    logs,
    async metric(series) {
      const line = (await metrics.expose()).split('\n').find((text) => text.startsWith(`${series} `))
      return line === undefined ? 0 : Number(line.slice(series.length + 1))
    },
  }
}

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Sending {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Buffer
  /** Default: a new connection, as registries do it. */
  readonly agent?: Agent
  /** For an https URL. */
  readonly tls?: ConnectionOptions
}

export const jsonHeaders = { 'Content-Type': 'application/json' }

export function post(url: string, body: string | Buffer, sending: Sending = {}): Promise<Received> {
  return send(url, { method: 'POST', headers: jsonHeaders, body, ...sending })
}

export function send(url: string, sending: Sending): Promise<Received> {
  const { method = 'GET', headers = {}, body, agent = false, tls = {} } = sending
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    const outgoing = request(url, { method, headers, agent, ...tls }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export interface RawConnection {
  readonly socket: Socket
  /** Everything received until now. */
  text(): string
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>
}

export async function rawConnection(t: TestContext, port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  // A reset is one of the ways a connection ends here.
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, text: () => text, closed }
}
