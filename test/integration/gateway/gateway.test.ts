import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type DecodedRecord, EventDecoder } from '../../../src/avro/event-decoder.ts'
import { RegisteredSchemaIds } from '../../../src/avro/schema-ids.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { createIntake } from '../../../src/gateway/intake.ts'
import { GatewayServer } from '../../../src/gateway/server.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import { RecordSink } from '../../../src/kafka/record-sink.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { until } from '../../support/until.ts'

const topic = 'events'

interface Stored extends DecodedRecord {
  readonly key: string
}

interface Bed {
  readonly stack: LocalStack
  readonly url: string
  /** Everything read from the topic until now, in the order of its one partition. */
  readonly stored: Stored[]
}

async function startBed(t: TestContext): Promise<Bed> {
  // The runner stops in the order of starting; clients must be gone before their broker is.
  const stops: (() => Promise<void> | void)[] = []
  t.after(async () => {
    for (const stop of stops.toReversed()) await stop()
  })
  const stack = await startLocalStack({ ways: ['java'] })
  stops.push(() => stack.stop())
  const kafka = createKafka({ brokers: stack.brokers }, noTelemetry)
  const admin = new KafkaAdmin(kafka)
  await admin.ensureTopics([{ topic, partitions: 1, replicationFactor: 1, settings: {} }])
  await admin.close()

  const registry = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
  stops.push(() => registry.close())
  const schemaIds = new RegisteredSchemaIds({ registry, subject: `${topic}-value`, mode: 'register' })
  stops.push(() => schemaIds.close())
  const sink = new RecordSink({ topic, producer: kafkajsProducers(kafka, { topic }), schemaIds })
  await sink.start()
  stops.push(() => sink.close({ deadlineMs: 2_000 }))
  await until(() => sink.readiness().ready && schemaIds.readiness().ready)

  const server = new GatewayServer({ intake: createIntake({ publisherId: 'test' }), sink, port: 0 })
  const { url } = await server.start()
  stops.push(() => server.close({ deadlineMs: 2_000 }))
  const { stored, stop } = await readTopic(kafka, new EventDecoder({ registry }))
  stops.push(stop)
  return { stack, url, stored }
}

async function readTopic(
  kafka: KafkaClient,
  decoder: EventDecoder,
): Promise<{ stored: Stored[]; stop: () => Promise<void> }> {
  const stored: Stored[] = []
  const consumer = kafka.consumer({ groupId: 'reader', sessionTimeout: 30_000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      assert.ok(message.value)
      const decoded = await decoder.decode(message.value)
      stored.push({ ...decoded, key: String(message.key) })
    },
  })
  return { stored, stop: () => consumer.disconnect() }
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly tookMs: number
}

async function post(url: string, body: string | Buffer, contentType: string): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': contentType } })
  await response.arrayBuffer()
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    tookMs: performance.now() - began,
  }
}

test('what a registry posts is in the topic when it is answered 200, and with Kafka away it is answered 503 in time', async (t) => {
  const { stack, url, stored } = await startBed(t)
  const recorded = recordedBodies().slice(0, 30)

  for (const { body, contentType, file } of recorded) {
    assert.equal((await post(url, body, contentType)).status, 200, file)
  }
  await until(() => stored.length >= recorded.length)
  assert.deepEqual(
    stored.map(({ body, mediaType }) => [body, mediaType]),
    recorded.map(({ body, contentType }) => [body.toString(), contentType]),
  )
  for (const { key, event, ingest } of stored) {
    assert.equal(key, event.target?.repository)
    assert.equal(ingest?.publisherId, 'test')
  }

  const after = (id: string) => `{"events":[{"id":"${id}","target":{"repository":"library/app"}}]}`
  stack.kafka.pause()
  const refused = await post(url, after('while paused'), 'application/json')
  assert.equal(refused.status, 503)
  assert.equal(refused.retryAfter, '1')
  // The budget is 800 ms; registries give up after 1 s. Room for a busy machine, none for a time-out of Kafka's client.
  assert.ok(refused.tookMs >= 790 && refused.tookMs < 2_500, `answered after ${refused.tookMs} ms`)

  stack.kafka.resume()
  await until(async () => (await post(url, after('resumed'), 'application/json')).status === 200)
  await until(() => stored.some(({ event }) => event.id === 'resumed'))
})

test("a body over the topic's limit, or that is no Envelope, leaves nothing in the topic and blocks nobody behind it", async (t) => {
  const { url, stored } = await startBed(t)
  const huge = `{"events":[{"id":"huge","target":{"repository":"a","tag":"${'x'.repeat(2_000_000)}"}}]}`
  assert.equal((await post(url, huge, 'application/json')).status, 413)
  assert.equal((await post(url, 'not an envelope', 'application/json')).status, 400)
  assert.equal(
    (await post(url, '{"events":[{"id":"next","target":{"repository":"a"}}]}', 'application/json')).status,
    200,
  )
  await until(() => stored.length >= 1)
  assert.deepEqual(
    stored.map(({ event }) => event.id),
    ['next'],
  )
})
