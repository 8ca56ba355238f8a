import prometheus from 'prom-client'
import { systemClock } from '../clock.ts'
import type { Counter, Gauge, Histogram, Labels, MetricSpec, Metrics } from '../telemetry.ts'
import { EventLoopDelay } from './event-loop-delay.ts'
import { memoryLimit, memoryLimitBytes } from './memory-limit.ts'

export interface MetricsOptions {
  /** Becomes a label of `registry_relay_build_info`. */
  readonly version: string
  /** CPU, memory, event-loop delay and garbage collection of this process. Default true. */
  readonly process?: boolean
}

type Kind = 'counter' | 'gauge' | 'histogram'

interface Known {
  readonly kind: Kind
  readonly labels: readonly string[]
  readonly metric: Counter | Gauge | Histogram
}

/** One value of a metric, and what it is a value of. */
export interface MetricValue {
  readonly labels: Labels
  readonly value: number
}

export const buildInfo: MetricSpec = {
  name: 'registry_relay_build_info',
  help: 'Always 1; the labels say which version runs on which Node.js.',
  labels: ['version', 'node'],
}

export const eventLoopDelay: MetricSpec = {
  name: 'registry_relay_event_loop_delay_seconds',
  help: 'For how long the event loop was busy with one thing, in about the last minute: median, 99th percentile, longest.',
  labels: ['stat'],
}

const none: Labels = {}

/**
 * The {@link Metrics} port by prom-client, with a registry of its own: two relays in one process (tests, the demo)
 * do not see each other's numbers.
 */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new prometheus.Registry()
  readonly #known = new Map<string, Known>()

  constructor(options: MetricsOptions) {
    if (options.process ?? true) {
      collectProcessMetrics(this.#registry)
      const delay = new EventLoopDelay(systemClock)
      this.observe(eventLoopDelay, () =>
        Object.entries(delay.read()).map(([stat, value]) => ({ labels: { stat }, value })),
      )
      const limit = memoryLimitBytes()
      // Read anew each time: a limit can be changed while the process runs.
      if (limit !== undefined) {
        this.observe(memoryLimit, () => [{ labels: none, value: memoryLimitBytes() ?? limit }])
      }
    }
    this.gauge(buildInfo).set(1, { version: options.version, node: process.version })
  }

  /** Media type of {@link expose}. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** All metrics in Prometheus's text format. */
  expose(): Promise<string> {
    return this.#registry.metrics()
  }

  /** What a counter or gauge says now, one value for each set of labels; undefined: nothing here has that metric. */
  async values(name: string): Promise<readonly MetricValue[] | undefined> {
    const values = (await this.#registry.getSingleMetric(name)?.get())?.values
    return values?.map(({ labels, value }) => ({ labels: labels as Labels, value }))
  }

  /** A gauge whose values are asked for at each scrape; those that are not there any more are forgotten. Once for each name. */
  observe(spec: MetricSpec, read: () => readonly MetricValue[]): void {
    new prometheus.Gauge({
      ...this.#configuration(spec),
      collect() {
        this.reset()
        for (const { labels, value } of read()) this.set(labels, value)
      },
    })
  }

  counter(spec: MetricSpec): Counter {
    return this.#once('counter', spec, (): Counter => {
      const metric = new prometheus.Counter(this.#configuration(spec))
      return { add: (n = 1, labels = none) => metric.inc(labels, n) }
    })
  }

  gauge(spec: MetricSpec): Gauge {
    return this.#once('gauge', spec, (): Gauge => {
      const metric = new prometheus.Gauge(this.#configuration(spec))
      return { set: (to, labels = none) => metric.set(labels, to), remove: (labels) => metric.remove(labels) }
    })
  }

  histogram(spec: MetricSpec & { readonly buckets: readonly number[] }): Histogram {
    return this.#once('histogram', spec, (): Histogram => {
      const metric = new prometheus.Histogram({ ...this.#configuration(spec), buckets: [...spec.buckets] })
      return { observe: (seen, labels = none) => metric.observe(labels, seen) }
    })
  }

  /**
   * Two sinks of one kind ask for the same metric and share it. The same name with other labels or of another kind is a
   * mistake of the program that Prometheus would only show as a failed scrape.
   */
  #once<M extends Counter | Gauge | Histogram>(kind: Kind, spec: MetricSpec, make: () => M): M {
    const labels = spec.labels ?? []
    const known = this.#known.get(spec.name)
    if (known === undefined) {
      const metric = make()
      this.#known.set(spec.name, { kind, labels, metric })
      return metric
    }
    if (known.kind !== kind || known.labels.join() !== labels.join()) {
      throw new Error(
        `metric ${spec.name} is a ${known.kind} with labels [${known.labels}], asked for as a ${kind} with labels [${labels}]`,
      )
    }
    return known.metric as M
  }

  #configuration(spec: MetricSpec): {
    name: string
    help: string
    labelNames: string[]
    registers: prometheus.Registry[]
  } {
    return {
      name: spec.name,
      help: spec.help,
      labelNames: [...(spec.labels ?? [])],
      registers: [this.#registry],
    }
  }
}

/** An hour. The client's own monitor of the event loop cannot be left out; one that hardly ever wakes costs nothing. */
const unreadMonitorMs = 3_600_000

/**
 * What the client collects of a process, without its delay of the event loop, of which each reader gets what the last one left,
 * and without the names that Prometheus's own check refuses.
 */
export function collectProcessMetrics(register: prometheus.Registry): void {
  prometheus.collectDefaultMetrics({ register, eventLoopMonitoringPrecision: unreadMonitorMs })
  for (const { name } of register.getMetricsAsArray()) {
    if (/^nodejs_(eventloop_lag_|active_\w+_total$)/.test(name)) register.removeSingleMetric(name)
  }
}
