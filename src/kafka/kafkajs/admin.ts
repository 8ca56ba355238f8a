import kafkajs from 'kafkajs'
import { type Clock, sleep, systemClock } from '../../clock.ts'
import { RelayError } from '../../errors.ts'
import type { AdminPort, TopicsReport } from '../admin-port.ts'
import { classify, rootCause } from '../classify.ts'
import type { TopicSpec } from '../topics.ts'
import type { KafkaClient } from './client.ts'

export type { TopicsReport } from '../admin-port.ts'

/** Error codes of Kafka that stand for wrong options of a new topic: no repetition heals them. */
const wrongOptions: ReadonlySet<unknown> = new Set([
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_REQUEST',
])

/** New topics have leaders within a second on a healthy cluster; 20 s are for one that is starting. */
const leaderAttempts = 200
const leaderPauseMs = 100

/** See {@link AdminPort}; connects at the first call. */
export class KafkaAdmin implements AdminPort {
  readonly #admin: kafkajs.Admin
  readonly #clock: Clock
  #connected: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(kafka: KafkaClient, clock: Clock = systemClock) {
    this.#admin = kafka.admin()
    this.#clock = clock
  }

  planTopics(specs: readonly TopicSpec[]): Promise<TopicsReport> {
    return this.#call('comparing topics', async (admin) => {
      const names = new Set(await admin.listTopics())
      const there = specs.filter(({ topic }) => names.has(topic))
      return {
        created: [],
        existing: there.map(({ topic }) => topic),
        missing: specs.filter(({ topic }) => !names.has(topic)).map(({ topic }) => topic),
        findings: await findingsOf(admin, there),
      }
    })
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
    const { findings } = await this.planTopics(specs)
    return { created: plan.missing, existing: plan.existing, missing: [], findings }
  }

  partitionCount(topic: string): Promise<number | undefined> {
    return this.#call(`asking for the partitions of ${topic}`, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return undefined
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.length
    })
  }

  maxMessageBytes(topic: string): Promise<number | undefined> {
    return this.#call(`asking for the settings of ${topic}`, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return undefined
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

  #connect(): Promise<void> {
    this.#connected ??= this.#admin.connect().catch((error: unknown) => {
      this.#connected = undefined
      throw error
    })
    return this.#connected
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

async function findingsOf(admin: kafkajs.Admin, specs: readonly TopicSpec[]): Promise<readonly string[]> {
  // Asking for no topic would mean all of them.
  if (specs.length === 0) return []
  const names = specs.map(({ topic }) => topic)
  const { topics } = await admin.fetchTopicMetadata({ topics: names })
  const settings = await settingsOf(admin, names)
  return specs.flatMap((spec) => {
    const partitions = topics.find(({ name }) => name === spec.topic)?.partitions ?? []
    const found = new Map(settings.get(spec.topic))
      .set('partitions', String(partitions.length))
      .set('replicationFactor', String(partitions[0]?.replicas.length ?? 0))
    const wanted = {
      partitions: String(spec.partitions),
      replicationFactor: String(spec.replicationFactor),
      ...spec.settings,
    }
    return Object.entries(wanted)
      .filter(([name, value]) => found.get(name) !== value)
      .map(([name, value]) => `${spec.topic}: ${name} is ${found.get(name) ?? 'unknown'}, wanted ${value}`)
  })
}

async function settingsOf(
  admin: kafkajs.Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { resources } = await admin.describeConfigs({
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
  // One call for several topics fails with a list; the first one says enough.
  const top = rootCause(error)
  const root = top instanceof kafkajs.KafkaJSAggregateError ? rootCause(top.errors[0]) : top
  const type = 'type' in root ? root.type : undefined
  const configuration = wrongOptions.has(type) || classify(root) === 'configuration'
  return new RelayError(
    configuration ? 'KAFKA_CONFIGURATION' : 'KAFKA_UNAVAILABLE',
    `${doing}: ${root.message}`,
    { cause: error, facts: type === undefined ? {} : { kafka: type } },
  )
}
