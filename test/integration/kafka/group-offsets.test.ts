import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { until } from '../../support/until.ts'
import { KafkaBed } from './kafka-bed.ts'

let bed: KafkaBed

before(async () => {
  bed = await KafkaBed.start()
})

after(() => bed.stop())

/** One record for each of these timestamps, in partition 1. */
async function recordsAt(...timestamps: readonly number[]): Promise<string> {
  const topic = await bed.topic()
  const producer = bed.kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  for (const timestamp of timestamps) {
    await producer.send({ topic, messages: [{ partition: 1, value: 'x', timestamp: String(timestamp) }] })
  }
  await producer.disconnect()
  return topic
}

test('the offset at a time is that of the first record from then on, and that of the next record where there is none', async () => {
  const start = Date.now() - 60_000
  const topic = await recordsAt(start, start + 10, start + 20)
  const at = async (ms: number): Promise<bigint | undefined> =>
    (await bed.admin.offsetsAt(topic, start + ms)).get(1)
  assert.deepEqual(
    [await at(-5), await at(0), await at(1), await at(10), await at(20), await at(21), await at(99_999)],
    [0n, 0n, 1n, 1n, 2n, 3n, 3n],
  )
  assert.deepEqual([...(await bed.admin.offsetsAt(topic, start))].toSorted(), [
    [0, 0n],
    [1, 0n],
    [2, 0n],
  ])
})

test('the earliest offsets are those of what is still there', async () => {
  const topic = await recordsAt(Date.now(), Date.now(), Date.now())
  const raw = bed.kafka.admin()
  await raw.connect()
  // It knows the leaders of topics that it was asked about.
  await raw.fetchTopicOffsets(topic)
  await raw.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '2' }] })
  await raw.disconnect()
  assert.deepEqual((await bed.admin.earliestOffsets(topic)).get(1), 2n)
  assert.deepEqual((await bed.admin.latestOffsets(topic)).get(1), 3n)
})

test('a group that nobody has joined remembers the offsets and the metadata it was given, and nothing else', async () => {
  const topic = await recordsAt(Date.now())
  const group = randomUUID()
  assert.equal((await bed.admin.groupOffsets(group, topic)).size, 0)
  const metadata = `{"é":"${'x'.repeat(4_000)}"}`
  await bed.admin.presetOffsets(group, topic, new Map([[1, { next: 1n, metadata }]]))
  await bed.admin.presetOffsets(group, topic, new Map([[2, { next: 0n, metadata: '' }]]))
  assert.deepEqual(
    await bed.admin.groupOffsets(group, topic),
    new Map([
      [1, { next: 1n, metadata }],
      [2, { next: 0n, metadata: '' }],
    ]),
  )
})

test('a consumer that joins begins at the offsets that were set', async () => {
  const topic = await recordsAt(1, 2, 3)
  const group = randomUUID()
  await bed.admin.presetOffsets(group, topic, new Map([[1, { next: 1n, metadata: 'm' }]]))
  const consumer = bed.kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const met: string[] = []
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void met.push(message.offset) })
  await until(() => met.length >= 2, { what: () => String(met) })
  assert.deepEqual(met, ['1', '2'])

  const refused = bed.admin.presetOffsets(group, topic, new Map([[1, { next: 0n, metadata: '' }]]))
  await assert.rejects(
    refused,
    (error) => isRelayError(error, 'KAFKA_CONFIGURATION') && /it has members; stop them/.test(error.message),
  )
  await consumer.disconnect()
  assert.deepEqual((await bed.admin.groupOffsets(group, topic)).get(1), { next: 1n, metadata: 'm' })
})

test('metadata that the brokers do not take is refused, and nothing is remembered', async () => {
  const topic = await recordsAt(Date.now())
  const group = randomUUID()
  const given = new Map([[1, { next: 1n, metadata: 'x'.repeat(5_000) }]])
  await assert.rejects(
    bed.admin.presetOffsets(group, topic, given),
    (error) => isRelayError(error) && error.facts['kafka'] === 'OFFSET_METADATA_TOO_LARGE',
  )
  assert.equal((await bed.admin.groupOffsets(group, topic)).size, 0)
})
