import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import { isRelayError } from '../../../src/errors.ts'
import { KafkaSink } from '../../../src/kafka/kafka-sink.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import type { OutgoingRecord } from '../../../src/kafka/outgoing-record.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'
import { relayTopics } from '../../../src/kafka/topics.ts'
import { KafkaBed } from './kafka-bed.ts'

let bed: KafkaBed

before(async () => {
  bed = await KafkaBed.start({ schemaRegistry: false })
})
after(() => bed.stop())

const record = (key: string, value: string | Buffer): OutgoingRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  valueBytes: Buffer.byteLength(value),
  timestamp: 1_700_000_000_000,
  headers: { origin: 'test' },
})

test('a thousand writes at once get a thousand offsets, in order per key, in the partition that Java gives the key', async () => {
  const topic = await bed.topic({ partitions: 12 })
  const { publisher, telemetry } = await bed.publisher(topic)
  const keys = Array.from({ length: 50 }, (_, i) => `team/größe-${i}`)
  const acks = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => publisher.write([record(keys[i % 50] as string, String(i))])),
  )
  await publisher.close()
  assert.equal(new Set(acks.flat().map(({ partition, offset }) => `${partition}/${offset}`)).size, 1_000)

  const stored = await bed.read(topic)
  assert.equal(stored.length, 1_000)
  const last = new Map<string, number>()
  for (const { key, value, partition, offset, timestamp, headers } of stored) {
    const i = Number(value)
    assert.ok(i > (last.get(key) ?? -1), `${key}: ${i} after ${last.get(key)}`)
    last.set(key, i)
    assert.equal(partition, partitionOf(Buffer.from(key), 12))
    assert.deepEqual(acks[i], [{ partition, offset }])
    assert.equal(timestamp, 1_700_000_000_000)
    assert.deepEqual(headers, { origin: 'test' })
  }
  assert.ok(telemetry.value('produced_batches_total') < 200, 'the writes hardly shared requests')
})

test('a key lands where the partitioner of the client would put it', async () => {
  const topic = await bed.topic({ partitions: 7 })
  const { publisher } = await bed.publisher(topic)
  const keys = ['', 'a', 'library/alpine', '日本語/🐳', 'x'.repeat(200)]
  const ours = await publisher.write(keys.map((key) => record(key, key)))
  await publisher.close()
  const theirs = bed.kafka.producer({})
  await theirs.connect()
  for (const [i, key] of keys.entries()) {
    const [sent] = await theirs.send({ topic, messages: [{ key, value: key }] })
    assert.equal(sent?.partition, ours[i]?.partition, key)
  }
  await theirs.disconnect()
})

test('a write that was withdrawn while Kafka was not asked yet never arrives', async () => {
  const topic = await bed.topic()
  const { publisher } = await bed.publisher(topic)
  const stop = new AbortController()
  const writes = [publisher.write([record('k', 'before')]), publisher.write([record('k', 'after')])]
  const withdrawn = publisher.write([record('k', 'never'), record('l', 'never')], { signal: stop.signal })
  stop.abort(new Error('given up'))
  await assert.rejects(withdrawn, /given up/)
  await Promise.all(writes)
  await publisher.close()
  assert.deepEqual(
    (await bed.read(topic)).map(({ value }) => String(value)),
    ['before', 'after'],
  )
})

test('a record that only the broker finds too large is isolated, and its neighbours arrive', async () => {
  const topic = await bed.topic({ partitions: 1, settings: { 'max.message.bytes': '20000' } })
  // The publisher is not told of the topic's limit, so the broker is the one to refuse.
  const { publisher } = await bed.publisher(topic)
  const writes = ['a', 'b', randomBytes(30_000), 'c', 'd'].map((value) =>
    publisher.write([record('k', value)]),
  )
  const settled = await Promise.allSettled(writes)
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  const { reason } = settled[2] as PromiseRejectedResult
  assert.ok(isRelayError(reason, 'RECORD_REJECTED'), String(reason))
  assert.equal(reason.retriable, false)
  await publisher.write([record('k', 'later')])
  await publisher.close()
  assert.deepEqual(
    (await bed.read(topic)).map(({ value }) => String(value)),
    ['a', 'b', 'c', 'd', 'later'],
  )
})

test('a publisher that reads the limit of its topic refuses what is above it, and sends what is just below', async () => {
  const topic = await bed.topic({ settings: { 'max.message.bytes': '20000' } })
  const { publisher } = await bed.publisher(topic, {
    maxMessageBytes: () => bed.admin.maxMessageBytes(topic),
  })
  await publisher.write([record('k', 'connects')])
  await assert.rejects(publisher.write([record('k', randomBytes(20_000))]), (error) =>
    isRelayError(error, 'TOO_LARGE'),
  )
  const most = 20_000 - 588 - 36 - 1 - (10 + 'origin'.length + 'test'.length)
  await publisher.write([record('k', randomBytes(most))])
  await assert.rejects(publisher.write([record('k', randomBytes(most + 1))]), (error) =>
    isRelayError(error, 'TOO_LARGE'),
  )
  await publisher.close()
})

test('with gzip the same records come back', async () => {
  const topic = await bed.topic()
  const { publisher } = await bed.publisher(topic, {
    producer: kafkajsProducers(bed.client(), { topic, compression: 'gzip' }),
  })
  await publisher.write(Array.from({ length: 100 }, (_, i) => record('k', `value ${i}`)))
  await publisher.close()
  assert.deepEqual(
    (await bed.read(topic)).map(({ value }) => String(value)),
    Array.from({ length: 100 }, (_, i) => `value ${i}`),
  )
})

test('writes to a topic that does not exist wait, with the reason, until somebody creates it', async () => {
  const topic = `late-${randomBytes(8).toString('hex')}`
  const { publisher } = await bed.publisher(topic)
  const write = publisher.write([record('k', 'x')])
  while (!publisher.readiness().reason?.includes('does not host this topic-partition')) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  await bed.admin.ensureTopics([{ topic, partitions: 1, replicationFactor: 1, settings: {} }])
  assert.deepEqual(await write, [{ partition: 0, offset: '0' }])
  assert.deepEqual(publisher.readiness(), { ready: true })
  await publisher.close()
})

test('creates the topics of the relay once, reports what differs, and alters nothing', async () => {
  const name = randomBytes(6).toString('hex')
  const names = { events: `${name}.events`, deadLetters: `${name}.dlq`, rejected: `${name}.rejected` }
  const specs = relayTopics({ ...names, replicationFactor: 1, partitions: 4 })
  const all = Object.values(names)
  assert.deepEqual((await bed.admin.planTopics(specs)).missing, all)
  const first = await bed.admin.ensureTopics(specs)
  assert.deepEqual(first, { created: all, existing: [], missing: [], findings: [] })
  assert.deepEqual(await bed.admin.ensureTopics(specs), {
    created: [],
    existing: all,
    missing: [],
    findings: [],
  })
  assert.equal(await bed.admin.partitionCount(names.events), 4)
  assert.equal(await bed.admin.maxMessageBytes(names.events), 2 * 1024 * 1024)
  assert.equal(await bed.admin.partitionCount(`${name}.none`), undefined)

  const others = relayTopics({ ...names, replicationFactor: 1, partitions: 6 })
  const { findings } = await bed.admin.ensureTopics(others)
  assert.deepEqual(
    findings.map(({ topic, setting, found, wanted }) => [topic, setting, found, wanted]),
    [[names.events, 'partitions', '4', '6']],
  )
  assert.equal(await bed.admin.partitionCount(names.events), 4)
  await assert.rejects(
    bed.admin.ensureTopics([{ topic: `${name}.wide`, partitions: 1, replicationFactor: 3, settings: {} }]),
    (error) => isRelayError(error, 'KAFKA_CONFIGURATION'),
  )
})

test('a sink of events writes framed Avro under the key of the repository, with the fingerprint beside it', async () => {
  const topic = await bed.topic()
  const sink = new KafkaSink({
    topic,
    producer: kafkajsProducers(bed.client(), { topic }),
    schemaIds: { idOf: () => Promise.resolve(4_711) },
  })
  await sink.start()
  const event = { id: 'e-1', action: 'push', target: { repository: 'library/alpine', tag: '3.20' } }
  const [ack] = await sink.write([event])
  assert.equal(ack?.schemaId, 4_711)
  assert.equal(ack?.topic, topic)
  const stored = await bed.read(topic)
  const [{ key, value, headers } = assert.fail('nothing there')] = stored
  assert.equal(key, 'library/alpine')
  assert.equal(unframe(value).schemaId, 4_711)
  assert.deepEqual(headers, { 'x-schema-fingerprint': registryEventSchema.fingerprint })
  await sink.close()
})
