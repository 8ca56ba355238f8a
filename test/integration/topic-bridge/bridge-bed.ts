import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import kafkajs from 'kafkajs'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { KafkaDeadLetters } from '../../../src/kafka/kafkajs/consumer-dead-letters.ts'
import type { KafkaConsumerSettings } from '../../../src/kafka/kafkajs/consumer-settings.ts'
import {
  type LocalStack,
  type LocalStackOptions,
  startLocalStack,
} from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { TopicBridge, type TopicBridgeOptions } from '../../../src/topic-bridge/topic-bridge.ts'
import { until } from '../../support/until.ts'

/** One event as the receiver saw it. */
export interface Post {
  readonly id: string
  readonly repository: string
  readonly sequence: number
  readonly contentType: string | undefined
  readonly body: string
}

type Verdict = number | 'hold'

/** A service behind the bridge: answers as told, and keeps what it took, in the order it took it. */
export class TestReceiver {
  readonly taken: Post[] = []
  answer: (post: Post) => Verdict | Promise<Verdict> = () => 204
  /** Answers above 299. */
  refused = 0
  url = ''
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (message, response) => {
      const post = await readPost(message)
      const verdict = await this.answer(post)
      if (verdict === 'hold') return
      if (verdict < 300) this.taken.push(post)
      else this.refused++
      response.writeHead(verdict).end()
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
    return this
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** Repositories whose events, without the repeats, were not taken in order. */
  outOfOrder(): string[] {
    const last = new Map<string, number>()
    const seen = new Set<string>()
    const wrong = new Set<string>()
    for (const { id, repository, sequence } of this.taken) {
      if (seen.has(id)) continue
      seen.add(id)
      if (sequence !== (last.get(repository) ?? -1) + 1) wrong.add(repository)
      last.set(repository, sequence)
    }
    return [...wrong]
  }

  /** Different events taken. */
  get distinct(): number {
    return new Set(this.taken.map(({ id }) => id)).size
  }
}

async function readPost(message: IncomingMessage): Promise<Post> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString('utf8')
  const { events } = JSON.parse(body) as { events: [{ id: string; target: { repository: string } }] }
  const { id, target } = events[0]
  const sequence = Number(id.slice(id.lastIndexOf('#') + 1))
  return { id, repository: target.repository, sequence, contentType: message.headers['content-type'], body }
}

/** Real servers, and what the tests of this folder do with them. */
export class BridgeBed {
  readonly stack: LocalStack
  readonly kafka: KafkaClient
  readonly registry: SchemaRegistryClient
  readonly admin: kafkajs.Admin
  readonly #producer: kafkajs.Producer
  readonly #schemaId: number
  #names = 0

  constructor(stack: LocalStack, kafka: KafkaClient, registry: SchemaRegistryClient, schemaId: number) {
    this.stack = stack
    this.kafka = kafka
    this.registry = registry
    this.admin = kafka.admin()
    // A new topic's leaders may not all be there yet: without idempotence what is sent again is stored twice.
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    this.#schemaId = schemaId
  }

  static async start(options: LocalStackOptions = {}): Promise<BridgeBed> {
    const stack = await startLocalStack(options)
    const kafka = createKafka({ brokers: stack.brokers }, noTelemetry)
    const registry = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
    const schemaId = await registry.register('bridge-test-value', registryEventSchema.text)
    const bed = new BridgeBed(stack, kafka, registry, schemaId)
    await Promise.all([bed.admin.connect(), bed.#producer.connect()])
    return bed
  }

  async stop(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.#producer.disconnect(), this.registry.close()])
    await this.stack.stop()
  }

  /** A new topic, and one for its dead letters. */
  async topic(partitions: number): Promise<{ topic: string; deadLetterTopic: string }> {
    const topic = `bridge-${process.pid}-${Date.now()}-${++this.#names}`
    const deadLetterTopic = `${topic}-dlq`
    await this.#create([
      { topic, numPartitions: partitions, replicationFactor: 1 },
      { topic: deadLetterTopic, numPartitions: 1, replicationFactor: 1 },
    ])
    return { topic, deadLetterTopic }
  }

  /** Deletes a topic, and creates another one with its name. */
  async recreate(topic: string, partitions: number): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] })
    await until(async () => !(await this.admin.listTopics()).includes(topic))
    await this.#create([{ topic, numPartitions: partitions, replicationFactor: 1 }])
  }

  async #create(topics: readonly kafkajs.ITopicConfig[]): Promise<void> {
    // Its own wait for leaders fails when the broker answers before it has heard of the topic itself.
    await this.admin.createTopics({ waitForLeaders: false, topics: [...topics] })
    const known = (): Promise<boolean> =>
      this.admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) }).then(
        () => true,
        () => false,
      )
    await until(known)
  }

  value(event: Event, contentType: string = mediaTypeOf('distribution-2')): Buffer {
    const received = { event, envelopeText: encodeEnvelope([event], 'distribution-2') }
    return frame(this.#schemaId, proveEvent(received, contentType).datum)
  }

  /** The first event of a notification, as the gateway would store it. */
  valueOf(body: string, contentType: string = mediaTypeOf('distribution-2')): Buffer {
    const [received] = readEnvelope(Buffer.from(body)).events
    if (received === undefined) throw new Error(`no event in ${body}`)
    return frame(this.#schemaId, proveEvent(received, contentType).datum)
  }

  /** A message whose event takes about `bytes`. */
  large(repository: string, sequence: number, bytes: number): kafkajs.Message {
    const event = eventOf(repository, sequence)
    const target = { ...event.target, url: `http://r/${'x'.repeat(bytes)}` }
    return { key: repository, value: this.value({ ...event, target }) }
  }

  /** Events `from` to `to` of each repository, one round after the other. */
  async produce(topic: string, repositories: readonly string[], to: number, from = 0): Promise<void> {
    const messages: kafkajs.Message[] = []
    for (let sequence = from; sequence < to; sequence++) {
      for (const repository of repositories) {
        messages.push({ key: repository, value: this.value(eventOf(repository, sequence)) })
      }
    }
    await this.send(topic, messages)
  }

  async send(
    topic: string,
    messages: kafkajs.Message[],
    compression: 'none' | 'gzip' = 'none',
  ): Promise<void> {
    const { GZIP, None } = kafkajs.CompressionTypes
    await this.#producer.send({ topic, messages, compression: compression === 'gzip' ? GZIP : None })
  }

  bridge(
    where: { readonly topic: string; readonly deadLetterTopic: string },
    url: string,
    options: Partial<TopicBridgeOptions> = {},
    settings: KafkaConsumerSettings = {},
  ): TopicBridge {
    const { kafka } = this
    const telemetry = options.telemetry ?? noTelemetry
    return new TopicBridge({
      group: where.topic,
      endpoint: 'hook',
      consumer: (groupId) =>
        new KafkaConsumer({
          kafka,
          groupId,
          topics: [where.topic],
          telemetry,
          sessionTimeoutMs: 6_000,
          heartbeatIntervalMs: 300,
          ...settings,
        }),
      decoder: new EventDecoder({ registry: this.registry }),
      deliverer: new HttpDelivery({ url }),
      deadLetters: new KafkaDeadLetters({
        kafka,
        topic: where.deadLetterTopic,
        groupId: `${where.topic}.hook`,
        endpoint: 'hook',
      }),
      retry: { firstMs: 20, maxMs: 200, slowMs: 300 },
      commitIntervalMs: 100,
      drainMs: 2_000,
      ...options,
    })
  }

  /** What the group has committed, -1 where it has nothing yet. */
  async committed(topic: string): Promise<Map<number, number>> {
    const [answer] = await this.admin.fetchOffsets({ groupId: `${topic}.hook`, topics: [topic] })
    return new Map(answer?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** Where the partitions end. */
  async ends(topic: string): Promise<Map<number, number>> {
    const offsets = await this.admin.fetchTopicOffsets(topic)
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  }

  /** True when the group has committed everything there is. */
  async caughtUp(topic: string): Promise<boolean> {
    const committed = await this.committed(topic)
    // kafkajs's admin breaks where another test has its list of topics read anew in between.
    const ends = await this.ends(topic).catch((thrown: unknown) => {
      if (thrown instanceof TypeError) return undefined
      throw thrown
    })
    if (ends === undefined) return false
    for (const [partition, end] of ends) {
      if (end > 0 && committed.get(partition) !== end) return false
    }
    return true
  }
}

export function eventOf(repository: string, sequence: number): Event {
  return {
    id: `${repository}#${sequence}`,
    timestamp: '2026-05-06T07:08:09.12+02:00',
    action: 'push',
    target: {
      mediaType: 'a/b',
      size: 7,
      digest: `sha256:${'1'.repeat(64)}`,
      length: 7,
      repository,
      url: 'http://r/<&>',
    },
  }
}
