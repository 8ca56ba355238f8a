import { type Cancel, type Clock, systemClock } from '../clock.ts'
import type { MetricSource } from './figures.ts'
import type { ProblemLog } from './problem-log.ts'
import type { ReadinessReport, ReadinessWatch } from './readiness.ts'
import type { BridgeStatus, Status, ThroughputStatus } from './status.ts'
import { endpointStatus, lagOf } from './status-endpoint.ts'
import { type StatusFigures, statusFigures, type Totals, totals } from './status-figures.ts'
import { historySteps, stepSeconds, Throughput } from './throughput.ts'

export interface StatusBoardOptions {
  readonly version: string
  readonly readiness: ReadinessWatch
  readonly metrics: MetricSource
  readonly problems: Pick<ProblemLog, 'recent' | 'ofEndpoint'>
  readonly notificationsUrl?: string | undefined
  readonly clock?: Clock
  /** After each look, once a second. */
  readonly onLook?: () => void
}

const everyMs = 1_000

/**
 * Looks at the process once a second, also while nobody looks at the page: that is what its history is made of. Counts
 * nothing itself.
 */
export class StatusBoard {
  readonly #options: StatusBoardOptions
  readonly #clock: Clock
  readonly #startedAt: string
  readonly #rates: Readonly<Record<keyof Totals, Throughput>>
  #known: ReadonlySet<string> = new Set()
  #closed = false
  #cancel: Cancel = () => {}

  constructor(options: StatusBoardOptions) {
    const { clock = systemClock } = options
    this.#options = options
    this.#clock = clock
    this.#startedAt = new Date(clock.now()).toISOString()
    this.#rates = {
      received: new Throughput(clock),
      published: new Throughput(clock),
      delivered: new Throughput(clock),
    }
  }

  /** Begins to look; until {@link close}. */
  start(): void {
    this.#look().catch(() => undefined)
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  async status(): Promise<Status> {
    const { version, readiness, metrics, problems, notificationsUrl } = this.#options
    const { bridge, eventLoopDelaySeconds, ...figures } = await statusFigures(metrics)
    const { ready, parts } = readiness.report()
    const { rss, heapUsed } = process.memoryUsage()
    return {
      at: new Date(this.#clock.now()).toISOString(),
      service: {
        name: 'registry-relay',
        version,
        node: process.version,
        startedAt: this.#startedAt,
        ...(figures.gateway === undefined || notificationsUrl === undefined ? {} : { notificationsUrl }),
      },
      ready,
      parts,
      throughput: this.#throughput(),
      ...figures,
      ...(bridge === undefined ? {} : { bridge: this.#bridge(bridge, parts) }),
      problems: problems.recent,
      process: {
        ...(eventLoopDelaySeconds === undefined ? {} : { eventLoopDelaySeconds }),
        memoryBytes: rss,
        heapBytes: heapUsed,
      },
    }
  }

  #bridge(
    { endpoints, ...figures }: NonNullable<StatusFigures['bridge']>,
    parts: ReadinessReport['parts'],
  ): BridgeStatus {
    const { problems } = this.#options
    const shownEndpoints = endpoints.map((endpoint) =>
      endpointStatus(endpoint, parts, problems.ofEndpoint(endpoint.name)),
    )
    const lag = lagOf(shownEndpoints)
    return { ...figures, ...(lag === undefined ? {} : { lag }), endpoints: shownEndpoints }
  }

  #throughput(): ThroughputStatus {
    const known = Object.entries(this.#rates).filter(([name]) => this.#known.has(name))
    return {
      stepSeconds,
      steps: historySteps,
      ...Object.fromEntries(known.map(([name, throughput]) => [name, throughput.rate])),
    }
  }

  async #look(): Promise<void> {
    try {
      this.#options.readiness.report()
      const counted = Object.entries(await totals(this.#options.metrics))
      this.#known = new Set(counted.flatMap(([name, total]) => (total === undefined ? [] : [name])))
      for (const [name, total] of counted) this.#rates[name as keyof Totals].sampled(total ?? 0)
      this.#options.onLook?.()
    } finally {
      if (!this.#closed) this.#cancel = this.#clock.after(everyMs, () => this.start())
    }
  }
}
