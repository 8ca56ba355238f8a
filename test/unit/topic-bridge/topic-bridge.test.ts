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
  ScriptedContext,
  ScriptedDeliverer,
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
  const runs = [0, 1].map((partition) => {
    const records = keys.map((key, n) => ({ ...record(BigInt(n), `${key}${partition}`), partition }))
    return consumer.handler?.(batchOf(records), new ScriptedContext())
  })
  await settle()
  assert.equal(deliverer.requests.length, 3)
  for (let turn = 0; turn < 8; turn++) {
    for (const { body } of [...deliverer.requests]) deliverer.letGo(body)
    await settle()
  }
  await Promise.all(runs)
  assert.equal(deliverer.delivered.length, 8)
})

test('close ends the handlers before the consumer leaves, then closes what it owns, once', async () => {
  const { bridge, consumer, deliverer, deadLetters } = setUp()
  deliverer.answer = () => 'fail'
  await bridge.start()
  const context = new ScriptedContext()
  const run = consumer.handler?.(batchOf([record(0n, 'a')]), context)
  await settle()
  await Promise.all([bridge.close({ deadlineMs: 4_000 }), bridge.close(), run])
  assert.equal(consumer.closedWith, 4_000)
  assert.deepEqual([deliverer.closed, deadLetters.closed], [1, 1])
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'closing' })
})

test('is ready when its consumer is', () => {
  const { bridge, consumer } = setUp()
  assert.deepEqual(bridge.readiness(), { ready: true })
  consumer.ready = false
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'not a member' })
})
