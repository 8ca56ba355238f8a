import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { TopicBridge, type TopicBridgeOptions } from '../../../src/topic-bridge/topic-bridge.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import {
  batchOf,
  decode,
  RecordingDeadLetters,
  record,
  ScriptedConsumer,
  ScriptedDeliverer,
  ScriptedPartition,
} from './bridge-support.ts'

function setUp(given: Partial<TopicBridgeOptions> = {}) {
  const consumer = new ScriptedConsumer()
  const deliverer = new ScriptedDeliverer()
  const deadLetters = new RecordingDeadLetters()
  const clock = new ManualClock()
  const groups: string[] = []
  const bridge = new TopicBridge({
    endpoint: 'billing',
    consumer: (groupId) => {
      groups.push(groupId)
      return consumer
    },
    decoder: { decode },
    deliverer,
    deadLetters,
    clock,
    random: () => 0.5,
    ...given,
  })
  return { bridge, consumer, deliverer, deadLetters, clock, groups }
}

test('the consumer group is named after the endpoint', () => {
  const { bridge, groups } = setUp({ group: 'relay.eu', endpoint: 'billing-1' })
  assert.deepEqual([groups, bridge.groupId], [['relay.eu.billing-1'], 'relay.eu.billing-1'])
})

for (const wrong of [
  { endpoint: 'a.b' },
  { endpoint: '' },
  { group: 'a b' },
  { maxInFlight: 0 },
  { maxInFlight: 1.5 },
]) {
  test(`refuses ${JSON.stringify(wrong)}`, () => {
    assert.throws(
      () => setUp(wrong),
      (error) =>
        isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(Object.keys(wrong)[0] ?? ''),
    )
  })
}

test('no more deliveries are under way than allowed, over all partitions', async () => {
  const { bridge, consumer, deliverer } = setUp({ maxInFlight: 3 })
  deliverer.answer = () => 'hold'
  await bridge.start()
  const keys = ['a', 'b', 'c', 'd']
  for (const partition of [0, 1]) {
    const records = keys.map((key, n) => ({ ...record(BigInt(n), `${key}${partition}`), partition }))
    consumer.handler?.take(batchOf(records), new ScriptedPartition())
  }
  await settle()
  assert.equal(deliverer.requests.length, 3)
  for (let turn = 0; turn < 8; turn++) {
    for (const { body } of [...deliverer.requests]) deliverer.letGo(body)
    await settle()
  }
  assert.equal(deliverer.delivered.length, 8)
})

test('close lets the consumer give everything back, then closes what the bridge owns, once', async () => {
  const { bridge, consumer, deliverer, deadLetters } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'ok' : 'fail')
  await bridge.start()
  const held = new ScriptedPartition()
  consumer.handler?.take(batchOf([record(0n, 'a'), record(1n, 'b')]), held)
  await settle()
  await Promise.all([bridge.close({ deadlineMs: 4_000 }), bridge.close()])
  assert.deepEqual([consumer.closedWith, held.committed], [4_000, [1n]])
  assert.deepEqual([deliverer.closed, deadLetters.closed], [1, 1])
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'closing' })
})

test('close does not wait for dead letters that Kafka does not take, beyond its deadline', async () => {
  const { bridge, deadLetters, clock } = setUp()
  deadLetters.close = () => new Promise(() => {})
  await bridge.start()
  let closed = false
  void bridge.close({ deadlineMs: 4_000 }).then(() => {
    closed = true
  })
  await clock.advance(4_000)
  assert.equal(closed, true)
})

test('a partition that is given back alone is begun anew at the next batch, others go on', async () => {
  const { bridge, consumer, deliverer } = setUp()
  deliverer.answer = ({ body }) => (body.startsWith('b') ? 'hold' : 'ok')
  await bridge.start()
  const take = (partition: number, offset: bigint, key: string): void =>
    consumer.handler?.take(
      batchOf([{ ...record(offset, key), partition }]),
      partition === 0 ? first : new ScriptedPartition(),
    )
  const first = new ScriptedPartition()
  take(0, 900n, 'a')
  take(1, 5n, 'b')
  await settle()
  await consumer.handler?.giveBack(1_000, { topic: 'events', partition: 0 })
  // The topic was made anew: its offsets begin from the start.
  take(0, 0n, 'a')
  await settle()
  deliverer.letGo('b#5')
  await settle()
  assert.deepEqual(
    [deliverer.delivered, first.committed],
    [
      ['a#900', 'a#0', 'b#5'],
      [901n, 1n],
    ],
  )
})

test('is ready when its consumer is', () => {
  const { bridge, consumer } = setUp()
  assert.deepEqual(bridge.readiness(), { ready: true })
  consumer.ready = false
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'not a member' })
})
