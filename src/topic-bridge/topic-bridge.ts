import { type Clock, type Random, systemClock, systemRandom, within } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Deliverer } from '../http/deliverer.ts'
import type { BatchHandler, ConsumerPort, TopicPartition } from '../kafka/consumer-port.ts'
import type { DeadLetters } from '../kafka/dead-letter-port.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { BridgeObserver } from './bridge-observer.ts'
import type { Delivered, RecordDecoder } from './delivered.ts'
import { DeliverySlots } from './delivery-slots.ts'
import { PartitionRun, type PartitionRunParts, type Window } from './partition-run.ts'
import { RecordDelivery } from './record-delivery.ts'
import { type Backoff, defaultBackoff } from './retry-backoff.ts'

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
   * For how long a record whose schema the registry does not know, or has another one in place of, holds up its repository
   * before it is kept in the dead letters, milliseconds from its first attempt. Default 900,000. A registry that cannot be
   * asked is waited for without end.
   */
  readonly unknownSchemaMs?: number
  /**
   * How far reading goes ahead, per partition, of a record that has no outcome; then its partition waits. It
   * bounds the memory, and how much is repeated after a crash or rebalance while something fails. Default 2000
   * records, and 4 MiB without outcome; one fetch may come on top.
   */
  readonly window?: Window
  /** Between two commits of a partition, milliseconds: a crash repeats about so much. Default 200. */
  readonly commitIntervalMs?: number
  /**
   * At a stop or rebalance: how long requests under way may go on before they are aborted, milliseconds.
   * Default 5000. All members of the group wait that long, but no longer than half the rebalance time-out.
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
 * A failing repository waits alone, others go past it, up to the {@link TopicBridgeOptions.window}; then its
 * partition waits. Nothing is skipped: a record is delivered, or, if its bytes can never be read or its schema stays unknown,
 * kept in the dead letters, before the group's offset goes past it. Repeats happen after a crash, an unclear answer, or a
 * rebalance while something fails; they carry the same `webhook-id`.
 */
export class TopicBridge {
  readonly #consumer: ConsumerPort
  readonly #deliverer: Deliverer
  readonly #deadLetters: DeadLetters
  readonly #clock: Clock
  readonly #parts: PartitionRunParts
  readonly #runs = new Map<string, PartitionRun>()
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
    const { unknownSchemaMs = 900_000 } = options
    if (!(unknownSchemaMs >= 0)) {
      throw new RelayError('CONFIG_INVALID', `unknownSchemaMs: expected milliseconds, got ${unknownSchemaMs}`)
    }
    this.#deliverer = deliverer
    this.#deadLetters = deadLetters
    const observer = new BridgeObserver(
      options.telemetry ?? noTelemetry,
      clock,
      options.endpoint,
      this.groupId,
    )
    const { decoder, onDelivered, backoff = defaultBackoff } = options
    const parts = {
      decoder,
      deliverer,
      deadLetters,
      backoff,
      unknownSchemaMs,
      clock,
      random,
      observer,
      onDelivered,
    }
    const { window = defaultWindow, commitIntervalMs = 200, drainMs = 5_000 } = options
    this.#clock = clock
    this.#parts = {
      slots: new DeliverySlots(maxInFlight),
      clock,
      observer,
      pace: { window, commitIntervalMs, drainMs },
      job: (record, onOutcome) => new RecordDelivery(record, parts, onOutcome),
    }
    this.#consumer = options.consumer(this.groupId)
  }

  /**
   * Begins to deliver. Resolves when the group has been joined; with the brokers down it goes on trying, so a
   * supervisor looks at {@link readiness} instead of waiting. Idempotent.
   */
  start(): Promise<void> {
    this.#started ??= this.#consumer.start(this.#handler)
    return this.#started
  }

  readonly #handler: BatchHandler = {
    take: (batch, held) => {
      const name = nameOf(batch)
      let run = this.#runs.get(name)
      if (run === undefined) {
        run = new PartitionRun(batch, batch.records[0]?.offset ?? batch.next, held, this.#parts)
        this.#runs.set(name, run)
      }
      run.take(batch)
    },
    giveBack: async (withinMs, only) => {
      const runs = only === undefined ? [...this.#runs.values()] : [this.#runs.get(nameOf(only))]
      // Out of the way at once: a batch that comes after all must not fall to one that delivers nothing any more.
      if (only === undefined) this.#runs.clear()
      else this.#runs.delete(nameOf(only))
      await Promise.all(runs.map((run) => run?.end(withinMs)))
    },
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
    const until = this.#clock.monotonic() + deadlineMs
    await this.#consumer.close({ deadlineMs })
    // Nothing of it is under way any more, unless the deadline passed; then it is broken off here.
    const leftMs = Math.max(lastMs, until - this.#clock.monotonic())
    await Promise.all([
      this.#deliverer.close({ deadlineMs: Math.min(leftMs, 1_000) }),
      within(this.#clock, leftMs, this.#deadLetters.close()),
    ])
  }
}

/** What the deliverer and the dead letters get to close in any case. */
const lastMs = 500
const defaultWindow: Window = { records: 2_000, bytes: 4 * 1024 * 1024 }

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

function groupIdOf(group: string, endpoint: string): string {
  // A group may hold the name of a topic, which has up to 249 characters.
  const rules = [
    {
      option: 'group',
      name: group,
      pattern: /^[A-Za-z0-9._-]{1,350}$/,
      expected: '1 to 350 letters, digits, ".", ',
    },
    {
      option: 'endpoint',
      name: endpoint,
      pattern: /^[A-Za-z0-9_-]{1,100}$/,
      expected: '1 to 100 letters, digits, ',
    },
  ]
  for (const { option, name, pattern, expected } of rules) {
    if (pattern.test(name)) continue
    throw new RelayError(
      'CONFIG_INVALID',
      `${option}: expected ${expected}"_" or "-", got ${JSON.stringify(name)}`,
    )
  }
  return `${group}.${endpoint}`
}
