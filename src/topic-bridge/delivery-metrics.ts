import { isRelayError } from '../errors.ts'
import { type DeliveryVerdict, verdictCodes } from '../http/delivery-verdict.ts'
import { type Counter, type Histogram, type Metrics, statusClass } from '../telemetry.ts'

/** `aborted`: the bridge broke the attempt off, at a stop or when the partition was given back. */
type AttemptVerdict = DeliveryVerdict | 'aborted'

/** By the code of the error with which a delivery rejects. */
const verdicts: ReadonlyMap<string, AttemptVerdict> = new Map(
  (['retry', 'misconfigured', 'refused', 'gone'] as const).map((verdict) => [verdictCodes[verdict], verdict]),
)

/** What an attempt can come to: an alert on the first wrong set-up needs a zero before it. */
const possible: readonly (readonly [status: string, verdict: AttemptVerdict])[] = [
  ['2xx', 'delivered'],
  ['3xx', 'misconfigured'],
  ['4xx', 'misconfigured'],
  ['4xx', 'refused'],
  ['4xx', 'retry'],
  ['4xx', 'gone'],
  ['5xx', 'retry'],
  ['none', 'misconfigured'],
  ['none', 'retry'],
  ['none', 'aborted'],
]

const attemptBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30]

/** From a tenth of a second, with everything at work, to the days that an endpoint may be away. */
const latencyBuckets = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400, 259_200, 604_800,
]

/** Of one endpoint: what it answers, how fast, and how old events are when it has them. */
export class DeliveryMetrics {
  readonly #endpoint: string
  readonly #attempts: Counter
  readonly #attemptSeconds: Histogram
  readonly #sinceEvent: Histogram
  readonly #sinceReceipt: Histogram

  constructor(metrics: Metrics, endpoint: string) {
    this.#endpoint = endpoint
    this.#attempts = metrics.counter({
      name: 'registry_relay_bridge_attempts_total',
      help: 'Requests to an endpoint, by the class of the status ("none" without an answer) and by what the bridge makes of it',
      labels: ['endpoint', 'status', 'verdict'],
    })
    this.#attemptSeconds = metrics.histogram({
      name: 'registry_relay_bridge_attempt_seconds',
      help: 'Time of a request to an endpoint until its answer, or its failure',
      labels: ['endpoint'],
      buckets: attemptBuckets,
    })
    this.#sinceEvent = metrics.histogram({
      name: 'registry_relay_bridge_event_latency_seconds',
      help: "From the event's own timestamp to the 2xx of the endpoint; only events with a time that is not ahead",
      labels: ['endpoint'],
      buckets: latencyBuckets,
    })
    this.#sinceReceipt = metrics.histogram({
      name: 'registry_relay_bridge_relay_latency_seconds',
      help: 'From the receipt of an event by the gateway (the time of its record) to the 2xx of the endpoint',
      labels: ['endpoint'],
      buckets: latencyBuckets,
    })
    for (const [status, verdict] of possible) this.#attempts.add(0, { endpoint, status, verdict })
  }

  answered(status: number, tookMs: number): void {
    this.#count(status, 'delivered', tookMs)
  }

  /** @param error with which the delivery rejected */
  failed(error: unknown, tookMs: number): void {
    const status = isRelayError(error) ? error.facts['status'] : undefined
    const verdict = isRelayError(error) ? verdicts.get(error.code) : undefined
    this.#count(typeof status === 'number' ? status : undefined, verdict ?? 'aborted', tookMs)
  }

  /** All in milliseconds since the epoch; `timestamp` as it stands in the event. */
  delivered(timestamp: string | undefined, receivedAt: number, deliveredAt: number): void {
    this.#observe(this.#sinceReceipt, receivedAt, deliveredAt)
    if (timestamp !== undefined) this.#observe(this.#sinceEvent, Date.parse(timestamp), deliveredAt)
  }

  /** Without a time (of Go, the year 1), or with one of a clock that is ahead, there is no age that would mean anything. */
  #observe(histogram: Histogram, from: number, to: number): void {
    if (from > 0 && from <= to) histogram.observe((to - from) / 1_000, { endpoint: this.#endpoint })
  }

  #count(status: number | undefined, verdict: AttemptVerdict, tookMs: number): void {
    this.#attempts.add(1, { endpoint: this.#endpoint, status: statusClass(status), verdict })
    this.#attemptSeconds.observe(tookMs / 1_000, { endpoint: this.#endpoint })
  }
}
