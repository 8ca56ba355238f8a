import { fingerprintHeader } from '../avro/wire-format.ts'
import type { Clock, Random } from '../clock.ts'
import { isRelayError, RelayError, toError } from '../errors.ts'
import type { Deliverer } from '../http/deliverer.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DeadLetterReason, DeadLetters } from '../kafka/dead-letter-port.ts'
import type { BridgeObserver, Stage } from './bridge-observer.ts'
import type { DecodedEvent, Delivered, RecordDecoder } from './delivered.ts'
import type { LaneJob } from './key-lanes.ts'
import { type Backoff, retryDelay } from './retry-backoff.ts'

/** What all deliveries of one bridge share. */
export interface DeliveryParts {
  readonly decoder: RecordDecoder
  readonly deliverer: Deliverer
  readonly deadLetters: DeadLetters
  readonly backoff: Backoff
  /** From the first attempt for a record whose schema is not known until it is given up, milliseconds. */
  readonly unknownSchemaMs: number
  readonly clock: Clock
  readonly random: Random
  readonly observer: BridgeObserver
  readonly onDelivered?: ((delivered: Delivered) => void) | undefined
}

/**
 * One record until it has its outcome.
 *
 * decode → deliver → outcome "delivered"; or decode → cannot be decoded, or its schema was not known for too long → dead
 * letter → outcome "dead letter". Every step is repeated with backoff for ever until it succeeds; a step that has succeeded is not
 * repeated, but for decoding, which is cheap: what was decoded is not kept over a pause, so that the memory
 * is that of the attempts under way.
 */
export class RecordDelivery implements LaneJob {
  readonly #record: ConsumedRecord
  readonly #parts: DeliveryParts
  readonly #onOutcome: () => void
  #attempts = 0
  /** When the first attempt began, by the monotonic clock. */
  #begunAt: number | undefined
  #stage: Stage = 'decode'
  #unreadable: DeadLetterReason | undefined

  /** @param onOutcome called once, when the record may be committed */
  constructor(record: ConsumedRecord, parts: DeliveryParts, onOutcome: () => void) {
    this.#record = record
    this.#parts = parts
    this.#onOutcome = onOutcome
  }

  async attempt(signal: AbortSignal): Promise<number | undefined> {
    const { observer, clock } = this.#parts
    this.#attempts++
    this.#begunAt ??= clock.monotonic()
    observer.attemptStarted()
    try {
      const decoded = await this.#decode()
      // Waiting for a schema can take longer than the partition is held.
      signal.throwIfAborted()
      if (decoded === undefined) await this.#bury()
      else await this.#deliver(decoded, signal)
      this.#onOutcome()
      return undefined
    } catch (thrown) {
      // Stopped on purpose: neither a failure of the endpoint nor worth a wait.
      if (signal.aborted) return 0
      return this.#pauseAfter(toError(thrown))
    } finally {
      observer.attemptEnded()
    }
  }

  /** Undefined when the bytes can never be read. */
  async #decode(): Promise<DecodedEvent | undefined> {
    if (this.#unreadable !== undefined) return undefined
    this.#stage = 'decode'
    try {
      const { value, headers } = this.#record
      if (value === null) throw new RelayError('RECORD_UNDECODABLE', 'the record has no value')
      const [fingerprint] = headers.get(fingerprintHeader) ?? []
      return await this.#parts.decoder.decode(value, fingerprint?.toString('latin1'))
    } catch (thrown) {
      if (!isRelayError(thrown) || (thrown.retriable && !this.#isStale(thrown))) throw thrown
      this.#unreadable = { code: thrown.code, message: thrown.message }
      return undefined
    }
  }

  /**
   * A schema registry that is down, or refuses us, passes, however long it takes: treating that as poison would empty the topic
   * into the dead letters. One that answers and does not know the schema may be a replica that is behind; an id that it does
   * not know after that will not come by waiting, and holds up its repository.
   */
  #isStale(error: RelayError): boolean {
    const { clock, unknownSchemaMs } = this.#parts
    const begunAt = this.#begunAt ?? clock.monotonic()
    return error.code === 'SCHEMA_UNKNOWN' && clock.monotonic() - begunAt >= unknownSchemaMs
  }

  async #bury(): Promise<void> {
    this.#stage = 'dead_letter'
    const reason = this.#unreadable ?? { code: 'RECORD_UNDECODABLE' as const, message: 'unknown' }
    await this.#parts.deadLetters.write(this.#record, reason)
    this.#parts.observer.deadLettered(this.#record, reason)
  }

  async #deliver(decoded: DecodedEvent, signal: AbortSignal): Promise<void> {
    this.#stage = 'deliver'
    const { deliverer, clock, observer, onDelivered } = this.#parts
    const { body, mediaType, event } = decoded
    const { status } = await deliverer.deliver({ body, mediaType, eventId: event.id }, signal)
    observer.delivered()
    if (onDelivered === undefined) return
    const { topic, partition, offset, timestamp: receivedAt } = this.#record
    const attempts = this.#attempts
    try {
      onDelivered({
        ...decoded,
        topic,
        partition,
        offset,
        attempts,
        status,
        receivedAt,
        deliveredAt: clock.now(),
      })
    } catch (thrown) {
      // Throwing on would deliver it a second time.
      observer.callbackFailed(thrown)
    }
  }

  #pauseAfter(error: Error): number {
    const { backoff, random, observer } = this.#parts
    const facts = isRelayError(error) ? error.facts : {}
    const asked = typeof facts['retryAfterMs'] === 'number' ? facts['retryAfterMs'] : 0
    // On top of what the endpoint asked for: all lanes got the same number, and would come back in the same
    // instant.
    const waitMs = asked + retryDelay(this.#attempts, backoff, random)
    const reason =
      typeof facts['reason'] === 'string' ? facts['reason'] : isRelayError(error) ? error.code : error.name
    observer.retry(this.#record, this.#stage, reason, waitMs, this.#attempts, error)
    return waitMs
  }
}
