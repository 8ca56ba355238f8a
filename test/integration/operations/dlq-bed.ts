import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type kafkajs from 'kafkajs'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import type { DeadLetterReason } from '../../../src/kafka/dead-letter-port.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaDeadLetters } from '../../../src/kafka/kafkajs/consumer-dead-letters.ts'
import { KafkaTopicReader } from '../../../src/kafka/kafkajs/topic-reader.ts'
import { KafkaTopicWriter } from '../../../src/kafka/kafkajs/topic-writer.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { type DeadLetterTopic, wholeTopic } from '../../../src/operations/dead-letters.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'

export interface Topics {
  readonly events: string
  readonly deadLetters: string
}

/** Real servers, and what the tests of dead letters do with them. */
export class DlqBed {
  readonly stack: LocalStack
  readonly kafka: KafkaClient
  readonly registry: SchemaRegistryClient
  readonly admin: KafkaAdmin
  readonly client: kafkajs.Admin
  readonly writer: KafkaTopicWriter
  readonly reader: KafkaTopicReader
  readonly decoder: EventDecoder
  readonly #schemaId: number
  #names = 0

  constructor(stack: LocalStack, registry: SchemaRegistryClient, schemaId: number) {
    this.stack = stack
    this.registry = registry
    this.#schemaId = schemaId
    this.kafka = createKafka({ brokers: stack.brokers }, noTelemetry)
    this.admin = new KafkaAdmin(this.kafka)
    this.client = this.kafka.admin()
    this.writer = new KafkaTopicWriter(this.kafka)
    this.reader = new KafkaTopicReader({ kafka: this.kafka, group: 'dlq-bed' })
    this.decoder = new EventDecoder({ registry })
  }

  static async start(): Promise<DlqBed> {
    const stack = await startLocalStack()
    const registry = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
    const bed = new DlqBed(
      stack,
      registry,
      await registry.register('dlq-test-value', registryEventSchema.text),
    )
    await bed.client.connect()
    return bed
  }

  async stop(): Promise<void> {
    await Promise.all([this.writer.close(), this.admin.close(), this.client.disconnect()])
    this.registry.close()
    await this.stack.stop()
  }

  /** New topics. */
  async topics(partitions = 2): Promise<Topics> {
    const events = `dlq-${process.pid}-${Date.now()}-${++this.#names}`
    const deadLetters = `${events}-dead`
    await this.client.createTopics({
      waitForLeaders: false,
      topics: [events, deadLetters].map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
      })),
    })
    const topics = [events, deadLetters]
    // A broker that knows of a new topic may still take a moment to lead it, and then refuses questions for offsets.
    await until(() =>
      Promise.all(topics.map((topic) => this.client.fetchTopicOffsets(topic))).then(
        () => true,
        () => false,
      ),
    )
    return { events, deadLetters }
  }

  where({ deadLetters }: Topics): DeadLetterTopic {
    return { topic: deadLetters, keyPrefix: '', admin: this.admin, reader: this.reader }
  }

  /** What a topic holds, in order of offset in each partition. */
  async recordsOf(topic: string): Promise<readonly ConsumedRecord[]> {
    const records: ConsumedRecord[] = []
    await this.reader.read(await wholeTopic({ topic, admin: this.admin }), (record) => {
      records.push(record)
    })
    return records
  }

  /** A record of the relay that holds event `sequence` of a repository. */
  record({ events }: Topics, repository: string, sequence: number): ConsumedRecord {
    const event = {
      id: `${repository}#${sequence}`,
      action: 'push',
      target: { mediaType: 'a/b', repository, url: 'http://r/<&>' },
    }
    const envelopeText = encodeEnvelope([event], 'distribution-2')
    return {
      topic: events,
      partition: 1,
      offset: BigInt(sequence),
      key: Buffer.from(repository),
      value: frame(this.#schemaId, proveEvent({ event, envelopeText }, mediaTypeOf('distribution-2')).datum),
      headers: new Map([
        ['traceparent', [Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')]],
      ]),
      timestamp: 1_700_000_000_123,
    }
  }

  /** Writes dead letters as a bridge does, one after the other. */
  async bury(
    { deadLetters }: Topics,
    records: readonly ConsumedRecord[],
    reason: Partial<DeadLetterReason> = {},
    endpoint = 'hook',
  ): Promise<void> {
    const letters = new KafkaDeadLetters({
      kafka: this.kafka,
      topic: deadLetters,
      groupId: `relay.${endpoint}`,
      endpoint,
    })
    try {
      for (const record of records) await letters.write(record, { ...refused, ...reason })
    } finally {
      await letters.close()
    }
  }
}

const refused: DeadLetterReason = {
  code: 'DELIVERY_REFUSED',
  message: 'the endpoint answered 422',
  stage: 'deliver',
  attempts: 2,
  firstFailureAt: 1_700_000_001_000,
  lastFailureAt: 1_700_000_002_000,
  lastStatus: 422,
}

export interface Post {
  readonly id: string
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An endpoint: keeps what it took, and answers what `answer` says. */
export class Endpoint {
  readonly posts: Post[] = []
  answer: (post: Post) => number | Promise<number> = () => 204
  url = ''
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (message, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString('utf8')
      const post = { id: JSON.parse(body).events[0].id as string, body, headers: message.headers }
      const status = await this.answer(post)
      if (status < 300) this.posts.push(post)
      response.writeHead(status).end()
    })
  }

  static async listen(t: TestContext): Promise<Endpoint> {
    const endpoint = new Endpoint()
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve))
    endpoint.url = `http://127.0.0.1:${(endpoint.#server.address() as AddressInfo).port}/hook`
    t.after(() => {
      endpoint.#server.closeAllConnections()
      endpoint.#server.close()
    })
    return endpoint
  }

  get ids(): readonly string[] {
    return this.posts.map(({ id }) => id)
  }
}
