import { randomUUID } from 'node:crypto'
import type kafkajs from 'kafkajs'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { relayTopics } from '../../../src/kafka/topics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import type { Cluster } from '../cluster.ts'

/** The topic of one run with its dead letters, and what the run itself asks Kafka through. */
export class RebalanceTopic {
  readonly name: string
  readonly deadLetters: string
  readonly partitions: number
  readonly schemaId: number
  readonly admin: kafkajs.Admin
  readonly producer: kafkajs.Producer

  private constructor(cluster: Cluster, name: string, partitions: number, schemaId: number) {
    this.name = name
    this.deadLetters = `${name}-dlq`
    this.partitions = partitions
    this.schemaId = schemaId
    const kafka = createKafka({ brokers: cluster.direct.brokers }, noTelemetry)
    this.admin = kafka.admin()
    this.producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    })
  }

  /** Resolves when both topics can be written. */
  static async create(cluster: Cluster): Promise<RebalanceTopic> {
    const name = `rebalance-${randomUUID().slice(0, 8)}`
    const replicationFactor = cluster.ids.length
    const specs = relayTopics({ events: name, deadLetters: `${name}-dlq`, replicationFactor }).filter(
      ({ role }) => role === 'events' || role === 'dead-letters',
    )
    const { brokers, schemaRegistryUrl } = cluster.direct
    const admin = new KafkaAdmin(createKafka({ brokers }, noTelemetry))
    const registry = new SchemaRegistryClient({ url: schemaRegistryUrl })
    try {
      await admin.ensureTopics(specs)
      for (const { topic } of specs) await cluster.inSync(topic)
      const schemaId = await registry.register(`${name}-value`, registryEventSchema.text)
      const created = new RebalanceTopic(cluster, name, specs[0]?.partitions ?? 0, schemaId)
      await Promise.all([created.admin.connect(), created.producer.connect()])
      return created
    } finally {
      registry.close()
      await admin.close()
    }
  }

  async deadLetterCount(): Promise<number> {
    const offsets = await this.admin.fetchTopicOffsets(this.deadLetters)
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  }

  async close(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()])
  }
}
