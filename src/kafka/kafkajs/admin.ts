import kafkajs from 'kafkajs'
import { type Clock, sleep, systemClock } from '../../clock.ts'
import { isRelayError, RelayError } from '../../errors.ts'
import type { AdminPort, TopicsReport } from '../admin-port.ts'
import { rootCause } from '../classify.ts'
import type { CommittedOffset } from '../consumer-port.ts'
import { kafkaCode } from '../kafka-fault.ts'
import { topicFindings } from '../topic-findings.ts'
import type { ClusterState, TopicState } from '../topic-state.ts'
import type { TopicSpec } from '../topics.ts'
import { anyBroker, askAnyBroker } from './any-broker.ts'
import type { KafkaClient } from './client.ts'
import { connectOnce } from './connect-once.ts'
import { commitWithoutMember, fetchGroupOffsets } from './group-offsets.ts'
import { metadataRequest, type TopicMetadata } from './metadata-request.ts'

export type { TopicsReport } from '../admin-port.ts'

/** Error codes of Kafka that stand for wrong options of a new topic: no repetition heals them. */
const wrongOptions: ReadonlySet<unknown> = new Set([
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_REQUEST',
])

/** Error codes of Kafka for settings that we are not permitted to see. */
const hidden: ReadonlySet<unknown> = new Set(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

/** New topics have leaders within a second on a healthy cluster; 20 s are for one that is starting. */
const leaderAttempts = 200
const leaderPauseMs = 100

/** See {@link AdminPort}; connects at the first call. */
export class KafkaAdmin implements AdminPort {
  readonly #admin: kafkajs.Admin
  readonly #connect: () => Promise<void>
  readonly #clock: Clock
  #closed: Promise<void> | undefined

  constructor(kafka: KafkaClient, clock: Clock = systemClock) {
    this.#admin = kafka.admin()
    this.#connect = connectOnce(this.#admin)
    this.#clock = clock
  }

  describeTopics(topics: readonly string[]): Promise<ClusterState> {
    return this.#call('looking at topics', async (admin) => {
      const found = await askAnyBroker(admin, metadataRequest(topics))
      return { brokers: found.brokers.length, topics: await topicStates(admin, found.topics) }
    })
  }

  async planTopics(specs: readonly TopicSpec[]): Promise<TopicsReport> {
    const cluster = await this.describeTopics(specs.map(({ topic }) => topic))
    const names = specs.map(({ topic }) => topic)
    return {
      created: [],
      existing: names.filter((topic) => cluster.topics.has(topic)),
      missing: names.filter((topic) => !cluster.topics.has(topic)),
      findings: topicFindings(specs, cluster),
    }
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<TopicsReport> {
    const plan = await this.planTopics(specs)
    if (plan.missing.length === 0) return plan
    const missing = specs.filter(({ topic }) => plan.missing.includes(topic))
    await this.#call('creating topics', async (admin) => {
      // kafkajs's own wait for the leaders fails when the broker it asks has not heard of the topic yet.
      await admin.createTopics({ topics: missing.map(toTopicConfig), waitForLeaders: false })
      await this.#awaitLeaders(admin, missing)
    })
    // Compared once more: another process may have been quicker, and its topic may be another one.
    const { findings } = await this.#lookAgain(specs)
    return { created: plan.missing, existing: plan.existing, missing: [], findings }
  }

  partitionCount(topic: string): Promise<number | undefined> {
    return this.#call(`asking for the partitions of ${topic}`, async (admin) => {
      const [found] = (await askAnyBroker(admin, metadataRequest([topic]))).topics
      return found?.errorCode === 0 ? found.partitions.length : undefined
    })
  }

  maxMessageBytes(topic: string): Promise<number | undefined> {
    return this.#call(`asking for the settings of ${topic}`, async (admin) => {
      const [found] = (await askAnyBroker(admin, metadataRequest([topic]))).topics
      if (found?.errorCode !== 0) return undefined
      const value = (await settingsOf(admin, [topic])).get(topic)?.get('max.message.bytes')
      return value === undefined ? undefined : Number(value)
    })
  }

  latestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>> {
    return this.#call(`asking for the offsets of ${topic}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]))
    })
  }

  earliestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>> {
    return this.#call(`asking for the offsets of ${topic}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
    })
  }

  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>> {
    return this.#call(`asking for the offsets of ${topic}`, async (admin) => {
      // Kafka knows no offset for a time after the last record; the client puts the next record's there.
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs)
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
    })
  }

  groupOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    return this.#call(`asking for the offsets of the group ${groupId}`, (admin) =>
      fetchGroupOffsets(admin, this.#clock, groupId, topic),
    )
  }

  async presetOffsets(
    groupId: string,
    topic: string,
    offsets: ReadonlyMap<number, CommittedOffset>,
  ): Promise<void> {
    const doing = `setting the offsets of the group ${groupId}`
    try {
      await this.#call(doing, (admin) => commitWithoutMember(admin, this.#clock, groupId, topic, offsets))
    } catch (error) {
      if (!isRelayError(error) || error.facts['kafka'] !== 'UNKNOWN_MEMBER_ID') throw error
      // Kafka's own words are about a coordinator that does not know this member.
      throw new RelayError('KAFKA_CONFIGURATION', `${doing}: it has members; stop them first`, {
        cause: error,
      })
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#admin.disconnect()
    return this.#closed
  }

  async #call<T>(doing: string, run: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new RelayError('SINK_CLOSED', `${doing}: this admin is closed`)
    try {
      await this.#connect()
      return await run(this.#admin)
    } catch (error) {
      throw translated(doing, error)
    }
  }

  /** A topic is created in the controller first; the brokers learn of it, and choose leaders, a moment later. */
  async #awaitLeaders(admin: kafkajs.Admin, specs: readonly TopicSpec[]): Promise<void> {
    const topics = specs.map(({ topic }) => topic)
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await admin.fetchTopicMetadata({ topics })
        const leaderless = answer.topics.filter(({ partitions }) =>
          partitions.some(({ leader }) => leader < 0),
        )
        if (leaderless.length === 0) return
      } catch (error) {
        if (attempt >= leaderAttempts) throw error
      }
      if (attempt >= leaderAttempts) return
      await sleep(this.#clock, leaderPauseMs)
    }
  }

  /** The broker that is asked now may hear of the new topics later than the one that named their leaders. */
  async #lookAgain(specs: readonly TopicSpec[]): Promise<TopicsReport> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const plan = await this.planTopics(specs)
        if (plan.missing.length === 0 || attempt >= leaderAttempts) return plan
      } catch (error) {
        if (attempt >= leaderAttempts) throw error
      }
      await sleep(this.#clock, leaderPauseMs)
    }
  }
}

function toTopicConfig({ topic, partitions, replicationFactor, settings }: TopicSpec): kafkajs.ITopicConfig {
  return {
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }
}

async function topicStates(
  admin: kafkajs.Admin,
  topics: readonly TopicMetadata[],
): Promise<ReadonlyMap<string, TopicState>> {
  // One that is missing and one that we are not permitted to see: Kafka tells of neither in a list of topics.
  const there = topics.filter(({ errorCode }) => errorCode === 0)
  // Asking for no topic would mean all of them.
  if (there.length === 0) return new Map()
  const settings = await visibleSettings(
    admin,
    there.map(({ name }) => name),
  )
  return new Map(
    there.map(({ name, partitions }): [string, TopicState] => [
      name,
      {
        partitions: partitions.length,
        replicationFactor: Math.min(...partitions.map(({ copies }) => copies)),
        settings: settings?.get(name),
        copies: partitions,
      },
    ]),
  )
}

/** Undefined where they may not be seen: numbers of partitions and copies are worth comparing all the same. */
async function visibleSettings(
  admin: kafkajs.Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>> | undefined> {
  try {
    return await settingsOf(admin, topics)
  } catch (error) {
    const cause = rootCause(error)
    if ('type' in cause && hidden.has(cause.type)) return undefined
    throw error
  }
}

async function settingsOf(
  admin: kafkajs.Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const broker = await anyBroker(admin)
  const { resources } = await broker.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
}

function translated(doing: string, error: unknown): RelayError {
  const top = rootCause(error)
  const { errors } = top instanceof kafkajs.KafkaJSAggregateError ? top : { errors: [top] }
  // One call for several topics fails with a list, and one reason says enough. That a topic is there by now is none.
  const root = rootCause(errors.find((one) => typeOf(one) !== 'TOPIC_ALREADY_EXISTS') ?? errors[0])
  const type = typeOf(root)
  const topics = errors.flatMap((one) => (typeOf(one) === type ? topicOf(one) : []))
  return new RelayError(
    wrongOptions.has(type) ? 'KAFKA_CONFIGURATION' : kafkaCode(root),
    topics.length === 0
      ? `${doing}: ${root.message}`
      : `${doing}: ${topics.join(', ')}: ${root.message}${hintOf(type)}`,
    {
      cause: error,
      facts: {
        ...(type === undefined ? {} : { kafka: type }),
        ...(topics.length === 0 ? {} : { topics }),
      },
    },
  )
}

function typeOf(error: unknown): unknown {
  return error instanceof Error && 'type' in error ? error.type : undefined
}

/** The client names the topic of an error beside its text, and of errors of creating topics only. */
function topicOf(error: unknown): readonly string[] {
  return error instanceof Error && 'topic' in error && typeof error.topic === 'string' ? [error.topic] : []
}

/** What Kafka says with the code, and the client does not pass on. */
function hintOf(type: unknown): string {
  if (type === 'INVALID_REPLICATION_FACTOR') return ' (topics.replicationFactor)'
  // Kafka counts both as the same name.
  return type === 'INVALID_TOPIC_EXCEPTION' ? ', or there is a topic whose name differs only by . and _' : ''
}
