import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Descriptor } from '../../../src/event/event.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { envelope, GatewayBed, post, type RunningBed, type Settings } from './gateway-bed.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

const mebibyte = 1024 ** 2

interface Bed {
  readonly bed: GatewayBed
  readonly gateway: RunningBed
}

async function startBed(
  t: TestContext,
  settings: Settings = {},
  missing?: 'events' | 'rejected',
): Promise<Bed> {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack, settings)
  stops(() => bed.remove())
  await bed.createTopics(missing === undefined ? undefined : bed.config.topics[missing])
  const gateway = await bed.start()
  stops(() => gateway.stop())
  return { bed, gateway }
}

test('K14: events of 6 and 25 MB are kept as files and named in the rejected topic, a body over the limit by its beginning; what is behind them flows', async (t) => {
  const { bed, gateway } = await startBed(t)
  const long = Buffer.from(envelope('long', 'team/app', 'x'.repeat(6_000_000)))
  const index = Buffer.from(manyReferences('index', 'team/app', 60_000))
  assert.ok(index.length > 24_000_000 && index.length < 32 * mebibyte, `${index.length} bytes`)
  const over = Buffer.from(envelope('over', 'team/app', 'y'.repeat(40_000_000)))

  const events = ['before', 'between', 'behind']
  const distribution3 = 'application/vnd.docker.distribution.events.v2+json'
  assert.equal((await post(gateway.url, envelope('before', 'team/app'))).status, 200)
  assert.equal((await post(gateway.url, long)).status, 200)
  assert.equal((await post(gateway.url, envelope('between', 'team/app'))).status, 200)
  assert.equal((await post(gateway.url, index, distribution3)).status, 200)
  assert.equal((await post(gateway.url, over)).status, 200)
  assert.equal((await post(gateway.url, envelope('behind', 'team/app'))).status, 200)
  await gateway.emptied()

  assert.equal(await gateway.metric('registry_relay_gateway_events_total', 'way="typed"'), 1)
  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    events,
  )
  const rejected = await bed.rejected()
  assert.equal(rejected.length, 3)
  for (const { body, name } of [
    { body: long, name: 'long' },
    { body: index, name: 'index' },
  ]) {
    const record = rejected.find(({ headers }) => headers['x-rejected-sha256'] === sha256(body))
    assert.ok(record, name)
    const { key, value, headers } = record
    assert.equal(key, 'team/app')
    assert.equal(headers['x-rejected-reason'], 'TOO_LARGE')
    assert.equal(headers['x-rejected-content'], 'file')
    assert.equal(headers['x-rejected-bytes'], String(body.length))
    assert.ok(value.equals(body.subarray(0, 64 * 1024)))
    const file = join(bed.spoolFolder, 'rejected', headers['x-rejected-file'] ?? '')
    assert.ok(readFileSync(file).equals(body), name)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  }
  const record = rejected.find(({ headers }) => headers['x-rejected-sha256'] === sha256(over))
  assert.ok(record)
  assert.equal(record.headers['x-rejected-reason'], 'TOO_LARGE')
  assert.equal(record.headers['x-rejected-content'], 'beginning')
  assert.equal(record.headers['x-rejected-bytes'], String(over.length))
  assert.ok(record.value.equals(over.subarray(0, 64 * 1024)))
})

test('K14: in ack mode kafka the same events are cut, and no file is written', async (t) => {
  const { bed, gateway } = await startBed(t, { gateway: { ackMode: 'kafka', ackBudgetMs: 20_000 } })
  await until(async () => (await gateway.readyz()).status === 200)
  const index = Buffer.from(manyReferences('index', 'team/app', 20_000))
  assert.equal((await post(gateway.url, index)).status, 200)
  assert.equal((await post(gateway.url, envelope('behind', 'team/app'))).status, 200)
  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    ['behind'],
  )
  const [record] = await bed.rejected()
  assert.equal(record?.headers['x-rejected-sha256'], sha256(index))
  assert.equal(record?.headers['x-rejected-content'], 'beginning')
  assert.equal(record?.headers['x-rejected-file'], undefined)
  assert.ok(!existsSync(bed.spoolFolder))
})

test('without the topic of what is rejected events flow, readiness names it, and what was rejected arrives when it is made', async (t) => {
  const { bed, gateway } = await startBed(t, {}, 'rejected')
  const ids = Array.from({ length: 200 }, (_, index) => `event-${index}`)
  for (const [index, id] of ids.entries()) {
    if (index % 20 === 0) assert.equal((await post(gateway.url, `no envelope ${index}`)).status, 200)
    assert.equal((await post(gateway.url, envelope(id))).status, 200)
  }
  const published = (): Promise<number> =>
    gateway.metric('registry_relay_kafka_produced_records_total', bed.config.topics.events)
  await until(async () => (await published()) >= ids.length, {
    what: () => 'the events wait for what is rejected',
  })
  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    ids,
  )
  await until(async () => (await gateway.readyz()).parts['rejected sink']?.reason !== undefined)
  const { status, parts } = await gateway.readyz()
  assert.equal(status, 200)
  assert.ok(parts['rejected sink']?.reason?.includes(bed.config.topics.rejected), JSON.stringify(parts))
  assert.notEqual(parts['spool']?.reason, undefined)

  await bed.createTopics()
  await gateway.emptied()
  const rejected = await bed.rejected()
  assert.deepEqual(
    rejected.map(({ value }) => value.toString()),
    Array.from({ length: 10 }, (_, index) => `no envelope ${index * 20}`),
  )
  assert.equal((await bed.events()).length, ids.length)
})

test('where the topic of what is rejected takes not even a beginning, it gets the headers, and nothing waits', async (t) => {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack)
  stops(() => bed.remove())
  const { rejected } = bed.config.topics
  const admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
  stops(() => admin.close())
  const settings = { 'max.message.bytes': '10000' }
  await admin.ensureTopics([{ topic: rejected, partitions: 1, replicationFactor: 1, settings }])
  await bed.createTopics(rejected)
  const gateway = await bed.start()
  stops(() => gateway.stop())
  assert.equal((await post(gateway.url, 'x'.repeat(100_000))).status, 200)
  const ids = Array.from({ length: 50 }, (_, index) => `event-${index}`)
  for (const id of ids) assert.equal((await post(gateway.url, envelope(id))).status, 200)
  await gateway.emptied()
  assert.equal((await bed.events()).length, ids.length)
  const [record] = await bed.rejected()
  assert.equal(record?.value.length, 0)
  assert.equal(record.headers['x-rejected-content'], 'file')
  assert.equal(record.headers['x-rejected-bytes'], '100000')
})

test('K12: without the topic of events the spool keeps them, readiness names it, nobody creates it, and they arrive when it is made', async (t) => {
  const { bed, gateway } = await startBed(t, {}, 'events')
  const { events } = bed.config.topics
  const ids = Array.from({ length: 50 }, (_, index) => `event-${index}`)
  for (const id of ids) assert.equal((await post(gateway.url, envelope(id))).status, 200)
  await until(async () => (await gateway.readyz()).parts['record sink']?.reason?.includes(events) === true, {
    what: () => 'readiness does not name the topic',
  })
  assert.equal((await gateway.readyz()).status, 200)
  // What is rejected has a topic, and does not wait for the events before it.
  assert.equal((await post(gateway.url, 'no envelope')).status, 200)
  await until(async () => (await bed.rejected()).length === 1)
  await assert.rejects(bed.events())

  await bed.createTopics()
  await gateway.emptied()
  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    ids,
  )
})

/** An event as Distribution 3 writes it of an image index, about 440 bytes for each reference. */
function manyReferences(id: string, repository: string, count: number): string {
  const reference = (index: number): Descriptor => ({
    mediaType: `application/vnd.oci.image.layer.v1.tar+gzip; note=${'n'.repeat(180)}`,
    digest: `sha256:${String(index).padStart(64, '0')}`,
    size: index + 1,
  })
  const references = Array.from({ length: count }, (_, index) => reference(index))
  const target = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: 'sha256:0', size: 1 }
  return encodeEnvelope(
    [
      {
        id,
        timestamp: '2026-01-02T03:04:05Z',
        action: 'push',
        target: { ...target, repository, references },
      },
    ],
    'distribution-3',
  )
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
