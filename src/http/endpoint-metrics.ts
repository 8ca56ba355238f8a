import type { Event } from '../event/event.ts'
import type {
  DeliveredObserver,
  DropObserver,
  DropReason,
  EgressObserver,
  ErrorObserver,
  FailureObserver,
  IngressObserver,
  LostObserver,
  RetryObserver,
  SuccessObserver,
} from '../sink/observe.ts'
import type { HttpReceipt } from './http-sink.ts'
import { statusKey } from './status-text.ts'

/**
 * What an endpoint has counted since it was made. All numbers are events, and each event that came in is one of pending,
 * delivered, dropped and lost.
 */
export interface EndpointMetrics {
  /** Not yet delivered, those being sent included. */
  readonly pending: number
  /** That entered the queue; what is ignored is counted nowhere. */
  readonly events: number
  /** Per attempt, as the next three: an event whose endpoint said no twice counts two failures and one success. */
  readonly successes: number
  /** Attempts that were answered, and not by 2xx. */
  readonly failures: number
  /** Attempts without an answer. */
  readonly errors: number
  /** Answers by `200 OK`; the words are Go's, also for the `404` of a server that says it otherwise. */
  readonly statuses: Readonly<Record<string, number>>
  /** Attempts that were made again. */
  readonly retries: number
  readonly delivered: number
  /** Not taken, or pushed out, because the queue was full. */
  readonly dropped: number
  /** Given up: retries used up, refused for good, or not sent when `close` ran out of time. */
  readonly lost: number
}

/** Counts for one endpoint what queue, retry and http tell. */
export class EndpointCounters
  implements
    IngressObserver<Event>,
    EgressObserver<Event>,
    DropObserver<Event>,
    LostObserver<Event>,
    RetryObserver<Event>,
    DeliveredObserver<Event>,
    SuccessObserver<Event, HttpReceipt>,
    FailureObserver<Event, HttpReceipt>,
    ErrorObserver<Event>
{
  #events = 0
  #left = 0
  #successes = 0
  #failures = 0
  #errors = 0
  readonly #statuses = new Map<string, number>()
  #retries = 0
  #delivered = 0
  #dropped = 0
  #lost = 0

  /** A copy, which does not change any more. */
  read(): EndpointMetrics {
    return {
      pending: this.#events - this.#left,
      events: this.#events,
      successes: this.#successes,
      failures: this.#failures,
      errors: this.#errors,
      statuses: Object.fromEntries(this.#statuses),
      retries: this.#retries,
      delivered: this.#delivered,
      dropped: this.#dropped,
      lost: this.#lost,
    }
  }

  ingress(events: readonly Event[]): void {
    this.#events += events.length
  }

  egress(events: readonly Event[]): void {
    this.#left += events.length
  }

  drop(events: readonly Event[], reason: DropReason): void {
    // Upstream lowers one of its two numbers of pending events here and the other not, and neither for what is still
    // in the queue at the end of a close: they drift upwards.
    this.#left += events.length
    if (reason === 'full' || reason === 'too-large') this.#dropped += events.length
    else this.#lost += events.length
  }

  lost(events: readonly Event[]): void {
    this.#lost += events.length
  }

  retry(events: readonly Event[]): void {
    this.#retries += events.length
  }

  delivered(events: readonly Event[]): void {
    this.#delivered += events.length
  }

  success(events: readonly Event[], { status }: HttpReceipt): void {
    this.#successes += events.length
    this.#answered(status, events.length)
  }

  failure(events: readonly Event[], { status }: HttpReceipt): void {
    this.#failures += events.length
    this.#answered(status, events.length)
  }

  error(events: readonly Event[]): void {
    this.#errors += events.length
  }

  #answered(status: number, events: number): void {
    const key = statusKey(status)
    this.#statuses.set(key, (this.#statuses.get(key) ?? 0) + events)
  }
}
