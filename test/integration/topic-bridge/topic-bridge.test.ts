import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Delivered } from '../../../src/topic-bridge/delivered.ts'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import { BridgeBed, eventOf, TestReceiver } from './bridge-bed.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

async function receiverOf(t: TestContext): Promise<TestReceiver> {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  return receiver
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team-${n % 7}/app-${n}`)

describe('topic bridge on a real Kafka', { concurrency: true }, () => {
  test('keeps the order of 200 repositories through a slow receiver that fails three times in ten', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      return Math.random() < 0.3 ? 503 : 204
    }
    const where = await bed.topic(6)
    const repositories = names(200)
    await bed.produce(where.topic, repositories, 5)
    const bridge = bed.bridge(where, receiver.url)
    t.after(() => bridge.close())
    await bridge.start()
    await until(() => receiver.taken.length >= 1_000, { what: () => `${receiver.taken.length} of 1000` })
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual(receiver.outOfOrder(), [])
    assert.deepEqual([receiver.taken.length, receiver.distinct], [1_000, 1_000])
    assert.equal(bridge.readiness().ready, true)
  })

  test('delivers the bytes and the media type that came in, and tells about it', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(1)
    const delivered: Delivered[] = []
    const bridge = bed.bridge(where, receiver.url, { onDelivered: (one) => delivered.push(one) })
    t.after(() => bridge.close())
    const event = eventOf('team/ü', 0)
    const contentType = 'application/vnd.docker.distribution.events.v1+json; charset=utf-8'
    await bed.send(where.topic, [
      { key: 'team/ü', value: bed.value(event, contentType), timestamp: '1700000000123' },
    ])
    await bridge.start()
    await until(() => delivered.length === 1)
    const expected = { body: encodeEnvelope([event], 'distribution-2'), contentType }
    const [post] = receiver.taken
    assert.deepEqual({ body: post?.body, contentType: post?.contentType }, expected)
    const { topic, partition, offset, attempts, status, receivedAt } = delivered[0] as Delivered
    assert.deepEqual(
      { topic, partition, offset, attempts, status, receivedAt },
      {
        topic: where.topic,
        partition: 0,
        offset: 0n,
        attempts: 1,
        status: 204,
        receivedAt: 1_700_000_000_123,
      },
    )
    assert.deepEqual(delivered[0]?.event, event)
  })

  test('never commits past a repository that is held, and delivers it in order after a restart', async (t) => {
    const receiver = await receiverOf(t)
    const held = 'team/held'
    receiver.answer = ({ id, repository }) => (repository === held && !id.endsWith('#0') ? 'hold' : 204)
    const where = await bed.topic(3)
    const others = names(30)
    await bed.produce(where.topic, [...others.slice(0, 15), held, ...others.slice(15)], 4)
    const first = bed.bridge(where, receiver.url, { drainMs: 200 })
    t.after(() => first.close())
    await first.start()
    await until(() => receiver.taken.length >= 4 * 30 + 1, { what: () => `${receiver.taken.length} of 121` })
    // Everything but the held lane is done; the partition of the held one stands before its second event.
    const places = await placesOf(where.topic, held)
    await until(async () => (await bed.committed(where.topic)).get(places.partition) === places.offsets[1])
    await first.close()
    const committed = await bed.committed(where.topic)
    assert.equal(committed.get(places.partition), places.offsets[1])
    for (const [partition, end] of await bed.ends(where.topic)) {
      if (partition !== places.partition) assert.equal(committed.get(partition), end)
    }

    receiver.answer = () => 204
    const second = bed.bridge(where, receiver.url)
    t.after(() => second.close())
    await second.start()
    await until(() => bed.caughtUp(where.topic))
    assert.equal(receiver.distinct, 4 * 31)
    assert.deepEqual(receiver.outOfOrder(), [])
  })

  test('G8: a repository whose deliveries fail holds up neither the others of its partition nor other partitions', async (t) => {
    const receiver = await receiverOf(t)
    const failing = 'team/failing'
    receiver.answer = ({ repository }) => (repository === failing ? 500 : 204)
    const where = await bed.topic(3)
    const bridge = bed.bridge(where, receiver.url)
    t.after(() => bridge.close())
    await bridge.start()
    await bed.send(where.topic, [{ key: failing, value: bed.value(eventOf(failing, 0)) }])
    await until(() => receiver.refused > 0)
    // Fetched after the failure has begun, some of them from the very same partition.
    await bed.produce(where.topic, names(30), 2)
    await until(() => receiver.distinct === 60, { what: () => `${receiver.distinct} of 60` })
    const { partition, offsets } = await placesOf(where.topic, failing)
    const committed = (await bed.committed(where.topic)).get(partition) ?? -1
    assert.ok(committed <= (offsets[0] ?? -1), `${committed} is past ${offsets[0]}`)
    receiver.answer = () => 204
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.outOfOrder()], [61, []])
  })

  test('G1: loses nothing and keeps the order while members join and leave', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return Math.random() < 0.05 ? 500 : 204
    }
    const where = await bed.topic(6)
    const repositories = names(60)
    await bed.produce(where.topic, repositories, 10)
    const first = bed.bridge(where, receiver.url)
    const second = bed.bridge(where, receiver.url)
    t.after(() => Promise.all([first.close(), second.close()]))
    await first.start()
    await until(() => receiver.taken.length > 100)
    await second.start()
    await bed.produce(where.topic, repositories, 20, 10)
    await until(() => receiver.distinct > 700, { what: () => `${receiver.distinct} distinct` })
    await first.close()
    await bed.produce(where.topic, repositories, 30, 20)
    await until(() => receiver.distinct === 60 * 30, { what: () => `${receiver.distinct} of 1800` })
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual(receiver.outOfOrder(), [])
  })

  test('G4: members that join and leave cleanly repeat nothing', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return 204
    }
    const where = await bed.topic(6)
    await bed.produce(where.topic, names(60), 20)
    const first = bed.bridge(where, receiver.url, {
      gate: new EndpointGate({ endpoint: 'hook', concurrency: 4 }),
    })
    const second = bed.bridge(where, receiver.url, {
      gate: new EndpointGate({ endpoint: 'hook', concurrency: 4 }),
    })
    t.after(() => Promise.all([first.close(), second.close()]))
    await first.start()
    await until(() => receiver.taken.length > 100)
    await second.start()
    const joinedAt = receiver.taken.length
    await until(() => receiver.taken.length > joinedAt + 200)
    await first.close()
    const leftAt = receiver.taken.length
    assert.ok(leftAt < 1_200, `${leftAt} of 1200 before the last change`)
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [1_200, 1_200, []])
  })

  test('G3: stays a member while its endpoint is down for longer than the session, and delivers afterwards', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = () => 503
    const where = await bed.topic(3)
    const telemetry = new RecordingTelemetry()
    const bridge = bed.bridge(where, receiver.url, { telemetry })
    t.after(() => bridge.close())
    await bed.produce(where.topic, names(20), 3)
    await bridge.start()
    const began = performance.now()
    await until(() => performance.now() - began > 9_000)
    assert.deepEqual([receiver.taken.length, bridge.readiness().ready], [0, true])
    receiver.answer = () => 204
    await until(() => bed.caughtUp(where.topic))
    assert.equal(telemetry.lines.filter(({ message }) => message === 'joined the group').length, 1)
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [60, 60, []])
  })

  test('a member whose endpoint is down makes room when another joins, and is not thrown out for it', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = () => 503
    const where = await bed.topic(4)
    await bed.produce(where.topic, names(20), 1)
    const telemetries = [new RecordingTelemetry(), new RecordingTelemetry()] as const
    const [first, second] = telemetries.map((telemetry) => bed.bridge(where, receiver.url, { telemetry }))
    assert.ok(first !== undefined && second !== undefined)
    t.after(() => Promise.all([first.close(), second.close()]))
    await first.start()
    await second.start()
    receiver.answer = () => 204
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.distinct, receiver.outOfOrder()], [20, []])
    // One that kept its lanes is put out of the group when the time for a rebalance is over, and makes the other join again.
    const joins = telemetries.map(
      ({ lines }) => lines.filter(({ message }) => message === 'joined the group').length,
    )
    assert.deepEqual(joins, [2, 1])
  })

  test('G4: a clean stop in the middle repeats nothing', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return 204
    }
    const where = await bed.topic(3)
    await bed.produce(where.topic, names(50), 8)
    const first = bed.bridge(where, receiver.url, {
      gate: new EndpointGate({ endpoint: 'hook', concurrency: 8 }),
    })
    t.after(() => first.close())
    await first.start()
    await until(() => receiver.taken.length > 60)
    await first.close()
    const before = receiver.taken.length
    assert.ok(before < 400, `${before} of 400 before the stop`)
    const second = bed.bridge(where, receiver.url)
    t.after(() => second.close())
    await second.start()
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [400, 400, []])
  })

  test('P1: bytes that are no record go to the dead letters as they are, and the partition goes on', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(1)
    const telemetry = new RecordingTelemetry()
    const bridge = bed.bridge(where, receiver.url, { telemetry })
    t.after(() => bridge.close())
    const good = bed.value(eventOf('team/app', 0))
    await bed.send(where.topic, [
      { key: 'team/app', value: 'no record', timestamp: '1700000000123' },
      { key: 'team/app', value: good.subarray(0, good.length - 3) },
      { key: null, value: null },
      { key: 'team/app', value: good },
    ])
    await bridge.start()
    await until(() => bed.caughtUp(where.topic))
    assert.equal(receiver.taken.length, 1)
    assert.equal(telemetry.values.get('registry_relay_bridge_records_total hook dead_letter'), 3)
    const letters = await recordsOf(where.deadLetterTopic, 3)
    const [first] = letters.filter(({ value }) => value?.toString() === 'no record')
    const headers = new Map(Object.entries(first?.headers ?? {}))
    const text = (name: string): string => String(headers.get(name))
    assert.match(text('__connect.errors.exception.message'), /\w/)
    assert.deepEqual(
      [
        '__connect.errors.topic',
        '__connect.errors.partition',
        '__connect.errors.offset',
        '__connect.errors.connector.name',
        '__connect.errors.stage',
        '__connect.errors.exception.class.name',
        'relay.endpoint',
        'relay.attempts',
        'relay.source.timestamp',
      ].map(text),
      [
        where.topic,
        '0',
        '0',
        `${where.topic}.hook`,
        'VALUE_CONVERTER',
        'RECORD_UNDECODABLE',
        'hook',
        '1',
        '1700000000123',
      ],
    )
    assert.equal(first?.key?.toString(), 'team/app')
  })

  test('bytes that lay compressed in the topic find room among the dead letters, though larger than a record may be', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(1)
    const bridge = bed.bridge(where, receiver.url)
    t.after(() => bridge.close())
    await bed.send(where.topic, [{ key: 'team/app', value: 'no record '.repeat(300_000) }], 'gzip')
    await bed.send(where.topic, [{ key: 'team/app', value: bed.value(eventOf('team/app', 0)) }])
    await bridge.start()
    await until(() => bed.caughtUp(where.topic))
    const [letter] = await recordsOf(where.deadLetterTopic, 1)
    assert.deepEqual([letter?.value?.length, receiver.taken.length], [3_000_000, 1])
  })
})

/** Where the records of one key lie. */
async function placesOf(topic: string, key: string): Promise<{ partition: number; offsets: number[] }> {
  let total = 0
  for (const end of (await bed.ends(topic)).values()) total += end
  const records = (await recordsOf(topic, total)).filter((record) => record.key?.toString() === key)
  return { partition: records[0]?.partition ?? -1, offsets: records.map(({ offset }) => Number(offset)) }
}

interface PlainRecord {
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: object | undefined
}

async function recordsOf(topic: string, count: number): Promise<PlainRecord[]> {
  const consumer = bed.kafka.consumer({ groupId: `${topic}.reader`, maxWaitTimeInMs: 100 })
  const records: PlainRecord[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const { offset, key, value, headers } = message
      records.push({ partition, offset, key, value, headers })
    },
  })
  await until(() => records.length >= count, { what: () => `${records.length} of ${count} records` })
  await consumer.disconnect()
  return records
}
