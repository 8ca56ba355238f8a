import type { Counter, Gauge, Histogram, Metrics } from '../telemetry.ts'
import type { Notification } from './intake.ts'

/**
 * The numbers of a gateway. They add up: every request ends in `requests_total` exactly once, and every event that was
 * read is counted either as acknowledged (`events_total`) or as refused with its request (`events_refused_total`).
 */
export class GatewayMetrics {
  readonly #requests: Counter
  readonly #rejected: Counter
  readonly #events: Counter
  readonly #refusedEvents: Counter
  readonly #withoutRepository: Counter
  readonly #misfits: Counter
  readonly #emptyEnvelopes: Counter
  readonly #lateAcks: Counter
  readonly #unheard: Counter
  readonly #dropped: Counter
  readonly #inFlight: Gauge
  readonly #seconds: Histogram
  readonly #bytes: Histogram
  #open = 0

  constructor(metrics: Metrics) {
    const counter = (name: string, help: string, labels: readonly string[] = []): Counter =>
      metrics.counter({ name: `registry_relay_gateway_${name}`, help, labels })
    this.#requests = counter(
      'requests_total',
      'Requests, by status of the answer; "none" where the sender went away in the middle of its request.',
      ['code'],
    )
    this.#rejected = counter('rejected_total', 'Requests that were not accepted, by reason.', ['reason'])
    this.#events = counter(
      'events_total',
      'Events acknowledged, by the way they are stored: typed, or verbatim beside the typed fields.',
      ['way'],
    )
    this.#refusedEvents = counter(
      'events_refused_total',
      'Events read but not acknowledged, by reason; registries send them again.',
      ['reason'],
    )
    this.#withoutRepository = counter(
      'events_without_repository_total',
      'Events acknowledged that name no repository and were keyed by something else.',
    )
    this.#misfits = counter(
      'misfit_fields_total',
      'Fields of acknowledged events that had another type than the format gives them.',
    )
    this.#emptyEnvelopes = counter(
      'empty_envelopes_total',
      'Envelopes without events: acknowledged, nothing published.',
    )
    this.#lateAcks = counter(
      'late_acks_total',
      'Events that were stored after their sender had been told to try again: duplicates to come.',
    )
    this.#unheard = counter('answers_unheard_total', 'Answers whose sender had gone away before.')
    this.#dropped = counter('connections_dropped_total', 'Connections closed at once: there were too many.')
    this.#inFlight = metrics.gauge({
      name: 'registry_relay_gateway_in_flight_requests',
      help: 'Requests begun and not yet answered.',
    })
    this.#seconds = metrics.histogram({
      name: 'registry_relay_gateway_request_seconds',
      help: 'From the header lines of a request to its answer.',
      // Dense below the second after which registries give up.
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 15],
    })
    this.#bytes = metrics.histogram({
      name: 'registry_relay_gateway_body_bytes',
      help: 'Sizes of bodies that were received in full.',
      buckets: [512, 1_024, 2_048, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 33_554_432],
    })
  }

  requestBegan(): void {
    this.#open++
    this.#inFlight.set(this.#open)
  }

  /** `status` is undefined where the sender went away in the middle. */
  requestEnded(status: number | undefined, seconds: number): void {
    this.#open--
    this.#inFlight.set(this.#open)
    this.answered(status)
    this.#seconds.observe(seconds)
  }

  /** For answers to what never became a request. */
  answered(status: number | undefined): void {
    this.#requests.add(1, { code: status === undefined ? 'none' : String(status) })
  }

  rejected(code: string): void {
    this.#rejected.add(1, { reason: code.toLowerCase() })
  }

  bodyReceived(bytes: number): void {
    this.#bytes.observe(bytes)
  }

  acknowledged({ records, typed, verbatim, withoutRepository, misfits }: Notification): void {
    if (records.length === 0) this.#emptyEnvelopes.add()
    if (typed > 0) this.#events.add(typed, { way: 'typed' })
    if (verbatim > 0) this.#events.add(verbatim, { way: 'verbatim' })
    if (withoutRepository > 0) this.#withoutRepository.add(withoutRepository)
    if (misfits > 0) this.#misfits.add(misfits)
  }

  refused(events: number, code: string): void {
    this.#refusedEvents.add(events, { reason: code.toLowerCase() })
  }

  acknowledgedLate(events: number): void {
    this.#lateAcks.add(events)
  }

  answerUnheard(): void {
    this.#unheard.add()
  }

  connectionDropped(): void {
    this.#dropped.add()
  }
}
