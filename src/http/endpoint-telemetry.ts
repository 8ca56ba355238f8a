import type { Event } from '../event/event.ts'
import type {
  DeliveredObserver,
  ErrorObserver,
  FailureObserver,
  IngressObserver,
  SuccessObserver,
} from '../sink/observe.ts'
import type { Counter, Histogram, Labels, Metrics } from '../telemetry.ts'
import type { HttpReceipt } from './http-sink.ts'

/**
 * The metrics of an endpoint that its queue and its retries do not have already: those come from the sinks themselves,
 * under the same name. Labels: the endpoint's name and the status, nothing of an event.
 */
export class EndpointTelemetry
  implements
    IngressObserver<Event>,
    DeliveredObserver<Event>,
    SuccessObserver<Event, HttpReceipt>,
    FailureObserver<Event, HttpReceipt>,
    ErrorObserver<Event>
{
  readonly #endpoint: Labels
  readonly #accepted: Counter
  readonly #delivered: Counter
  readonly #attempts: Counter
  readonly #seconds: Histogram

  constructor(endpoint: string, metrics: Metrics) {
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
    this.#attempts = metrics.counter({
      name: 'registry_relay_endpoint_attempts_total',
      help: 'Requests to an endpoint, by the status of the answer; "none" when there was no answer',
      labels: ['endpoint', 'status'],
    })
    this.#seconds = metrics.histogram({
      name: 'registry_relay_endpoint_attempt_seconds',
      help: 'From the beginning of a request to the last header of its answer, or its failure',
      labels: ['endpoint'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100],
    })
  }

  ingress(events: readonly Event[]): void {
    this.#accepted.add(events.length, this.#endpoint)
  }

  delivered(events: readonly Event[]): void {
    this.#delivered.add(events.length, this.#endpoint)
  }

  success(_events: readonly Event[], { status }: HttpReceipt): void {
    this.#attempts.add(1, { ...this.#endpoint, status: String(status) })
  }

  failure(_events: readonly Event[], { status }: HttpReceipt): void {
    this.#attempts.add(1, { ...this.#endpoint, status: String(status) })
  }

  error(): void {
    this.#attempts.add(1, { ...this.#endpoint, status: 'none' })
  }

  latency(tookMs: number): void {
    this.#seconds.observe(tookMs / 1_000, this.#endpoint)
  }
}
