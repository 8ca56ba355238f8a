import { randomUUID } from 'node:crypto'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import { Publisher } from '../../../src/kafka/publisher.ts'
import type { PublisherOptions } from '../../../src/kafka/publisher-options.ts'
import type { TopicSpec } from '../../../src/kafka/topics.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../../unit/kafka/counted-telemetry.ts'

export interface StoredRecord {
  readonly partition: number
  readonly offset: string
  readonly key: string
  readonly value: Buffer
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
}

/** A real broker, and what the tests do on it beside publishing. */
export class KafkaBed {
  readonly stack: LocalStack
  readonly kafka: KafkaClient
  readonly admin: KafkaAdmin

  private constructor(stack: LocalStack) {
    this.stack = stack
    this.kafka = this.client()
    this.admin = new KafkaAdmin(this.kafka)
  }

  static async start(options: Parameters<typeof startLocalStack>[0] = {}): Promise<KafkaBed> {
    return new KafkaBed(await startLocalStack(options))
  }

  client(
    options: { requestTimeoutMs?: number } = {},
    telemetry: CountedTelemetry = new CountedTelemetry(),
  ): KafkaClient {
    return createKafka({ brokers: this.stack.brokers, ...options }, telemetry)
  }

  /** A new topic; its name. */
  async topic(spec: Partial<TopicSpec> = {}): Promise<string> {
    const topic = `test-${randomUUID()}`
    await this.admin.ensureTopics([{ topic, partitions: 3, replicationFactor: 1, settings: {}, ...spec }])
    return topic
  }

  /** A publisher that was started; not necessarily connected yet. */
  async publisher(
    topic: string,
    options: Partial<PublisherOptions> & { requestTimeoutMs?: number } = {},
  ): Promise<{ publisher: Publisher; telemetry: CountedTelemetry }> {
    const { requestTimeoutMs, ...others } = options
    const telemetry = new CountedTelemetry()
    const kafka = this.client(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }, telemetry)
    const publisher = new Publisher({
      topic,
      producer: kafkajsProducers(kafka, { topic }),
      telemetry,
      ...others,
    })
    await publisher.start()
    return { publisher, telemetry }
  }

  /** Everything in a topic now, in order of partition and offset. */
  async read(topic: string): Promise<readonly StoredRecord[]> {
    const ends = await this.admin.latestOffsets(topic)
    const records: StoredRecord[] = []
    const next = new Map<number, bigint>()
    const consumer = this.kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        records.push({
          partition,
          offset: message.offset,
          key: String(message.key),
          value: message.value ?? Buffer.alloc(0),
          timestamp: Number(message.timestamp),
          headers: Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          ),
        })
        next.set(partition, BigInt(message.offset) + 1n)
      },
    })
    try {
      await until(() => [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end), {
        what: () => `read ${records.length} records of ${topic}`,
      })
    } finally {
      await consumer.disconnect()
    }
    return records.toSorted(
      (a, b) => a.partition - b.partition || Number(BigInt(a.offset) - BigInt(b.offset)),
    )
  }

  async stop(): Promise<void> {
    await this.admin.close()
    await this.stack.stop()
  }
}
