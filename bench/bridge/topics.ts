import { registryEventSchema } from '../../src/avro/event-schema.ts'
import { proveEvent } from '../../src/avro/proof.ts'
import { SchemaRegistryClient } from '../../src/avro/schema-registry.ts'
import { frame } from '../../src/avro/wire-format.ts'
import type { Event } from '../../src/event/event.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { contentType, envelopeOf, eventsInOrder } from './events.ts'

/** The same events twice, key for key and partition for partition. */
export interface LoadedTopics {
  readonly events: number
  /** Avro, as the gateway writes them: what our bridge reads. */
  readonly avro: string
  /** The bytes of the Envelopes: what rivals read, which know no Avro. */
  readonly raw: string
}

/** What a group remembers of one partition, as the broker keeps it. */
export interface Remembered {
  readonly partition: number
  /** -1: nothing yet. */
  readonly offset: number
  readonly metadata: string
}

const partitions = 6
const sendRecords = 1_000

type Admin = ReturnType<KafkaClient['admin']>

/** Topics that are full before anybody reads them, and what groups have committed of them. */
export class Topics {
  readonly #kafka: KafkaClient
  readonly #admin: Admin
  readonly #topics: KafkaAdmin
  readonly #registry: SchemaRegistryClient

  private constructor(kafka: KafkaClient, admin: Admin, schemaRegistryUrl: string) {
    this.#kafka = kafka
    this.#admin = admin
    this.#topics = new KafkaAdmin(kafka)
    this.#registry = new SchemaRegistryClient({ url: schemaRegistryUrl })
  }

  static async connect(brokers: readonly string[], schemaRegistryUrl: string): Promise<Topics> {
    const kafka = createKafka({ brokers }, noTelemetry)
    const admin = kafka.admin()
    await admin.connect()
    return new Topics(kafka, admin, schemaRegistryUrl)
  }

  async load(name: string, events: number): Promise<LoadedTopics> {
    const topics = { events, avro: `bench-${name}-avro`, raw: `bench-${name}-raw` }
    const names = [topics.avro, topics.raw, deadLettersOf(topics.avro)]
    await this.#topics.ensureTopics(
      names.map((topic) => ({ topic, partitions, replicationFactor: 1, settings: {} })),
    )
    const schemaId = await this.#registry.register(`${topics.avro}-value`, registryEventSchema.text)
    const received = { envelopeId: 'bench', envelopeCount: 1, publisherId: 'bench', receivedAt: Date.now() }
    const datumOf = (event: Event, envelopeText: string): Buffer =>
      proveEvent({ event, envelopeText }, contentType, received).datum
    await this.#fill(topics.avro, events, (event) => frame(schemaId, datumOf(event, envelopeOf(event))))
    await this.#fill(topics.raw, events, (event) => Buffer.from(envelopeOf(event)))
    return topics
  }

  async committed(groupId: string, topic: string): Promise<readonly Remembered[]> {
    const [answer] = await this.#admin.fetchOffsets({ groupId, topics: [topic] })
    return (answer?.partitions ?? []).map(({ partition, offset, metadata }) => ({
      partition,
      offset: Number(offset),
      metadata: metadata ?? '',
    }))
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.disconnect(), this.#topics.close(), this.#registry.close()])
  }

  async #fill(topic: string, events: number, value: (event: Event) => Buffer): Promise<void> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    let messages: { key: string; value: Buffer }[] = []
    for (const event of eventsInOrder(events)) {
      messages.push({ key: event.target.repository, value: value(event) })
      if (messages.length < sendRecords) continue
      await producer.send({ topic, messages })
      messages = []
    }
    if (messages.length > 0) await producer.send({ topic, messages })
    await producer.disconnect()
  }
}

export function deadLettersOf(topic: string): string {
  return `${topic}.dlq`
}
