import prometheus from 'prom-client'
import { showReadiness } from '../../src/app/readiness-metric.ts'
import { Reloader } from '../../src/app/reloader.ts'
import { WatchedFiles } from '../../src/app/watched-files.ts'
import { OwnIdCheck } from '../../src/avro/own-id-check.ts'
import { schemaIdMetrics } from '../../src/avro/schema-id-metrics.ts'
import { SchemaRegistryClient } from '../../src/avro/schema-registry.ts'
import { systemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config/config.ts'
import { DuplicateFilter } from '../../src/gateway/duplicate-filter.ts'
import { DuplicateWindow } from '../../src/gateway/duplicate-window.ts'
import { GatewayMetrics } from '../../src/gateway/gateway-metrics.ts'
import { KafkaRoute } from '../../src/gateway/kafka-route.ts'
import { createOversize } from '../../src/gateway/oversize.ts'
import { Pump } from '../../src/gateway/pump.ts'
import { createQuarantine } from '../../src/gateway/quarantine.ts'
import { SpooledEvents } from '../../src/gateway/spooled-events.ts'
import { EndpointTelemetry } from '../../src/http/endpoint-telemetry.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../src/kafka/kafkajs/consumer.ts'
import { PublisherMetrics } from '../../src/kafka/publisher-metrics.ts'
import { RecordHeaders } from '../../src/kafka/record-headers.ts'
import { RoutedSink } from '../../src/kafka/routed-sink.ts'
import { reporter } from '../../src/listener/report.ts'
import { memoryLimit } from '../../src/observability/memory-limit.ts'
import { buildInfo, collectProcessMetrics, eventLoopDelay } from '../../src/observability/metrics.ts'
import { TopicWatch } from '../../src/operations/topic-watch.ts'
import { Broadcaster } from '../../src/sink/broadcaster.ts'
import { EventQueue } from '../../src/sink/event-queue.ts'
import { FallbackSink } from '../../src/sink/fallback-sink.ts'
import { RetryingSink } from '../../src/sink/retrying-sink.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { Damage } from '../../src/spool/damage.ts'
import { nodeDisk } from '../../src/spool/node-disk.ts'
import type { Spool, SpoolState } from '../../src/spool/spool.ts'
import { SpoolMetrics } from '../../src/spool/spool-metrics.ts'
import { type MetricSpec, type Metrics, noTelemetry, type Telemetry } from '../../src/telemetry.ts'
import { BridgeObserver } from '../../src/topic-bridge/bridge-observer.ts'
import { EndpointObserver } from '../../src/topic-bridge/endpoint-observer.ts'

type MetricType = 'counter' | 'gauge' | 'histogram'

interface Listed extends MetricSpec {
  readonly type: MetricType
}

/** Takes down what it is asked for. */
class Catalogue implements Metrics {
  readonly listed = new Map<string, Listed>()

  counter(spec: MetricSpec): ReturnType<Metrics['counter']> {
    this.#list('counter', spec)
    return noTelemetry.metrics.counter(spec)
  }

  gauge(spec: MetricSpec): ReturnType<Metrics['gauge']> {
    this.#list('gauge', spec)
    return noTelemetry.metrics.gauge(spec)
  }

  histogram(spec: Parameters<Metrics['histogram']>[0]): ReturnType<Metrics['histogram']> {
    this.#list('histogram', spec)
    return noTelemetry.metrics.histogram(spec)
  }

  observe(spec: MetricSpec): void {
    this.#list('gauge', spec)
  }

  #list(type: MetricType, spec: MetricSpec): void {
    this.listed.set(spec.name, { ...spec, type })
  }
}

const sections: readonly (readonly [
  title: string,
  make: (telemetry: Telemetry, catalogue: Catalogue) => void,
])[] = [
  ['Gateway', gateway],
  ['Spool', spool],
  ['Publishing to Kafka', publishing],
  ['Schema registry', schemaRegistry],
  ['Bridge', bridge],
  ['Process, configuration, topics', surroundings],
  ['Library: sinks, endpoints, listener', library],
]

/** A table for each part of the relay, of the metrics that its parts ask for when they are made. Nothing is started. */
export function metricTables(): string {
  const shown = new Set<string>()
  return sections
    .map(([title, make]) => {
      const catalogue = new Catalogue()
      make({ ...noTelemetry, metrics: catalogue }, catalogue)
      // Two parts may share one: it is shown once.
      const own = [...catalogue.listed.values()].filter(({ name }) => !shown.has(name))
      for (const { name } of own) shown.add(name)
      return `### ${title}\n\n${table(own)}`
    })
    .join('\n\n')
}

function table(metrics: readonly Listed[]): string {
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels = [], help }) => {
      const shown = labels.map((label) => `\`${label}\``).join(', ')
      return `| \`${name}\` | ${type} | ${shown} | ${help.replace(/\.$/, '').replaceAll('|', '\\|')} |`
    })
  return ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

const nowhere: Sink<never> = { write: async () => undefined, close: async () => undefined }

function gateway(telemetry: Telemetry): void {
  const { metrics } = telemetry
  const quarantine = createQuarantine()
  const oversize = createOversize(undefined, telemetry)
  const window = new DuplicateWindow({ maxEvents: 0, maxAgeMs: 0, clock: systemClock })
  new GatewayMetrics(metrics)
  new DuplicateFilter({ inner: nowhere, window, metrics })
  new KafkaRoute({ events: nowhere, rejected: nowhere, quarantine, oversize, telemetry })
}

function spool(telemetry: Telemetry): void {
  const { metrics } = telemetry
  new SpoolMetrics(metrics)
  new Damage(nodeDisk, telemetry)
  new SpooledEvents(metrics)
  const empty: Pick<Spool, 'state'> = { state: () => ({ next: 0 }) as SpoolState }
  new Pump({ spool: empty as Spool, route: nowhere, quarantine: createQuarantine(), telemetry })
}

function publishing(telemetry: Telemetry): void {
  const topic = 'events'
  new PublisherMetrics(telemetry.metrics, topic)
  new RecordHeaders({ topic, cloudEvents: undefined, telemetry })
  new RoutedSink({
    topic,
    routes: [],
    partsOf: () => {
      throw new Error('there is no route')
    },
    producer: () => {
      throw new Error('nothing is produced')
    },
    schemaIds: { lookUp: () => undefined } as never,
    telemetry,
  })
}

function schemaRegistry(telemetry: Telemetry): void {
  schemaIdMetrics(telemetry.metrics)
  new OwnIdCheck(async () => '', systemClock, telemetry)
  new SchemaRegistryClient({ url: 'http://localhost', telemetry })
}

function bridge(telemetry: Telemetry): void {
  const kafka = createKafka({ brokers: ['localhost:9092'] }, noTelemetry)
  new BridgeObserver(telemetry, systemClock, 'endpoint', 'group')
  new EndpointObserver(telemetry, 'endpoint', systemClock)
  new KafkaConsumer({ kafka, groupId: 'group', topics: ['events'], telemetry })
}

function surroundings(telemetry: Telemetry, catalogue: Catalogue): void {
  catalogue.gauge(buildInfo)
  catalogue.observe(eventLoopDelay)
  catalogue.observe(memoryLimit)
  showReadiness(catalogue, {})
  new TopicWatch({ topics: [], look: async () => [], telemetry })
  new WatchedFiles({ what: 'credentials', texts: new Map(), onChange() {}, telemetry })
  new Reloader({
    load: () => ({}) as Config,
    config: {} as Config,
    plan: () => ({}) as never,
    service: {} as never,
    setLogLevel() {},
    telemetry,
  })
  for (const listed of processMetrics()) catalogue.listed.set(listed.name, listed)
}

function library(telemetry: Telemetry): void {
  new EventQueue(nowhere, { telemetry })
  new RetryingSink(nowhere, { strategy: {} as never, telemetry })
  new FallbackSink(nowhere, nowhere, { telemetry })
  new Broadcaster([], { telemetry })
  new EndpointTelemetry('endpoint', telemetry.metrics, systemClock)
  reporter('repository', telemetry)
}

/** Those of the client, with what its types do not tell. */
function processMetrics(): readonly Listed[] {
  const registry = new prometheus.Registry()
  collectProcessMetrics(registry)
  return (registry.getMetricsAsArray() as unknown as readonly ClientMetric[]).map((metric) => ({
    name: metric.name,
    help: metric.help,
    labels: metric.labelNames.filter((label) => label !== 'le'),
    type:
      metric instanceof prometheus.Counter
        ? 'counter'
        : metric instanceof prometheus.Gauge
          ? 'gauge'
          : 'histogram',
  }))
}

interface ClientMetric {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}
