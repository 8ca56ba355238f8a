// The hazards of the Kafka client that the lanes are built around, on a real broker, by the codes that the unit tests of
// src/kafka/ use too. What needs two brokers, or errors that a real broker does not make, is there.
//
//   P1 a send over two brokers loses one of them    P8  every error says that it is not retriable
//   P2 concurrent sends change places               P9  no batching of its own, and no bound
//   P3 a sequence number is used for another batch  P10 the time of a batch grows with its square
//   P4 five retries unless told otherwise           P11 thousands of sends wait for a lock until it times out
//   P5 a producer that lost its place stays lost    P12 one refused partition fails the whole request
//   P6 sequence numbers begin again at 0            P13 idle connections keep a timer running
//   P7 a dead connection is used for minutes        P14 a topic that is deleted fails sends to all others
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../src/errors.ts'
import { classify } from '../../../src/kafka/classify.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import type { OutgoingRecord } from '../../../src/kafka/outgoing-record.ts'
import type { RequestReport } from '../../../src/kafka/publisher-observer.ts'
import { until } from '../../support/until.ts'
import { keyOf } from '../../unit/kafka/publisher-bed.ts'
import { KafkaBed, type StoredRecord } from './kafka-bed.ts'
import { SentTap } from './sent-tap.ts'

let bed: KafkaBed

// A broker of its own, because it is paused and killed.
before(async () => {
  bed = await KafkaBed.start({ schemaRegistry: false, ways: ['docker', 'java'] })
})
after(() => bed.stop())

const record = (value: string | Buffer, key = 'k'): OutgoingRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  valueBytes: Buffer.byteLength(value),
  timestamp: Date.now(),
})

const texts = (stored: readonly StoredRecord[]): string[] => stored.map(({ value }) => String(value))

test('P1 (rule 2): what is meant for a broker that does not lead the partition is not sent at all', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const producer = kafkajsProducers(bed.client(), { topic })(() => {})
  await producer.connect()
  const batch = {
    partition: 0,
    records: [{ key: Buffer.from('k'), value: Buffer.from('x'), timestamp: '1' }],
  }
  await assert.rejects(producer.produce(99, [batch]), (error) => isRelayError(error, 'LEADER_MOVED'))
  await producer.close()
  assert.deepEqual(await bed.read(topic), [])
})

test('P2 (rule 4): writes of one partition are stored in the order of their calls, however unlike in size', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const { publisher } = await bed.publisher(topic)
  const values = Array.from({ length: 600 }, (_, n) => `${n} ${'x'.repeat(n % 3 === 0 ? 5_000 : 1)}`)
  const acks = []
  for (const [n, value] of values.entries()) {
    acks.push(publisher.write([record(value)]))
    // Spread over many requests, so that small ones follow large ones.
    if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(acks)
  await publisher.close()
  assert.deepEqual(texts(await bed.read(topic)), values)
})

test('P3: the bare client loses what it sends after a time-out, and says that it is stored', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const client = new kafkajs.Kafka({
    brokers: [...bed.stack.brokers],
    requestTimeout: 500,
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const producer = client.producer({ idempotent: true, retry: { retries: Number.NaN } })
  await producer.connect()
  const send = (value: string): Promise<unknown> => producer.send({ topic, messages: [{ key: 'k', value }] })
  await send('before')
  bed.stack.kafka.pause()
  try {
    await assert.rejects(send('timed out'))
  } finally {
    bed.stack.kafka.resume()
  }
  await send('acknowledged')
  await producer.disconnect()
  assert.deepEqual(texts(await bed.read(topic)), ['before', 'timed out'], 'the rules may be superfluous')
})

test('P3, P7 (rules 6, 8): a batch that timed out goes out again unchanged, on a new connection, before anything newer', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const tap = new SentTap()
  const { publisher, telemetry } = await bed.publisher(topic, {
    producer: tap.of(kafkajsProducers(bed.client({ requestTimeoutMs: 500 }), { topic })),
  })
  await publisher.write([record('before')])
  bed.stack.kafka.pause()
  const writes = [publisher.write([record('a')]), publisher.write([record('b')])]
  try {
    await until(() => tap.with('a').some(({ outcome }) => outcome === 'failed'))
    writes.push(publisher.write([record('newer')]))
  } finally {
    bed.stack.kafka.resume()
  }
  await Promise.all(writes)
  await publisher.close()
  for (const { texts } of tap.with('a')) assert.deepEqual(texts, { 0: ['a', 'b'] })
  assert.equal(tap.sent.indexOf(tap.with('newer')[0] ?? assert.fail('never sent')), tap.with('a').length + 1)
  assert.deepEqual(texts(await bed.read(topic)), ['before', 'a', 'b', 'newer'])
  assert.ok(telemetry.value('produce_retries_total retry') >= 1)
})

test('P8: what fails while the only broker is down is known as something to try again, whatever the client says', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const producer = kafkajsProducers(bed.client(), { topic })(() => {})
  await producer.connect()
  await producer.refreshLeaders()
  const leader = 1
  const batch = {
    partition: 0,
    records: [{ key: Buffer.from('k'), value: Buffer.from('x'), timestamp: String(Date.now()) }],
  }
  await bed.stack.kafka.kill()
  try {
    await assert.rejects(producer.produce(leader, [batch]), (error) => {
      assert.equal((error as { retriable: boolean }).retriable, false)
      assert.equal(classify(error), 'retry')
      return true
    })
  } finally {
    await bed.stack.kafka.start()
  }
  let stored = false
  await until(async () => {
    stored ||= await producer.produce(leader, [batch]).then(
      () => true,
      () => false,
    )
    return stored
  })
  await producer.close()
  assert.equal((await bed.read(topic)).length, 1)
})

test('P9, P10 (rule 10): ten thousand records of one partition go out in full batches of 500', async () => {
  const topic = await bed.topic({ partitions: 1 })
  const requests: RequestReport[] = []
  const { publisher } = await bed.publisher(topic, {
    observer: { onRequest: (report) => requests.push(report) },
  })
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => publisher.write([record(String(n))])))
  await publisher.close()
  assert.deepEqual(new Set(requests.map(({ records }) => records)), new Set([500]))
  assert.equal(requests.length, 20)
  assert.ok(requests.every(({ broker, bytes, tookMs }) => broker === 1 && bytes > 500 && tookMs > 0))
})

test('P12 (rule 6): what the broker took of a request that failed for another partition is there once', async () => {
  const topic = await bed.topic({ partitions: 3, settings: { 'max.message.bytes': '20000' } })
  const tap = new SentTap()
  const { publisher } = await bed.publisher(topic, {
    producer: tap.of(kafkajsProducers(bed.client(), { topic })),
  })
  await publisher.write([record('before', keyOf(0))])
  const refused = assert.rejects(
    publisher.write([record(randomBytes(30_000), keyOf(1))]),
    (error) => isRelayError(error, 'RECORD_REJECTED') && error.facts['reason'] === 'MESSAGE_TOO_LARGE',
  )
  await Promise.all([
    publisher.write([record('a', keyOf(0))]),
    publisher.write([record('b', keyOf(2))]),
    refused,
  ])
  await publisher.close()
  for (const text of ['a', 'b'])
    assert.equal(tap.with(text).length, 2, `${text} was not in the request that failed`)
  assert.deepEqual(texts(await bed.read(topic)), ['before', 'a', 'b'])
})

test('P13: no timer runs on for a connection that waits for nothing', async () => {
  const topic = await bed.topic()
  const { publisher } = await bed.publisher(topic)
  await publisher.write([record('connects')])
  const real = globalThis.setTimeout
  // The client computes their time from an end of throttling that never was: far below 0.
  const idleTimers: number[] = []
  const counting = (run: () => void, ms?: number): NodeJS.Timeout => {
    if (ms !== undefined && ms < 0) idleTimers.push(ms)
    return real(run, ms)
  }
  globalThis.setTimeout = Object.assign(counting, real)
  try {
    for (let n = 0; n < 50; n++) await publisher.write([record(String(n))])
  } finally {
    globalThis.setTimeout = real
  }
  await publisher.close()
  assert.deepEqual(idleTimers, [])
})

test('P14: a topic that is deleted does not disturb a publisher of another over the same client', async () => {
  const [gone, topic] = [await bed.topic(), await bed.topic()]
  const kafka = bed.client()
  const producer = (name: string) => kafkajsProducers(kafka, { topic: name })
  const { publisher: other } = await bed.publisher(gone, { producer: producer(gone) })
  const { publisher, telemetry } = await bed.publisher(topic, { producer: producer(topic) })
  await Promise.all([other.write([record('x')]), publisher.write([record('before')])])
  const admin = bed.kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [gone] })
  await admin.disconnect()
  await until(() => {
    // The broker may take some more before it hears of the deletion.
    other.write([record('y')]).catch(() => {})
    return /Create the topic/.test(other.readiness().reason ?? '')
  })
  for (let n = 0; n < 20; n++) await publisher.write([record(String(n))])
  assert.deepEqual(publisher.readiness(), { ready: true })
  assert.equal(telemetry.value('produce_retries_total configuration'), 0)
  await publisher.close()
  await assert.rejects(other.close({ deadlineMs: 0 }), { code: 'DEADLINE_EXCEEDED' })
})
