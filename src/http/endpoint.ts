import { type Clock, type Random, systemClock } from '../clock.ts'
import type { Event } from '../event/event.ts'
import { ignoreFilter } from '../event/ignore-rules.ts'
import { Breaker } from '../sink/breaker.ts'
import { EventQueue } from '../sink/event-queue.ts'
import { Exponential } from '../sink/exponential.ts'
import { FilterSink } from '../sink/filter-sink.ts'
import { pipeline } from '../sink/pipeline.ts'
import type { RetryStrategy } from '../sink/retry-strategy.ts'
import { RetryingSink } from '../sink/retrying-sink.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { httpUrl } from './connection-options.ts'
import { type EndpointSettings, endpointSettings, type NamedEndpoint } from './endpoint-config.ts'
import { EndpointCounters, type EndpointMetrics } from './endpoint-metrics.ts'
import { EndpointTelemetry } from './endpoint-telemetry.ts'
import { type EndpointVariables, endpointVariables } from './endpoint-variables.ts'
import { HttpSink } from './http-sink.ts'
import type { HeaderValues } from './request-headers.ts'
import { gitlabRetries } from './threshold-retries.ts'

export interface EndpointOptions extends NamedEndpoint {
  readonly clock?: Clock
  readonly random?: Random
  readonly telemetry?: Telemetry
}

/**
 * Delivers events to one HTTP endpoint as a registry does:
 *
 *     write → ignore → queue → retry → http
 *
 * **A resolved write** says that the queue has the events, in memory. From then on the endpoint tries, in the order of the
 * writes, one event at a time for as long as it fails, and counts what becomes of each: {@link readMetrics}. Events that
 * are written together arrive in one Envelope; a registry writes one at a time.
 *
 * **Close** refuses new writes, goes on sending for `queuePurgeTimeoutMs` (or the deadline given, if that is earlier), then
 * gives up the rest, which is counted as lost and said in the rejection.
 */
export class Endpoint implements Sink<Event> {
  readonly name: string
  /** Without user name and password. */
  readonly url: string
  readonly #sink: Sink<Event>
  readonly #counters = new EndpointCounters()
  readonly #settings: EndpointSettings
  readonly #headers: HeaderValues

  /** @throws RelayError CONFIG_INVALID naming the option or the header */
  constructor(options: EndpointOptions) {
    const { name, clock = systemClock, telemetry = noTelemetry } = options
    const settings = endpointSettings(options)
    const shown = httpUrl('url', options.url)
    shown.username = ''
    shown.password = ''
    this.#settings = settings
    this.#headers = options.headers ?? {}
    this.name = name
    this.url = shown.href
    const counters = this.#counters
    const metrics = new EndpointTelemetry(name, telemetry.metrics, clock)
    const common = {
      name,
      clock,
      telemetry: { ...telemetry, logger: telemetry.logger.child({ endpoint: name }) },
    }
    const ignored = ignoreFilter(settings.ignore)
    this.#sink = pipeline<Event>(
      (next) => new FilterSink(next, (event) => !ignored(event)),
      (next) =>
        new EventQueue(next, {
          ...common,
          maxItems: settings.queueSizeLimit,
          whenFull: options.whenFull ?? 'drop-newest',
          purgeTimeoutMs: settings.queuePurgeTimeoutMs,
          observers: [
            counters,
            { ingress: (events) => metrics.ingress(events), egress: (events) => metrics.egress(events) },
          ],
        }),
      (next) =>
        new RetryingSink(next, {
          ...common,
          strategy: strategyOf(settings, options),
          // `lost` is not counted here: the queue tells it too, and of the events besides that were in hand when time ran out.
          observers: [
            {
              retry: (events) => counters.retry(events),
              delivered(events, retries) {
                counters.delivered(events)
                metrics.delivered(events, retries)
              },
              lost: (events, error, retries) => metrics.lost(events, error, retries),
            },
          ],
        }),
      new HttpSink({
        ...options,
        ...common,
        profile: settings.profile,
        timeoutMs: settings.timeoutMs,
        observers: [counters, metrics],
      }),
    )
  }

  /** A snapshot. */
  readMetrics(): EndpointMetrics {
    return this.#counters.read()
  }

  /** Configuration and metrics as a registry publishes them, without secrets: `JSON.stringify(endpoints)`. */
  toJSON(): EndpointVariables {
    const { name, url } = this
    const metrics = this.readMetrics()
    return endpointVariables({ name, url, headers: this.#headers, settings: this.#settings, metrics })
  }

  async write(events: readonly Event[], options?: WriteOptions): Promise<void> {
    await this.#sink.write(events, options)
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#sink.close(options)
  }
}

function strategyOf(
  { retry, backoffMs }: EndpointSettings,
  { clock, random }: EndpointOptions,
): RetryStrategy {
  if ('threshold' in retry)
    return new Breaker({ threshold: retry.threshold, backoffMs, ...(clock && { clock }) })
  return new Exponential({
    ...gitlabRetries,
    baseMs: backoffMs,
    maxAttempts: retry.maxRetries + 1,
    ...(random && { random }),
  })
}
