import type kafkajs from 'kafkajs'
import { systemClock } from '../../../src/clock.ts'
import type {
  BatchHandler,
  HeldPartition,
  LostRecords,
  RecordBatch,
} from '../../../src/kafka/consumer-port.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { fetchGroupOffsets } from '../../../src/kafka/kafkajs/group-offsets.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry, type Telemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'

/** Keeps all it gets; the test commits. */
export class KeepingHandler implements BatchHandler {
  readonly batches: { readonly batch: RecordBatch; readonly held: HeldPartition }[] = []
  readonly losses: LostRecords[] = []
  readonly givenBack: unknown[] = []
  /** What a handler does when it gives back. */
  atGiveBack: () => Promise<void> = async () => {}

  take(batch: RecordBatch, held: HeldPartition): void {
    this.batches.push({ batch, held })
  }
  async giveBack(_withinMs: number, only?: object): Promise<void> {
    this.givenBack.push(only)
    await this.atGiveBack().catch(() => {})
  }
  lost(records: LostRecords): void {
    this.losses.push(records)
  }

  /** Offsets of all records, in the order they came. */
  get offsets(): bigint[] {
    return this.batches.flatMap(({ batch }) => batch.records.map(({ offset }) => offset))
  }
  get values(): (string | undefined)[] {
    return this.batches.flatMap(({ batch }) => batch.records.map(({ value }) => value?.toString()))
  }
}

/** A real Kafka, and a consumer on it whose handler is the test. */
export class ConsumerBed {
  readonly stack: LocalStack
  readonly kafka: KafkaClient
  readonly admin: kafkajs.Admin
  readonly producer: kafkajs.Producer
  #names = 0

  constructor(stack: LocalStack) {
    this.stack = stack
    this.kafka = createKafka({ brokers: stack.brokers }, noTelemetry)
    this.admin = this.kafka.admin()
    this.producer = this.kafka.producer({ allowAutoTopicCreation: false })
  }

  static async start(): Promise<ConsumerBed> {
    const bed = new ConsumerBed(await startLocalStack({ schemaRegistry: false }))
    await Promise.all([bed.admin.connect(), bed.producer.connect()])
    return bed
  }

  async stop(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()])
    await this.stack.stop()
  }

  name(): string {
    return `consumer-${process.pid}-${Date.now()}-${++this.#names}`
  }

  async create(topic: string, partitions = 1): Promise<void> {
    await this.admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
    })
    const led = async (): Promise<boolean> => {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] })
      return topics.every((one) => one.partitions.every(({ leader }) => leader >= 0))
    }
    await until(() => led().catch(() => false))
  }

  /** As many records into partition 0, with the values `${name} 0` and so on. */
  async produce(topic: string, count: number, name = 'value', partition = 0): Promise<void> {
    const messages = Array.from({ length: count }, (_, n) => ({ partition, value: `${name} ${n}` }))
    await this.producer.send({ topic, messages })
  }

  /** Deletes the records of partition 0 below `offset`. */
  async deleteBefore(topic: string, offset: number): Promise<void> {
    // By an admin that knows no other topic: one that is being deleted would keep it from finding leaders.
    const admin = this.kafka.admin()
    await admin.connect()
    try {
      // So that it gets to know the topic.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
    } finally {
      await admin.disconnect()
    }
  }

  consumer(topic: string, groupId: string, telemetry: Telemetry = noTelemetry): KafkaConsumer {
    const { kafka } = this
    return new KafkaConsumer({
      ...{ kafka, groupId, topics: [topic], telemetry },
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 300,
    })
  }

  /** What the group has written of partition 0. */
  async remembered(
    groupId: string,
    topic: string,
    partition = 0,
  ): Promise<{ offset: string; metadata: string } | undefined> {
    const found = (await fetchGroupOffsets(this.admin, systemClock, groupId, topic)).get(partition)
    return found && { offset: String(found.next), metadata: found.metadata }
  }
}
