import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Deliverer } from '../http/deliverer.ts'
import type { ConsumerPort } from '../kafka/consumer-port.ts'
import type { DeadLetters } from '../kafka/dead-letter-port.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { BridgeObserver } from './bridge-observer.ts'
import type { Delivered, RecordDecoder } from './delivered.ts'
import { DeliverySlots } from './delivery-slots.ts'
import { PartitionRun, type PartitionRunParts } from './partition-run.ts'
import { RecordDelivery } from './record-delivery.ts'
import { type Backoff, defaultBackoff } from './retry-backoff.ts'
import { Round } from './round.ts'

export interface TopicBridgeOptions {
  /** Prefix of the consumer group, shared by all bridges of one relay. Default `registry-relay`. */
  readonly group?: string
  /**
   * Name of the endpoint: letters, digits, `_`, `-`; no dot, so that no two pairs of names make one group.
   */
  readonly endpoint: string
  /** Makes the member of that group, subscribed to what is to be delivered. */
  readonly consumer: (groupId: string) => ConsumerPort
  readonly decoder: RecordDecoder
  readonly deliverer: Deliverer
  readonly deadLetters: DeadLetters
  /** Attempts under way at once, over all partitions. Default 64. */
  readonly maxInFlight?: number
  /** Between the attempts for one record. Default 200 ms doubling to 30 s. */
  readonly backoff?: Backoff
  /**
   * How often a waiting handler heartbeats, milliseconds. Default 500; keep it under a tenth of the session
   * time-out.
   */
  readonly tickMs?: number
  /**
   * Commits of a partition while its deliveries wait, milliseconds apart. Default 1000: a crash repeats about
   * so much.
   */
  readonly commitIntervalMs?: number
  /**
   * At a stop or rebalance: how long requests under way may go on before they are aborted, milliseconds.
   * Default 5000. All members of the group wait that long; with the commit it has to stay under the rebalance
   * time-out.
   */
  readonly drainMs?: number
  /**
   * Called for each event after the endpoint took it, before it is committed. Must return fast; what it
   * throws is logged.
   */
  readonly onDelivered?: (delivered: Delivered) => void
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Delivers topics to one HTTP endpoint: every event at least once, in the order of its repository, for as
 * long as it takes.
 *
 * A failing repository waits alone, others go past it, up to the end of what was fetched with it; then its
 * partition waits. Nothing is skipped: a record is delivered, or, if its bytes can never be read, kept in the
 * dead letters, before the group's offset goes past it. Repeats happen after a crash, a rebalance or an
 * unclear answer; they carry the same `webhook-id`.
 */
export class TopicBridge {
  readonly #consumer: ConsumerPort
  readonly #deliverer: Deliverer
  readonly #deadLetters: DeadLetters
  readonly #round = new Round()
  readonly #parts: PartitionRunParts
  #started: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** Name of the consumer group: whose offsets say what was delivered. */
  readonly groupId: string

  /** @throws CONFIG_INVALID: a name or a number cannot be used */
  constructor(options: TopicBridgeOptions) {
    this.groupId = groupIdOf(options.group ?? 'registry-relay', options.endpoint)
    const { clock = systemClock, random = systemRandom, deliverer, deadLetters, maxInFlight = 64 } = options
    if (!Number.isInteger(maxInFlight) || maxInFlight < 1) {
      throw new RelayError('CONFIG_INVALID', `maxInFlight: expected an integer from 1, got ${maxInFlight}`)
    }
    this.#deliverer = deliverer
    this.#deadLetters = deadLetters
    const observer = new BridgeObserver(options.telemetry ?? noTelemetry, clock, options.endpoint)
    const { decoder, onDelivered, backoff = defaultBackoff } = options
    const parts = { decoder, deliverer, deadLetters, backoff, clock, random, observer, onDelivered }
    const { tickMs = 500, commitIntervalMs = 1_000, drainMs = 5_000 } = options
    this.#parts = {
      slots: new DeliverySlots(maxInFlight),
      round: this.#round,
      clock,
      observer,
      pace: { tickMs, commitIntervalMs, drainMs },
      job: (record, onOutcome) => new RecordDelivery(record, parts, onOutcome),
    }
    this.#consumer = options.consumer(this.groupId)
  }

  /**
   * Begins to deliver. Resolves when the group has been joined; with the brokers down it goes on trying, so a
   * supervisor looks at {@link readiness} instead of waiting. Idempotent.
   */
  start(): Promise<void> {
    this.#started ??= this.#consumer.start((batch, context) =>
      new PartitionRun(batch, context, this.#parts).run(),
    )
    return this.#started
  }

  readiness(): { readonly ready: boolean; readonly reason?: string } {
    return this.#closing === undefined ? this.#consumer.readiness() : { ready: false, reason: 'closing' }
  }

  /**
   * Starts no further delivery, lets those under way end for `drainMs`, commits, leaves the group, and closes
   * the deliverer and the dead letters. Idempotent. What has no outcome by then is delivered by the next
   * bridge of this endpoint.
   * @param options.deadlineMs default 10 s
   */
  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 10_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<void> {
    this.#round.close()
    await this.#consumer.close({ deadlineMs })
    // Nothing of it is under way any more, unless the deadline passed; then it is broken off here.
    await Promise.all([this.#deliverer.close({ deadlineMs: 1_000 }), this.#deadLetters.close()])
  }
}

const plainName = /^[A-Za-z0-9._-]{1,100}$/

function groupIdOf(group: string, endpoint: string): string {
  for (const [option, name] of Object.entries({ group, endpoint })) {
    if (plainName.test(name) && (option === 'group' || !name.includes('.'))) continue
    const dot = option === 'group' ? '".", ' : ''
    const expected = `1 to 100 letters, digits, ${dot}"_" or "-"`
    throw new RelayError('CONFIG_INVALID', `${option}: expected ${expected}, got ${JSON.stringify(name)}`)
  }
  return `${group}.${endpoint}`
}
