import type { Clock } from '../clock.ts'
import type { Event } from '../event/event.ts'
import type {
  DeliveredObserver,
  EgressObserver,
  ErrorObserver,
  FailureObserver,
  IngressObserver,
  LostObserver,
  SuccessObserver,
} from '../sink/observe.ts'
import { type Counter, CounterBy, type Histogram, type Labels, type Metrics } from '../telemetry.ts'
import type { HttpReceipt } from './http-sink.ts'

/** Those of GitLab's registry, so that its dashboards fit. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100]

/**
 * The metrics of an endpoint that its queue and its retries do not have already: those come from the sinks themselves,
 * under the same name. Labels: the endpoint's name and the status, nothing of an event.
 */
export class EndpointTelemetry
  implements
    IngressObserver<Event>,
    EgressObserver<Event>,
    DeliveredObserver<Event>,
    LostObserver<Event>,
    SuccessObserver<Event, HttpReceipt>,
    FailureObserver<Event, HttpReceipt>,
    ErrorObserver<Event>
{
  readonly #endpoint: Labels
  readonly #accepted: Counter
  readonly #delivered: Counter
  readonly #attempts: CounterBy
  readonly #seconds: Histogram
  readonly #ageSeconds: Histogram
  readonly #retries: Histogram
  readonly #clock: Clock

  constructor(endpoint: string, metrics: Metrics, clock: Clock) {
    this.#clock = clock
    this.#endpoint = { endpoint }
    this.#accepted = metrics.counter({
      name: 'registry_relay_endpoint_events_total',
      help: 'Events that entered the queue of an endpoint',
      labels: ['endpoint'],
    })
    this.#delivered = metrics.counter({
      name: 'registry_relay_endpoint_delivered_events_total',
      help: 'Events that an endpoint answered with 2xx',
      labels: ['endpoint'],
    })
    this.#accepted.add(0, this.#endpoint)
    this.#delivered.add(0, this.#endpoint)
    const attempts = metrics.counter({
      name: 'registry_relay_endpoint_attempts_total',
      help: 'Requests to an endpoint, by the status of the answer; "none" when there was no answer',
      labels: ['endpoint', 'status'],
    })
    this.#attempts = new CounterBy(attempts, 'status', ['none'], this.#endpoint)
    this.#seconds = metrics.histogram({
      name: 'registry_relay_endpoint_attempt_seconds',
      help: 'From the beginning of a request to the last header of its answer, or its failure',
      labels: ['endpoint'],
      buckets: secondsBuckets,
    })
    this.#ageSeconds = metrics.histogram({
      name: 'registry_relay_endpoint_total_latency_seconds',
      help: "From an event's own timestamp until it left the queue, delivered or lost",
      labels: ['endpoint'],
      buckets: secondsBuckets,
    })
    this.#retries = metrics.histogram({
      name: 'registry_relay_endpoint_retries_per_event',
      help: 'Attempts beyond the first that an event took until it was delivered or given up',
      labels: ['endpoint'],
      buckets: [0, 1, 2, 3, 5, 10, 15, 20, 30, 50],
    })
  }

  ingress(events: readonly Event[]): void {
    this.#accepted.add(events.length, this.#endpoint)
  }

  egress(events: readonly Event[]): void {
    const now = this.#clock.now()
    for (const { timestamp = '' } of events) {
      const occurredAt = Date.parse(timestamp)
      // Without a time, or with one of a clock that is ahead, there is no age that would mean anything.
      if (occurredAt <= now) this.#ageSeconds.observe((now - occurredAt) / 1_000, this.#endpoint)
    }
  }

  delivered(events: readonly Event[], retries: number): void {
    this.#delivered.add(events.length, this.#endpoint)
    this.#countRetries(events, retries)
  }

  lost(events: readonly Event[], _error: Error, retries: number): void {
    this.#countRetries(events, retries)
  }

  success(_events: readonly Event[], { status }: HttpReceipt): void {
    this.#attempts.add(String(status))
  }

  failure(_events: readonly Event[], { status }: HttpReceipt): void {
    this.#attempts.add(String(status))
  }

  error(): void {
    this.#attempts.add('none')
  }

  latency(tookMs: number): void {
    this.#seconds.observe(tookMs / 1_000, this.#endpoint)
  }

  #countRetries(events: readonly Event[], retries: number): void {
    for (const _event of events) this.#retries.observe(retries, this.#endpoint)
  }
}
