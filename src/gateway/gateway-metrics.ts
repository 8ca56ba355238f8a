import { type Counter, CounterBy, type Gauge, type Histogram, type Metrics } from '../telemetry.ts'
import type { Notification } from './intake.ts'
import type { Kept } from './kept.ts'
import { rejectedHeader } from './quarantine.ts'
import { requestRefusals } from './refusal.ts'

/** Answers that a gateway gives, by their status; "none" where nobody heard it. */
const codes = ['200', '400', '401', '404', '405', '408', '413', '415', '417', '431', '500', '503', 'none']

/** Why items that were read are refused: those of `refusal.ts` that are to be expected, in small letters. */
const refusals = [
  'deadline_exceeded',
  'over_budget',
  'spool_full',
  'spool_failed',
  'too_large',
  'record_rejected',
  'not_an_envelope',
  'event_invalid',
  'kafka_unavailable',
  'kafka_configuration',
  'schema_not_registered',
  'schema_registry_unavailable',
  'sink_closed',
  'internal',
]

const beforeReading = [
  ...Object.values(requestRefusals).map(({ code }) => code.toLowerCase()),
  'body_too_slow',
  'sender_gone',
  'too_many_requests_on_connection',
]

const handshakeFailures = ['client_certificate', 'timeout', 'plain_http', 'gone', 'protocol']

const quarantines = [
  'not_an_envelope',
  'not_an_event',
  'event_invalid',
  'more_than_events',
  'too_large',
  'record_rejected',
  'unsupported_encoding',
  'unsupported_media_type',
  'internal',
]

/**
 * The numbers of a gateway. They add up. Every request ends in `requests_total` exactly once. What was read
 * (`events_received_total`) is in `in_flight_events` until it is answered, and then in exactly one of `events_total`
 * (acknowledged), `events_ignored_total`, `quarantined_total` and `events_refused_total`; and of the acknowledged, those in
 * `events_duplicate_total` were not stored again.
 */
export class GatewayMetrics {
  readonly #requests: CounterBy
  readonly #rejected: CounterBy
  readonly #received: Counter
  readonly #events: CounterBy
  readonly #ignored: Counter
  readonly #quarantined: CounterBy
  readonly #duplicates: Counter
  readonly #conflicts: Counter
  readonly #refusedEvents: CounterBy
  readonly #withoutRepository: Counter
  readonly #misfits: Counter
  readonly #emptyEnvelopes: Counter
  readonly #unheard: Counter
  readonly #dropped: Counter
  readonly #handshakes: CounterBy
  readonly #traceHeaders: CounterBy
  readonly #inFlight: Gauge
  readonly #inFlightEvents: Gauge
  readonly #connections: Gauge
  readonly #certificateExpires: Gauge
  readonly #seconds: Histogram
  readonly #bytes: Histogram
  #open = 0
  #openEvents = 0

  constructor(metrics: Metrics) {
    const counter = (name: string, help: string): Counter =>
      metrics.counter({ name: `registry_relay_gateway_${name}`, help })
    const counterBy = (name: string, help: string, label: string, known: readonly string[]): CounterBy =>
      new CounterBy(
        metrics.counter({ name: `registry_relay_gateway_${name}`, help, labels: [label] }),
        label,
        known,
      )
    const gauge = (name: string, help: string): Gauge =>
      metrics.gauge({ name: `registry_relay_gateway_${name}`, help })
    this.#requests = counterBy(
      'requests_total',
      'Requests, by status of the answer; "none" where the sender went away in the middle of its request.',
      'code',
      codes,
    )
    this.#rejected = counterBy('rejected_total', 'Requests that were not accepted, by reason.', 'reason', [
      ...beforeReading,
      ...refusals,
    ])
    this.#received = counter(
      'events_received_total',
      'Events read, and whatever else posted bodies held in their place.',
    )
    this.#events = counterBy(
      'events_total',
      'Events acknowledged, by the way they are stored: typed, or verbatim beside the typed fields.',
      'way',
      ['typed', 'verbatim'],
    )
    this.#ignored = counter(
      'events_ignored_total',
      'Events acknowledged and not stored, because the ignore rules say so.',
    )
    this.#quarantined = counterBy(
      'quarantined_total',
      'What is no event, or cannot be stored as one, and is kept as rejected, by reason; acknowledged.',
      'reason',
      quarantines,
    )
    this.#duplicates = counter(
      'events_duplicate_total',
      'Events acknowledged that had been stored before, and were not stored again.',
    )
    this.#conflicts = counter(
      'events_conflicting_total',
      'Events acknowledged and stored under an id that had come with another content before.',
    )
    this.#refusedEvents = counterBy(
      'events_refused_total',
      'Events, and what stood in their place, read but not acknowledged, by reason; registries send them again.',
      'reason',
      refusals,
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
    this.#unheard = counter('answers_unheard_total', 'Answers whose sender had gone away before.')
    this.#dropped = counter('connections_dropped_total', 'Connections closed at once: there were too many.')
    this.#handshakes = counterBy(
      'tls_handshakes_failed_total',
      'Connections that came to no TLS handshake, by reason.',
      'reason',
      handshakeFailures,
    )
    this.#traceHeaders = counterBy(
      'trace_headers_dropped_total',
      'Headers of the trace context that break its rules; the events are stored without them.',
      'header',
      ['traceparent', 'tracestate'],
    )
    this.#inFlight = gauge('in_flight_requests', 'Requests begun and not yet answered.')
    this.#inFlightEvents = gauge(
      'in_flight_events',
      'Events, and what stood in their place, read and not yet answered.',
    )
    this.#connections = gauge(
      'open_connections',
      'Connections that are open, past their TLS handshake where there is one.',
    )
    this.#certificateExpires = gauge(
      'certificate_expiry_timestamp_seconds',
      'When the certificate in use expires, in seconds since the epoch; 0 without TLS.',
    )
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
    this.#requests.add(status === undefined ? 'none' : String(status))
  }

  rejected(code: string): void {
    this.#rejected.add(code.toLowerCase())
  }

  bodyReceived(bytes: number): void {
    this.#bytes.observe(bytes)
  }

  notificationRead({ items, ignored }: Notification): void {
    this.#received.add(items.length + ignored)
    this.#hold(items.length + ignored)
  }

  acknowledged(notification: Notification, { duplicates, conflicts }: Kept): void {
    const { items, typed, verbatim, withoutRepository, misfits, ignored } = notification
    if (items.length + ignored === 0) this.#emptyEnvelopes.add()
    if (typed > 0) this.#events.add('typed', typed)
    if (verbatim > 0) this.#events.add('verbatim', verbatim)
    if (withoutRepository > 0) this.#withoutRepository.add(withoutRepository)
    if (misfits > 0) this.#misfits.add(misfits)
    if (ignored > 0) this.#ignored.add(ignored)
    if (duplicates > 0) this.#duplicates.add(duplicates)
    if (conflicts > 0) this.#conflicts.add(conflicts)
    for (const item of items) {
      if (item.kind !== 'quarantine') continue
      const reason = item.record.headers[rejectedHeader.reason] ?? 'unknown'
      this.#quarantined.add(reason.toLowerCase())
    }
    this.#hold(-(items.length + ignored))
  }

  refused({ items, ignored }: Notification, code: string): void {
    this.#refusedEvents.add(code.toLowerCase(), items.length + ignored)
    this.#hold(-(items.length + ignored))
  }

  answerUnheard(): void {
    this.#unheard.add()
  }

  traceHeaderDropped(header: string): void {
    this.#traceHeaders.add(header)
  }

  handshakeFailed(reason: string): void {
    this.#handshakes.add(reason)
  }

  /** `at`: milliseconds since the epoch. */
  certificateExpires(at: number): void {
    this.#certificateExpires.set(at / 1_000)
  }

  connectionDropped(): void {
    this.#dropped.add()
  }

  connectionsOpen(connections: number): void {
    this.#connections.set(connections)
  }

  #hold(items: number): void {
    this.#openEvents += items
    this.#inFlightEvents.set(this.#openEvents)
  }
}
