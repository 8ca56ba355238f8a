import { randomUUID } from 'node:crypto'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { until } from './until.ts'

/** A record as it lies in its topic. */
export interface RawRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Everything in a topic now, in order of partition and offset. Gives up after `ms`. */
export async function readRecords(
  brokers: readonly string[],
  topic: string,
  ms = 30_000,
): Promise<readonly RawRecord[]> {
  const kafka = createKafka({ brokers }, noTelemetry)
  const admin = new KafkaAdmin(kafka)
  const consumer = kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const records: RawRecord[] = []
  const next = new Map<number, bigint>()
  try {
    const ends = await admin.latestOffsets(topic)
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const { offset, key, value, headers = {} } = message
        records.push({
          partition,
          offset: Number(offset),
          key: String(key),
          value: value ?? Buffer.alloc(0),
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        })
        next.set(partition, BigInt(offset) + 1n)
      },
    })
    await until(() => [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end), {
      ms,
      what: () => `read ${records.length} records of ${topic}`,
    })
  } finally {
    await consumer.disconnect()
    await admin.close()
  }
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
}
