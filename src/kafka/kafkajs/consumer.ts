import { type Clock, type Random, sleep, systemClock, systemRandom, within } from '../../clock.ts'
import { isRelayError, RelayError } from '../../errors.ts'
import { type Counter, type Logger, noTelemetry, type Telemetry } from '../../telemetry.ts'
import { rootCause } from '../classify.ts'
import type { BatchHandler, ConsumerPort, PartitionCommit, TopicPartition } from '../consumer-port.ts'
import { kafkaFault } from '../kafka-fault.ts'
import type { KafkaClient } from './client.ts'
import { ConsumerSession } from './consumer-session.ts'
import { consumerSettings, type KafkaConsumerSettings } from './consumer-settings.ts'
import { notHeld, notReached } from './consumer-tenure.ts'

export interface KafkaConsumerOptions extends KafkaConsumerSettings {
  readonly kafka: KafkaClient
  readonly groupId: string
  readonly topics: readonly string[]
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Between two consumers of one member: 1 s, doubling, with jitter, so that a broker that restarts is not
 * stormed.
 */
const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** A consumer that lived this long was healthy: its end is the first failure again. */
const healthyMs = 60_000

/** A broker that has just started answers so until it has read what it knows of the groups: about a second. */
const notReadyYet: ReadonlySet<unknown> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])
/** What a broker says of a topic that does not exist. */
const missingTopic: ReadonlySet<unknown> = new Set(['UNKNOWN_TOPIC_OR_PARTITION'])
const firstNotReadyPauseMs = 200
const longestNotReadyPauseMs = 2_000
/** Up to here it is nothing to look after. */
const ordinaryNotReadyMs = 30_000

/**
 * A member of a consumer group that outlives its kafkajs consumers.
 *
 * closed → joining (a `ConsumerSession`) → consuming → crashed → a pause → joining with a new session →
 * … → closed. kafkajs ends a consumer for good after a programming error or when it finds no coordinator,
 * while the process lives on: a consumer without this loop is dead then, and nobody notices.
 */
export class KafkaConsumer implements ConsumerPort {
  readonly #options: KafkaConsumerOptions
  readonly #settings: Required<KafkaConsumerSettings>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #crashes: Counter
  readonly #stopping = new AbortController()
  #session: ConsumerSession | undefined
  #loop: Promise<void> | undefined
  #started: Promise<void> | undefined
  #closing: Promise<boolean> | undefined
  #lastCrash: string | undefined
  /** Until when a member of the group is not ready all the same: it died of something that nobody has mended. */
  #notReadyBefore = 0

  constructor(options: KafkaConsumerOptions) {
    this.#options = options
    this.#settings = consumerSettings(options)
    this.#clock = options.clock ?? systemClock
    const { logger, metrics } = options.telemetry ?? noTelemetry
    this.#logger = logger.child({ component: 'consumer', groupId: options.groupId })
    this.#crashes = metrics.counter({
      name: 'registry_relay_consumer_restarts_total',
      help: 'Kafka consumers that ended by themselves and were replaced',
      labels: ['group'],
    })
    this.#crashes.add(0, { group: options.groupId })
  }

  start(handler: BatchHandler): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      if (this.#closing !== undefined) {
        reject(closedBefore())
        return
      }
      // Settled already when the group was joined once; then the rejection goes nowhere.
      this.#loop = this.#supervise(handler, resolve).then(() => reject(closedBefore()), reject)
    })
    return this.#started
  }

  async commit(offsets: readonly PartitionCommit[]): Promise<void> {
    if (this.#session === undefined) throw notHeld(this.#options.groupId)
    await this.#session.commit(offsets)
  }

  async ends(partitions: readonly TopicPartition[]): ReturnType<ConsumerPort['ends']> {
    if (this.#session === undefined) throw notReached(this.#options.groupId)
    return this.#session.ends(partitions)
  }

  readiness(): { readonly ready: boolean; readonly reason?: string } {
    const { groupId } = this.#options
    const crash = this.#lastCrash === undefined ? '' : `; last: ${this.#lastCrash}`
    if (this.#session?.alive !== true)
      return { ready: false, reason: `not a member of group ${groupId}${crash}` }
    if (this.#clock.monotonic() >= this.#notReadyBefore) return { ready: true }
    return { ready: false, reason: `the records of group ${groupId} cannot be read${crash}` }
  }

  close(options: { readonly deadlineMs?: number } = {}): Promise<boolean> {
    this.#closing ??= this.#shut(options.deadlineMs ?? 10_000)
    return this.#closing
  }

  async #shut(deadlineMs: number): Promise<boolean> {
    this.#stopping.abort(closedBefore())
    // A session that ends by itself just now keeps a deadline of its own.
    const stopped = Promise.all([this.#session?.stop(deadlineMs), this.#loop])
    await within(this.#clock, deadlineMs, stopped)
    return this.#session?.left ?? true
  }

  async #supervise(handler: BatchHandler, onFirstJoin: () => void): Promise<void> {
    let failures = 0
    let failingSince = 0
    while (!this.#stopping.signal.aborted) {
      const bornAt = this.#clock.monotonic()
      const session = this.#open(handler, onFirstJoin)
      this.#session = session
      const why = await session.run()
      if (this.#stopping.signal.aborted) return
      const now = this.#clock.monotonic()
      failures = now - bornAt >= healthyMs ? 1 : failures + 1
      if (failures === 1) failingSince = now
      const waitMs = this.#tell(why, failures, now - failingSince)
      await sleep(this.#clock, waitMs, this.#stopping.signal).catch(() => {})
    }
  }

  /** @returns how long to wait before the next consumer, milliseconds */
  #tell(why: Error, failures: number, failingForMs: number): number {
    const { random = systemRandom, groupId, topics } = this.#options
    const { type } = rootCause(why) as Error & { readonly type?: unknown }
    const ordinary = notReadyYet.has(type)
    const [firstMs, longestMs] = ordinary
      ? [firstNotReadyPauseMs, longestNotReadyPauseMs]
      : [firstPauseMs, longestPauseMs]
    const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10))
    // Half of it is certain: a consumer that dies at once must not be made anew in a hot loop.
    const waitMs = Math.floor(ceiling * (0.5 + random() / 2))
    const missing = missingTopic.has(type)
    const reason = missing
      ? `${topicsText(topics)} missing: create with \`registry-relay topics apply\``
      : why.message
    this.#lastCrash = reason
    // It will join, meet the same batch and die again: a member in between, and no good.
    if (isRelayError(why, 'CONFIG_INVALID'))
      this.#notReadyBefore = this.#clock.monotonic() + waitMs + healthyMs
    this.#crashes.add(1, { group: groupId })
    const err = kafkaFault(why)
    const facts = { err, reason, failures, waitMs }
    if (missing) this.#logger.error({ reason, failures, waitMs }, 'there is nothing to read yet; trying on')
    else if (isRelayError(err, 'KAFKA_UNAVAILABLE') && !ordinary)
      this.#logger.warn(facts, 'consumer ended; a new one will join the group')
    else if (!ordinary) this.#logger.error(facts, 'consumer ended; a new one will join the group')
    else if (failingForMs < ordinaryNotReadyMs) {
      this.#logger.info({ reason: type, failures, waitMs }, 'the broker is not ready for the group yet')
    } else this.#logger.warn(facts, 'the broker is still not ready for the group')
    return waitMs
  }

  #open(handler: BatchHandler, onFirstJoin: () => void): ConsumerSession {
    const { kafka, groupId, topics } = this.#options
    return new ConsumerSession({
      kafka,
      groupId,
      topics,
      settings: this.#settings,
      handler,
      clock: this.#clock,
      logger: this.#logger,
      onJoin: (partitions) => {
        if (this.#clock.monotonic() >= this.#notReadyBefore) this.#lastCrash = undefined
        this.#logger.info({ partitions }, 'joined the group')
        onFirstJoin()
      },
    })
  }
}

function topicsText(topics: readonly string[]): string {
  return topics.length === 1 ? `topic ${topics[0]} is` : `one of the topics ${topics.join(', ')} is`
}

function closedBefore(): RelayError {
  return new RelayError('SINK_CLOSED', 'consumer: closed before it had joined the group')
}
