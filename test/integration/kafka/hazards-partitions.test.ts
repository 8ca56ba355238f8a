import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import type { Published } from '../../../src/kafka/outgoing-record.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'
import { until } from '../../support/until.ts'
import { KafkaBed } from './kafka-bed.ts'
import { SentTap } from './sent-tap.ts'

let bed: KafkaBed

before(async () => {
  bed = await KafkaBed.start({ schemaRegistry: false })
})
after(() => bed.stop())

/** Looks at metadata ten times a second; left alone the client does it every five minutes. */
function impatient(kafka: KafkaClient): KafkaClient {
  return { ...kafka, producer: (config) => kafka.producer({ ...config, metadataMaxAge: 100 }) }
}

test('partitions that are added under load: every key keeps its order, is in one place at a time, and every receipt is right', async () => {
  const topic = await bed.topic({ partitions: 3 })
  const tap = new SentTap()
  const { publisher, telemetry } = await bed.publisher(topic, {
    producer: tap.of(kafkajsProducers(impatient(bed.client()), { topic })),
  })
  const keys = Array.from({ length: 30 }, (_, n) => `repository-${n}`)
  const receipts = new Map<string, Published>()
  let stop = false
  const load = Promise.all(
    keys.map(async (key) => {
      for (let n = 0; !stop; n++) {
        const value = `${key}#${n}`
        const [receipt] = await publisher.write([
          {
            key: Buffer.from(key),
            value: Buffer.from(value),
            valueBytes: value.length,
            timestamp: Date.now(),
          },
        ])
        receipts.set(value, receipt ?? assert.fail('no receipt'))
      }
    }),
  )
  await until(() => receipts.size > 1_000)
  const admin = bed.kafka.admin()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic, count: 7 }] })
  await admin.disconnect()
  await until(() => [...receipts.values()].some(({ partition }) => partition > 2))
  const before = receipts.size
  await until(() => receipts.size > before + 1_000)
  stop = true
  await load
  assert.deepEqual(publisher.readiness(), { ready: true })
  await publisher.close()

  assert.equal(telemetry.value('partition_changes_total'), 1)
  assert.equal(telemetry.logged('warn', /number of partitions changed/).length, 1)
  assert.equal(telemetry.value('order_alarms_total'), 0)
  const stored = await bed.read(topic)
  assert.equal(stored.length, receipts.size)
  for (const { value, partition, offset } of stored) {
    assert.deepEqual(receipts.get(String(value)), { partition, offset })
  }
  for (const key of keys) {
    const own = stored.filter((one) => one.key === key)
    const [old, now] = [partitionOf(Buffer.from(key), 3), partitionOf(Buffer.from(key), 7)]
    const order = [old, now].flatMap((partition, i) =>
      i === 1 && old === now
        ? []
        : own.filter((one) => one.partition === partition).map(({ value }) => String(value)),
    )
    assert.deepEqual(
      order,
      own.map((_, n) => `${key}#${n}`),
      'first all of the old place, then all of the new',
    )
  }
  // No request of the new layout was made before the last of the old had its answer.
  const firstNew = tap.sent.findIndex(({ texts }) =>
    Object.keys(texts).some((partition) => Number(partition) > 2),
  )
  for (const { texts } of tap.sent.slice(firstNew)) {
    for (const [partition, values] of Object.entries(texts)) {
      for (const value of values) {
        assert.equal(partitionOf(Buffer.from(value.split('#')[0] ?? ''), 7), Number(partition))
      }
    }
  }
})
