import { randomUUID } from 'node:crypto'
import { EventDecoder } from '../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../src/avro/schema-registry.ts'
import { toError } from '../../src/errors.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { until } from '../support/until.ts'
import { envelopeHash } from './generated-event.ts'
import type { TopicRecord } from './operation.ts'

export interface Servers {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
}

/** All that is in a topic now, decoded, by partition and offset. */
export async function readTopic(servers: Servers, topic: string): Promise<readonly TopicRecord[]> {
  const kafka = createKafka({ brokers: servers.brokers }, noTelemetry)
  const admin = new KafkaAdmin(kafka)
  const registry = new SchemaRegistryClient({ url: servers.schemaRegistryUrl })
  const decoder = new EventDecoder({ registry })
  const consumer = kafka.consumer({ groupId: `crash-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const records: TopicRecord[] = []
  const next = new Map<number, bigint>()
  try {
    const ends = await admin.latestOffsets(topic)
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const place = { partition, offset: Number(message.offset), key: String(message.key) }
        records.push({ ...place, ...(await contentOf(message.value ?? Buffer.alloc(0), decoder)) })
        next.set(partition, BigInt(message.offset) + 1n)
      },
    })
    await until(() => [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end), {
      ms: 300_000,
      what: () => `read ${records.length} records of ${topic}`,
    })
  } finally {
    await consumer.disconnect()
    registry.close()
    await admin.close()
  }
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
}

async function contentOf(
  value: Buffer,
  decoder: EventDecoder,
): Promise<Pick<TopicRecord, 'id' | 'repository' | 'hash' | 'problem'>> {
  try {
    const { event, body } = await decoder.decode(value)
    const repository = event.target?.repository
    return {
      hash: envelopeHash(body),
      ...(event.id === undefined ? {} : { id: event.id }),
      ...(repository === undefined ? {} : { repository }),
    }
  } catch (error) {
    return { problem: toError(error).message }
  }
}
