import type { Clock, Random } from '../clock.ts'
import { isRelayError, toError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import { eventAttributes } from '../event/event-attributes.ts'
import type { Profile } from '../event/profile.ts'
import { type Deliverer, type DeliveryReceipt, type DeliveryRequest, withTrace } from '../http/deliverer.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DeadLetterReason, DeadLetters } from '../kafka/dead-letter-port.ts'
import type { BridgeObserver, Stage } from './bridge-observer.ts'
import { decodeRecord } from './decode-record.ts'
import type { DecodedEvent, Delivered, Outcome, RecordDecoder } from './delivered.ts'
import { deliveryRequest } from './delivery-request.ts'
import { type DeliveryRetrySettings, retryDelay, slowDelay } from './delivery-retry.ts'
import type { Pass } from './endpoint-gate.ts'
import { givenUp, noteFailure } from './giving-up.ts'
import type { LaneJob } from './key-lanes.ts'
import type { ProcessSpans } from './process-span.ts'
import type { RecordHistory } from './record-history.ts'

/** What all deliveries of one bridge share. */
export interface DeliveryParts {
  readonly decoder: RecordDecoder
  readonly deliverer: Deliverer
  readonly deadLetters: DeadLetters
  readonly retry: DeliveryRetrySettings
  /** From the first attempt for a record whose schema is not known until it is given up, milliseconds. */
  readonly unknownSchemaMs: number
  /** Which events the endpoint gets. */
  readonly wants: ((event: Event) => boolean) | undefined
  readonly profile: Profile | undefined
  readonly clock: Clock
  readonly random: Random
  readonly observer: BridgeObserver
  /** Undefined: nothing is traced. */
  readonly spans?: ProcessSpans | undefined
  readonly onDelivered: ((delivered: Delivered) => void) | undefined
}

/** How soon an attempt that may not begin asks again. */
const lookMs = 1_000

/**
 * One record until it has its outcome.
 *
 * decode → not for this endpoint → "filtered"; decode → deliver → "delivered"; decode or deliver → given up → dead letter →
 * "dead_letter". Every step is repeated until it succeeds; a step that has succeeded is not
 * repeated, but for decoding, which is cheap: what was decoded is not kept over a pause, so that the memory
 * is that of the attempts under way.
 *
 * Given up is what can never succeed (bytes that cannot be read, an event that the endpoint refuses as such), and what the
 * limits of {@link DeliveryRetrySettings} say.
 */
export class RecordDelivery implements LaneJob {
  readonly #record: ConsumedRecord
  readonly #lane: string
  readonly #parts: DeliveryParts
  readonly #history: RecordHistory
  readonly #mayBegin: () => boolean
  readonly #onOutcome: (outcome: Outcome) => void
  #stage: Stage = 'decode'
  #givenUp: DeadLetterReason | undefined
  /** Of the steps of now. */
  #failures: number

  /**
   * @param mayBegin false while the partition may be somebody else's
   * @param onOutcome called once, when the record may be committed
   */
  constructor(
    place: { readonly record: ConsumedRecord; readonly lane: string; readonly history: RecordHistory },
    parts: DeliveryParts,
    mayBegin: () => boolean,
    onOutcome: (outcome: Outcome) => void,
  ) {
    this.#record = place.record
    this.#lane = place.lane
    this.#history = place.history
    this.#failures = place.history.failures
    this.#parts = parts
    this.#mayBegin = mayBegin
    this.#onOutcome = onOutcome
  }

  /** A dead letter goes to Kafka: it need not wait until the endpoint works. */
  get needsEndpoint(): boolean {
    return this.#givenUp === undefined
  }

  async attempt(signal: AbortSignal, pass?: Pass): Promise<number | undefined> {
    // After a long standstill the partition may be somebody else's: what is begun now could overtake them.
    if (!this.#mayBegin()) return lookMs
    const { observer, clock, spans } = this.#parts
    this.#history.begunAt ??= clock.monotonic()
    if (spans !== undefined) this.#history.span ??= spans.begin(this.#record)
    observer.attemptStarted()
    try {
      return await this.#step(signal, pass)
    } catch (thrown) {
      // Stopped on purpose: neither a failure of the endpoint nor worth a wait.
      if (signal.aborted) return 0
      return this.#afterFailure(toError(thrown), pass)
    } finally {
      observer.attemptEnded()
    }
  }

  async #step(signal: AbortSignal, pass: Pass | undefined): Promise<number | undefined> {
    if (this.#givenUp !== undefined) return this.#bury(this.#givenUp)
    this.#stage = 'decode'
    const decoded = decodeRecord(this.#parts.decoder, this.#record)
    if (decoded instanceof Promise) {
      // Others need not wait for a schema registry that is slow, and once the schema is known the record is read at once.
      pass?.end()
      await decoded
      return 0
    }
    if (this.#parts.wants?.(decoded.event) === false) {
      this.#onOutcome('filtered')
      return undefined
    }
    this.#stage = 'deliver'
    const request = this.#request(decoded)
    this.#history.attempts++
    const { status } = await this.#post(request, signal)
    pass?.succeeded()
    this.#delivered(decoded, status)
    this.#onOutcome('delivered')
    return undefined
  }

  #request(decoded: DecodedEvent): DeliveryRequest {
    const { span, attempts } = this.#history
    const request = deliveryRequest(decoded, this.#record, attempts + 1, this.#parts.profile)
    if (span === undefined) return request
    span.set(eventAttributes(decoded.event))
    return withTrace(request, span.context)
  }

  async #post(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryReceipt> {
    const { deliverer, clock, observer } = this.#parts
    const beganAt = clock.monotonic()
    try {
      const receipt = await deliverer.deliver(request, signal)
      observer.delivery.answered(receipt.status, clock.monotonic() - beganAt)
      return receipt
    } catch (thrown) {
      observer.delivery.failed(thrown, clock.monotonic() - beganAt)
      throw thrown
    }
  }

  #delivered(decoded: DecodedEvent, status: number): void {
    const { clock, observer, onDelivered } = this.#parts
    const { topic, partition, offset, timestamp: receivedAt } = this.#record
    const deliveredAt = clock.now()
    observer.delivery.delivered(decoded.event.timestamp, receivedAt, deliveredAt)
    if (onDelivered === undefined) return
    const { attempts } = this.#history
    try {
      onDelivered({ ...decoded, topic, partition, offset, attempts, status, receivedAt, deliveredAt })
    } catch (thrown) {
      // Throwing on would deliver it a second time.
      observer.callbackFailed(thrown)
    }
  }

  async #bury(reason: DeadLetterReason): Promise<undefined> {
    this.#stage = 'dead_letter'
    const place = await this.#parts.deadLetters.write(this.#record, reason)
    this.#parts.observer.deadLettered(this.#record, reason, place)
    this.#onOutcome('dead_letter')
  }

  /** @returns milliseconds until the next attempt */
  #afterFailure(error: Error, pass: Pass | undefined): number {
    const { retry, random, observer } = this.#parts
    const stage = this.#stage
    const facts = isRelayError(error) ? error.facts : {}
    const code = isRelayError(error) ? error.code : error.name
    const reason = typeof facts['reason'] === 'string' ? facts['reason'] : code
    const asked = typeof facts['retryAfterMs'] === 'number' ? facts['retryAfterMs'] : 0
    if (stage === 'deliver') this.#tellEndpoint(code, reason, facts['status'], asked, pass)
    if (stage !== 'dead_letter') {
      if (stage === 'decode') this.#history.attempts++
      noteFailure(this.#history, error, this.#parts.clock)
      this.#givenUp = givenUp(error, stage, this.#record, this.#history, this.#parts)
      if (this.#givenUp !== undefined) return 0
    }
    // Said by the gate, once for all; the wait is for whoever looks at the lanes.
    if (code === 'ENDPOINT_GONE') return slowDelay(retry, random)
    const misconfigured = code === 'ENDPOINT_MISCONFIGURED'
    // On top of what the endpoint asked for: all lanes got the same number, and would come back in the same instant.
    const waitMs =
      asked + (misconfigured ? slowDelay(retry, random) : retryDelay(++this.#failures, retry, random))
    const { attempts } = this.#history
    if (misconfigured) observer.misconfigured(this.#record, reason, waitMs, error)
    else observer.retry(this.#record, stage, reason, waitMs, attempts, error)
    return waitMs
  }

  #tellEndpoint(code: string, reason: string, status: unknown, asked: number, pass: Pass | undefined): void {
    // It was not asked: the event cannot be written in its profile.
    if (code === 'EVENT_INVALID') return
    // It works, and says so of an event that it does not want.
    if (code === 'DELIVERY_REFUSED') pass?.succeeded()
    else if (code === 'ENDPOINT_GONE') pass?.gone()
    else if (code === 'ENDPOINT_MISCONFIGURED') pass?.misconfigured(this.#lane, reason)
    else pass?.failed(this.#lane, reason, status === 429 || status === 503 ? asked : 0)
  }
}
