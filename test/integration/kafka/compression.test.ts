import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { openPublishing } from '../../../src/app/publishing.ts'
import { isRelayError } from '../../../src/errors.ts'
import {
  type Codec,
  type Compression,
  type LoadPackage,
  loadPackage,
} from '../../../src/kafka/kafkajs/codecs.ts'
import { compressionType, registerCodecs } from '../../../src/kafka/kafkajs/compression.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import type { OutgoingRecord } from '../../../src/kafka/outgoing-record.ts'
import { Publisher } from '../../../src/kafka/publisher.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../../unit/kafka/counted-telemetry.ts'
import { KafkaBed } from './kafka-bed.ts'

const nodeHasZstd = 'zstdCompress' in zlib
const compressions: readonly Exclude<Compression, 'none'>[] = [
  'gzip',
  'snappy',
  'lz4',
  ...(nodeHasZstd ? (['zstd'] as const) : []),
]

let bed: KafkaBed

before(async () => {
  bed = await KafkaBed.start({ schemaRegistry: false })
})
after(async () => {
  registerCodecs()
  await bed.stop()
})

const record = (value: string | Buffer, key = 'team/app'): OutgoingRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  valueBytes: Buffer.byteLength(value),
  timestamp: 1_700_000_000_000,
})

const texts = Array.from({ length: 200 }, (_, i) => `${i} ${'registry event '.repeat(i % 40)}`)

async function write(topic: string, compression: Compression): Promise<void> {
  const producer = kafkajsProducers(bed.kafka, { topic, compression })
  const { publisher } = await bed.publisher(topic, { producer })
  await publisher.write(texts.map((text) => record(text)))
  await publisher.close()
}

/** What is in the topic, and how many of its batches were in this compression. */
async function read(topic: string, compression: Exclude<Compression, 'none'>): Promise<[string[], number]> {
  const codecs = kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>
  const type = compressionType(compression)
  const original = codecs[type]?.() as Codec
  let batches = 0
  codecs[type] = () => ({
    ...original,
    decompress(data) {
      batches += 1
      return original.decompress(data)
    },
  })
  try {
    return [(await bed.read(topic)).map(({ value }) => String(value)), batches]
  } finally {
    codecs[type] = () => original
  }
}

for (const compression of compressions) {
  test(`batches in ${compression} are taken by the broker as they are, and read again`, async () => {
    const topic = await bed.topic({ partitions: 1, settings: { 'compression.type': 'producer' } })
    await write(topic, compression)
    const [stored, batches] = await read(topic, compression)
    assert.deepEqual(stored, texts)
    assert.ok(batches > 0, 'no batch was compressed')
  })
}

// A topic with a compression of its own is written by the broker: with Kafka's own Java, it reads what we wrote and writes
// what we read.
for (const [i, ours] of compressions.entries()) {
  const javas = compressions[(i + 1) % compressions.length] as Exclude<Compression, 'none'>
  test(`Java reads batches in ${ours}, and batches that Java wrote in ${javas} are read`, async () => {
    const topic = await bed.topic({ partitions: 1, settings: { 'compression.type': javas } })
    await write(topic, ours)
    const [stored, batches] = await read(topic, javas)
    assert.deepEqual(stored, texts)
    assert.ok(batches > 0, `no batch was in ${javas}`)
  })
}

test('what is counted is what a record takes before compression: what fits is stored, however little it can be compressed', async (t) => {
  for (const compression of compressions) {
    const topic = await bed.topic({ settings: { 'max.message.bytes': '65536' } })
    const publishing = openPublishing({
      kafka: { brokers: bed.stack.brokers },
      schemaRegistry: { url: 'http://127.0.0.1:1' },
      topic,
      compression,
    })
    t.after(() => publishing.close())
    const publisher = new Publisher(publishing.publisherOptions(topic))
    await publisher.start()
    await publisher.write([record('first, so that the limit of the topic is known')])
    const { facts } = await publisher.write([record('x'.repeat(100_000))]).then(
      () => assert.fail('it was taken'),
      (error: unknown) => (isRelayError(error, 'TOO_LARGE') ? error : assert.fail(String(error))),
    )
    const [limit, bytes] = [Number(facts['limit']), Number(facts['bytes'])]
    const largest = record(randomBytes(100_000 - (bytes - limit)))
    const many = Array.from({ length: 20 }, () => record('y'.repeat(30_000)))
    const acks = await publisher.write([largest, ...many])
    assert.equal(acks.length, 21, compression)
    await publisher.close()
  }
})

async function consumer(topic: string, telemetry: CountedTelemetry, load: LoadPackage = loadPackage) {
  const kafka = bed.client({}, telemetry)
  registerCodecs(load)
  const got: string[] = []
  const member = new KafkaConsumer({
    kafka,
    groupId: `compression-${randomUUID()}`,
    topics: [topic],
    telemetry,
  })
  await member.start({
    take: ({ records }) => {
      got.push(...records.map(({ value }) => String(value)))
    },
    giveBack: () => Promise.resolve(),
    lost: () => {},
  })
  return { member, got }
}

test('a consumer that lacks a codec says what to install, and goes on by itself where it comes to have it', async (t) => {
  const topic = await bed.topic({ partitions: 1, settings: { 'compression.type': 'lz4' } })
  await write(topic, 'none')
  const telemetry = new CountedTelemetry()
  const { member, got } = await consumer(topic, telemetry, (name) => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
  })
  t.after(() => member.close())
  await until(() => /npm install lz4-napi/.test(member.readiness().reason ?? ''))
  assert.deepEqual(got, [])
  const [line] = telemetry.logged('error', /consumer ended/)
  assert.match(String((line?.facts['err'] as Error | undefined)?.message), /lz4 needs the package lz4-napi/)

  // As after an installation and a restart, without the restart.
  registerCodecs()
  await until(() => got.length >= texts.length, { ms: 60_000 })
  assert.deepEqual(got, texts)
})

test('zstd from a broker is read where Node.js has it, and named where not', async (t) => {
  const topic = await bed.topic({ partitions: 1, settings: { 'compression.type': 'zstd' } })
  await write(topic, 'none')
  const { member, got } = await consumer(topic, new CountedTelemetry())
  t.after(() => member.close())
  if (!nodeHasZstd) {
    t.diagnostic('this Node.js has no zstd: writing it was not tried')
    await until(() => /zstd needs Node\.js 22\.15/.test(member.readiness().reason ?? ''))
    return
  }
  await until(() => got.length >= texts.length)
  assert.deepEqual(got, texts)
})
