import { ManagementServer } from '../../src/observability/management-server.ts'
import { PrometheusMetrics } from '../../src/observability/metrics.ts'
import { ProblemLog } from '../../src/observability/problem-log.ts'
import type { Parts, Readiness } from '../../src/observability/readiness.ts'
import { type Logger, noTelemetry } from '../../src/telemetry.ts'
import { ManualClock } from './manual-clock.ts'

/** A management server that shows figures as they are set. */
export interface Look {
  readonly url: string
  readonly clock: ManualClock
  readonly figures: LookFigures
  /** What is logged here is shown. */
  readonly logger: Logger
  close(): Promise<void>
}

export interface LookOptions {
  readonly parts?: Parts
  readonly gateway?: boolean
  readonly bridge?: readonly string[]
  readonly notificationsUrl?: string
  readonly port?: number
}

export async function openLook(options: LookOptions = {}): Promise<Look> {
  const { parts = {}, gateway = true, bridge = [], notificationsUrl, port = 0 } = options
  const clock = new ManualClock(Date.now() - 330_000)
  const metrics = new PrometheusMetrics({ version: '0.1.0', process: false })
  const problems = new ProblemLog(clock)
  const version = '0.1.0'
  const server = new ManagementServer({ port, version, parts, metrics, problems, notificationsUrl, clock })
  const figures = new LookFigures(metrics, gateway, bridge)
  const { url } = await server.start()
  return { url, clock, figures, logger: problems.tap(noTelemetry.logger), close: () => server.close() }
}

/** The metrics of gateway and bridge that the page is made of, under the names that the rooms give them. */
class LookFigures {
  readonly #metrics: PrometheusMetrics

  constructor(metrics: PrometheusMetrics, gateway: boolean, endpoints: readonly string[]) {
    this.#metrics = metrics
    this.set('event_loop_delay_seconds', 0.012, { stat: 'max' })
    if (gateway) {
      this.count('gateway_events_received_total', 0)
      this.count('kafka_produced_records_total', 0, { topic: 'registry.events.v1' })
      this.set('spool_limit_bytes', 10 * 1024 ** 3)
    }
    for (const endpoint of endpoints) {
      this.count('bridge_records_total', 0, { endpoint, outcome: 'delivered' })
      this.state(endpoint, 'closed')
    }
  }

  count(name: string, n: number, labels: Readonly<Record<string, string>> = {}): void {
    const spec = { name: `registry_relay_${name}`, help: name, labels: Object.keys(labels) }
    this.#metrics.counter(spec).add(n, labels)
  }

  set(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    const spec = { name: `registry_relay_${name}`, help: name, labels: Object.keys(labels) }
    this.#metrics.gauge(spec).set(value, labels)
  }

  state(endpoint: string, state: 'closed' | 'open' | 'half_open' | 'gone'): void {
    for (const one of ['closed', 'open', 'half_open', 'gone']) {
      this.set('endpoint_state', one === state ? 1 : 0, { endpoint, state: one })
    }
  }

  delivered(endpoint: string, n: number): void {
    this.count('bridge_records_total', n, { endpoint, outcome: 'delivered' })
  }
}

/** What the screenshots show. */
export const looks: Readonly<Record<string, () => Promise<Look>>> = { traffic, dead, empty }

const ready = (): Readiness => ({ ready: true })
const kafkaAway = (): Readiness => ({
  ready: true,
  reason:
    '48211 notifications wait for Kafka, the oldest for 754 s: no broker answers (kafka-1:9092, kafka-2:9092)',
})

async function traffic(): Promise<Look> {
  const parts = {
    gateway: ready,
    spool: ready,
    'kafka route': ready,
    topics: ready,
    'bridge relay.search-index': ready,
    'bridge relay.audit': ready,
  }
  const look = await openLook({ parts, bridge: ['search-index', 'audit', 'vulnerability-scanner'] })
  const { figures, clock } = look
  for (let second = 0; second < 320; second++) {
    const events = Math.round(180 + 90 * Math.sin(second / 27) + 30 * Math.sin(second / 4.3))
    figures.count('gateway_events_received_total', events)
    figures.count('kafka_produced_records_total', second < 190 || second > 215 ? events : 20, {
      topic: 'registry.events.v1',
    })
    figures.delivered('search-index', events)
    figures.delivered('audit', events)
    figures.delivered('vulnerability-scanner', Math.round(events / 3))
    await clock.advance(1_000)
  }
  figures.count('gateway_quarantined_total', 3, { reason: 'not_an_envelope' })
  figures.count('gateway_events_duplicate_total', 127)
  figures.count('gateway_events_ignored_total', 2_604)
  figures.set('gateway_in_flight_requests', 4)
  figures.set('spool_held_bytes', 61 * 1024 ** 2)
  figures.set('spool_unacked_records', 38)
  figures.set('spool_oldest_age_seconds', 0.04)
  figures.set('bridge_in_flight', 6, { endpoint: 'search-index', group: 'relay.search-index' })
  figures.set('bridge_in_flight', 2, { endpoint: 'audit', group: 'relay.audit' })
  figures.set('bridge_lag_records', 12, {
    endpoint: 'search-index',
    topic: 'registry.events.v1',
    partition: '0',
  })
  figures.set('bridge_oldest_undelivered_seconds', 0.12, {
    endpoint: 'search-index',
    topic: 'registry.events.v1',
    partition: '0',
  })
  look.logger.warn({ component: 'gateway' }, 'a notification is no Envelope and is kept as rejected')
  await clock.advance(1_000)
  return look
}

async function dead(): Promise<Look> {
  const scanner = { endpoint: 'vulnerability-scanner' }
  const unreachable = 'https://scanner.example.com: connect ECONNREFUSED 10.1.4.17:443'
  const parts = {
    gateway: ready,
    spool: kafkaAway,
    topics: (): Readiness => ({ ready: false, reason: 'registry.events.v1 does not exist' }),
    'bridge relay.search-index': ready,
    'bridge relay.vulnerability-scanner': (): Readiness => ({
      ready: true,
      reason: 'endpoint vulnerability-scanner does not work (ECONNREFUSED); it is only probed',
    }),
  }
  const look = await openLook({ parts, bridge: ['search-index', scanner.endpoint] })
  const { figures, clock, logger } = look
  const partition = { ...scanner, topic: 'registry.events.v1', partition: '0' }
  const said: Readonly<Record<number, () => void>> = {
    60: () => logger.warn({ component: 'consumer', groupId: 'relay.search-index' }, 'the group rebalances'),
    310: () =>
      logger.error(
        {
          component: 'topic-bridge',
          ...scanner,
          code: 'DELIVERY_REFUSED',
          reason: 'answered 422 Unprocessable Content',
        },
        'not delivered: kept as dead letter 2@118 of registry.events.dlq.v1, see registry-relay dlq show 2@118',
      ),
    314: () =>
      logger.warn(
        { component: 'endpoint', ...scanner, reason: 'ECONNREFUSED' },
        'the endpoint does not work; nothing but a probe is sent until it does',
      ),
    316: () =>
      logger.warn(
        {
          component: 'topic-bridge',
          ...scanner,
          err: Object.assign(new Error(unreachable), { code: 'DELIVERY_FAILED' }),
        },
        'attempt failed; it will be made again',
      ),
  }
  figures.state(scanner.endpoint, 'open')
  figures.count('bridge_retries_total', 2_318, { ...scanner, stage: 'deliver', reason: 'ECONNREFUSED' })
  figures.count('bridge_records_total', 4, { ...scanner, outcome: 'dead_letter' })
  figures.set('bridge_lag_records', 48_211, partition)
  figures.set('bridge_oldest_undelivered_seconds', 12_840, partition)
  figures.set('spool_held_bytes', 6.6 * 1024 ** 3)
  figures.set('spool_unacked_records', 48_211)
  figures.set('spool_oldest_age_seconds', 754)
  figures.count('gateway_quarantined_total', 3, { reason: 'not_an_envelope' })
  figures.count('gateway_events_refused_total', 12, { reason: 'spool_full' })
  for (let second = 0; second < 320; second++) {
    const events = 38 + ((second * 7) % 11)
    figures.count('gateway_events_received_total', events)
    figures.delivered('search-index', events)
    if (second < 120) figures.delivered(scanner.endpoint, events)
    if (second < 200) figures.count('kafka_produced_records_total', events, { topic: 'registry.events.v1' })
    said[second]?.()
    await clock.advance(1_000)
  }
  return look
}

async function empty(): Promise<Look> {
  const parts = { gateway: ready, spool: ready, 'kafka route': ready, topics: ready }
  const look = await openLook({ parts, notificationsUrl: 'http://relay.example.com:8080/notifications' })
  await look.clock.advance(8_000)
  return look
}
