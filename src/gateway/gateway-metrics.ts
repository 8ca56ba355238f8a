import type { Counter, Gauge, Histogram, Metrics } from '../telemetry.ts'
import type { Notification } from './intake.ts'
import type { Kept } from './kept.ts'
import { rejectedHeader } from './quarantine.ts'

/**
 * The numbers of a gateway. They add up. Every request ends in `requests_total` exactly once. Of what was read
 * (`events_received_total`) each is, once it is answered, in exactly one of `events_total` (acknowledged),
 * `events_ignored_total`, `quarantined_total` and `events_refused_total`; and of the acknowledged, those in
 * `events_duplicate_total` were not stored again.
 */
export class GatewayMetrics {
  readonly #requests: Counter
  readonly #rejected: Counter
  readonly #received: Counter
  readonly #events: Counter
  readonly #ignored: Counter
  readonly #quarantined: Counter
  readonly #duplicates: Counter
  readonly #conflicts: Counter
  readonly #refusedEvents: Counter
  readonly #withoutRepository: Counter
  readonly #misfits: Counter
  readonly #emptyEnvelopes: Counter
  readonly #lateAcks: Counter
  readonly #unheard: Counter
  readonly #dropped: Counter
  readonly #handshakes: Counter
  readonly #traceHeaders: Counter
  readonly #inFlight: Gauge
  readonly #certificateExpires: Gauge
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
    this.#received = counter(
      'events_received_total',
      'Events read, and whatever else posted bodies held in their place.',
    )
    this.#events = counter(
      'events_total',
      'Events acknowledged, by the way they are stored: typed, or verbatim beside the typed fields.',
      ['way'],
    )
    this.#ignored = counter(
      'events_ignored_total',
      'Events acknowledged and not stored, because the ignore rules say so.',
    )
    this.#quarantined = counter(
      'quarantined_total',
      'What is no event, or cannot be stored as one, and is kept as rejected, by reason; acknowledged.',
      ['reason'],
    )
    this.#duplicates = counter(
      'events_duplicate_total',
      'Events acknowledged that had been stored before, and were not stored again.',
    )
    this.#conflicts = counter(
      'events_conflicting_total',
      'Events acknowledged and stored under an id that had come with another content before.',
    )
    this.#refusedEvents = counter(
      'events_refused_total',
      'Events, and what stood in their place, read but not acknowledged, by reason; registries send them again.',
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
    this.#handshakes = counter(
      'tls_handshakes_failed_total',
      'Connections that came to no TLS handshake, by reason.',
      ['reason'],
    )
    this.#traceHeaders = counter(
      'trace_headers_dropped_total',
      'Headers of the trace context that break its rules; the events are stored without them.',
      ['header'],
    )
    this.#inFlight = metrics.gauge({
      name: 'registry_relay_gateway_in_flight_requests',
      help: 'Requests begun and not yet answered.',
    })
    this.#certificateExpires = metrics.gauge({
      name: 'registry_relay_gateway_certificate_expiry_timestamp_seconds',
      help: 'When the certificate in use expires, in seconds since the epoch; 0 without TLS.',
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

  notificationRead({ items, ignored }: Notification): void {
    this.#received.add(items.length + ignored)
  }

  acknowledged(notification: Notification, { duplicates, conflicts }: Kept): void {
    const { items, typed, verbatim, withoutRepository, misfits, ignored } = notification
    if (items.length + ignored === 0) this.#emptyEnvelopes.add()
    if (typed > 0) this.#events.add(typed, { way: 'typed' })
    if (verbatim > 0) this.#events.add(verbatim, { way: 'verbatim' })
    if (withoutRepository > 0) this.#withoutRepository.add(withoutRepository)
    if (misfits > 0) this.#misfits.add(misfits)
    if (ignored > 0) this.#ignored.add(ignored)
    if (duplicates > 0) this.#duplicates.add(duplicates)
    if (conflicts > 0) this.#conflicts.add(conflicts)
    for (const item of items) {
      if (item.kind !== 'quarantine') continue
      const reason = item.record.headers[rejectedHeader.reason] ?? 'unknown'
      this.#quarantined.add(1, { reason: reason.toLowerCase() })
    }
  }

  refused({ items, ignored }: Notification, code: string): void {
    this.#refusedEvents.add(items.length + ignored, { reason: code.toLowerCase() })
  }

  acknowledgedLate(events: number): void {
    this.#lateAcks.add(events)
  }

  answerUnheard(): void {
    this.#unheard.add()
  }

  traceHeaderDropped(header: string): void {
    this.#traceHeaders.add(1, { header })
  }

  handshakeFailed(reason: string): void {
    this.#handshakes.add(1, { reason })
  }

  /** `at`: milliseconds since the epoch. */
  certificateExpires(at: number): void {
    this.#certificateExpires.set(at / 1_000)
  }

  connectionDropped(): void {
    this.#dropped.add()
  }
}
