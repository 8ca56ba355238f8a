import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import type { RecordDecoder } from '../../../src/topic-bridge/delivered.ts'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import type { TopicBridgeOptions } from '../../../src/topic-bridge/topic-bridge.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { bridgeBed } from './bridge-bed.ts'
import { decode, learning } from './bridge-support.ts'
import { ScriptedPartition } from './scripted-consumer.ts'

type Decode = RecordDecoder['decode']

function unknownBut(known: string): Decode {
  return (value) => decode(String(value).startsWith(known) ? value : Buffer.from('later'))
}

function unansweredBut(known: string): Decode {
  return (value) => (String(value).startsWith(known) ? decode(value) : new Promise(() => {}))
}

/** All but those that begin so are learned late, and not wanted then. */
function notFor(wanted: string): Partial<TopicBridgeOptions> {
  const learned = learning(2)
  return {
    decoder: {
      decode: (value) => (String(value).startsWith(wanted) ? decode(value) : learned.decode(value)),
    },
    wants: ({ id }) => id?.startsWith(`id-${wanted}`) === true,
  }
}

test('the consumer group is named after the endpoint', () => {
  const { bridge, groups } = bridgeBed({ group: 'relay.eu', endpoint: 'billing-1' })
  assert.deepEqual([groups, bridge.groupId], [['relay.eu.billing-1'], 'relay.eu.billing-1'])
})

for (const wrong of [
  { endpoint: 'a.b' },
  { endpoint: '' },
  { group: 'a b' },
  { unknownSchemaMs: -1 },
  { unknownSchemaMs: Number.NaN },
  { retry: { maxAttempts: 0 } },
]) {
  const [name, value] = Object.entries(wrong)[0] as [string, unknown]
  test(`refuses ${name} ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => bridgeBed(wrong),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(name),
    )
  })
}

test('no more deliveries are under way than the gate allows, over all partitions', async () => {
  const clock = new ManualClock()
  const gate = new EndpointGate({ endpoint: 'billing', concurrency: 3, clock })
  const { bridge, deliverer, take } = bridgeBed({ gate }, clock)
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(new ScriptedPartition(), 0n, 'abcd', 0)
  take(new ScriptedPartition(), 0n, 'efgh', 1)
  await settle()
  assert.equal(deliverer.requests.length, 3)
  for (let turn = 0; turn < 8; turn++) {
    for (const { body } of [...deliverer.requests]) deliverer.letGo(body)
    await settle()
  }
  assert.equal(deliverer.delivered.length, 8)
})

for (const [what, given] of [
  ['schemas are not known', { decoder: { decode: unknownBut('z') } }],
  ['schemas are asked for, without an answer yet', { decoder: { decode: unansweredBut('z') } }],
  ['events are not for the endpoint, as is seen when their schemas have come', notFor('z')],
] as const) {
  test(`repositories whose ${what} take nothing of the rate and of the places of the others`, async () => {
    const clock = new ManualClock()
    const gate = new EndpointGate({ endpoint: 'billing', concurrency: 1, maxPerSecond: 1, clock })
    const { bridge, deliverer, take, consumer } = bridgeBed({ gate, ...given }, clock)
    await bridge.start()
    take(consumer.hold(), 0n, 'abcdefz')
    await settle()
    assert.deepEqual([deliverer.delivered, clock.monotonic()], [['z#6'], 0])
  })
}

test('two bridges of one endpoint share what its gate lets through, and learn from each other that it is dead', async () => {
  const clock = new ManualClock()
  const gate = new EndpointGate({ endpoint: 'billing', concurrency: 2, breaker: { failures: 2 }, clock })
  const [first, second] = [bridgeBed({ gate }, clock), bridgeBed({ gate }, clock)]
  await Promise.all([first.bridge.start(), second.bridge.start()])
  for (const { deliverer } of [first, second]) deliverer.answer = () => 'hold'
  first.take(new ScriptedPartition(), 0n, 'ab')
  second.take(new ScriptedPartition(), 0n, 'cd')
  await settle()
  assert.deepEqual([first.deliverer.requests.length, second.deliverer.requests.length], [2, 0])
  for (const body of ['a#0', 'b#1']) first.deliverer.letGo(body)
  await settle()
  assert.equal(second.deliverer.requests.length, 2)
  for (const { deliverer } of [first, second]) deliverer.answer = () => 'fail'
  for (const body of ['c#0', 'd#1']) second.deliverer.letGo(body)
  second.take(new ScriptedPartition(), 0n, 'ef', 1)
  await settle()
  const text = /^endpoint billing does not work \(status 503\)/
  for (const { bridge } of [first, second]) assert.match(bridge.readiness().reason ?? '', text)
  const before = first.deliverer.requests.length
  first.take(new ScriptedPartition(), 9n, 'g', 1)
  await settle()
  assert.equal(first.deliverer.requests.length, before)
  for (const { deliverer } of [first, second]) deliverer.answer = () => 'ok'
  await clock.advance(1_000)
  assert.deepEqual(second.deliverer.delivered, ['c#0', 'd#1', 'e#0', 'f#1'])
  assert.deepEqual(first.deliverer.delivered, ['a#0', 'b#1', 'g#9'])
})

test('close lets the consumer give everything back, then closes what the bridge owns, once', async () => {
  const { bridge, consumer, deliverer, deadLetters, take, clock } = bridgeBed()
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'ok' : 'fail')
  await bridge.start()
  take(consumer.hold(), 0n, 'ab')
  await settle()
  await Promise.all([bridge.close({ deadlineMs: 4_000 }), bridge.close()])
  assert.deepEqual([consumer.closedWith, consumer.committed()], [4_000, [1n]])
  assert.deepEqual([deliverer.closed, deadLetters.closed, clock.pending], [1, 1, 0])
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'closing' })
})

test('closed within half a second, what is answered soon is delivered and committed', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed()
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(consumer.hold(), 0n, 'a')
  await settle()
  clock.after(200, () => deliverer.letGo('a#0'))
  const closed = bridge.close({ deadlineMs: 500 })
  await clock.advance(500)
  await closed
  assert.deepEqual([deliverer.delivered, consumer.committed().at(-1)], [['a#0'], 1n])
})

test('close does not wait for dead letters that Kafka does not take, beyond its deadline', async () => {
  const { bridge, deadLetters, clock } = bridgeBed()
  deadLetters.close = () => new Promise(() => {})
  await bridge.start()
  let closed = false
  void bridge.close({ deadlineMs: 4_000 }).then(() => {
    closed = true
  })
  await clock.advance(4_000)
  assert.equal(closed, true)
})

test('closed while the endpoint asked for a long pause, no timer keeps the process', async () => {
  const { bridge, deliverer, take, clock, consumer } = bridgeBed()
  deliverer.answer = () =>
    new RelayError('DELIVERY_FAILED', 'answered 429', { facts: { status: 429, retryAfterMs: 300_000 } })
  await bridge.start()
  take(consumer.hold(), 0n, 'aab')
  await clock.advance(1_000)
  take(consumer.hold(), 3n, 'cd')
  await settle()
  await bridge.close()
  assert.equal(clock.pending, 0)
})

test('closed before it was started, nothing of it goes on', async () => {
  const { bridge, clock } = bridgeBed()
  await bridge.close()
  await bridge.start()
  assert.equal(clock.pending, 0)
})

test('is ready when its consumer is, and says when the endpoint does not work', async () => {
  const clock = new ManualClock()
  const gate = new EndpointGate({ endpoint: 'billing', breaker: { failures: 1 }, clock })
  const { bridge, consumer, deliverer, take } = bridgeBed({ gate }, clock)
  assert.deepEqual(bridge.readiness(), { ready: true })
  await bridge.start()
  deliverer.answer = () => 'fail'
  take(consumer.hold(), 0n, 'a')
  await settle()
  assert.deepEqual(bridge.readiness(), {
    ready: true,
    reason: 'endpoint billing does not work (status 503); it is only probed',
  })
  consumer.ready = false
  assert.deepEqual(bridge.readiness(), { ready: false, reason: 'not a member' })
  consumer.ready = true
  deliverer.answer = () => 'ok'
  await clock.advance(1_000)
  assert.deepEqual(bridge.readiness(), { ready: true })
})

test('when the endpoint works again, what waits out a pause tries at once, in all partitions', async () => {
  const clock = new ManualClock()
  const gate = new EndpointGate({ endpoint: 'billing', breaker: { failures: 2 }, clock, random: () => 0.5 })
  const { bridge, consumer, deliverer, take } = bridgeBed(
    { gate, retry: { firstMs: 100_000, maxMs: 100_000 } },
    clock,
  )
  await bridge.start()
  deliverer.answer = () => 'fail'
  take(consumer.hold(0), 0n, 'a', 0)
  take(consumer.hold(1), 0n, 'b', 1)
  await settle()
  take(consumer.hold(0), 1n, 'cd', 0)
  await clock.advance(750)
  assert.deepEqual(
    deliverer.requests.map(({ body }) => body),
    ['a#0', 'b#0', 'c#1'],
  )
  deliverer.answer = () => 'ok'
  await clock.advance(1_499)
  assert.deepEqual(deliverer.delivered, [])
  await clock.advance(1)
  assert.deepEqual(deliverer.delivered.toSorted(), ['a#0', 'b#0', 'c#1', 'd#2'])
})

test('a filter is asked before the lanes, so that what is not for the endpoint does not wait for it', async () => {
  const { bridge, deliverer, take, outcomes, consumer, clock } = bridgeBed({
    wants: ({ id }) => id?.startsWith('id-dull') !== true,
    decoder: { decode: (value) => decode(Buffer.from(String(value).replace('x#', 'dull#'))) },
  })
  deliverer.answer = () => new RelayError('ENDPOINT_GONE', 'answered 410')
  await bridge.start()
  take(consumer.hold(), 0n, 'axbx')
  await clock.advance(1_000)
  assert.deepEqual(outcomes, ['1 filtered', '3 filtered'])
  assert.match(bridge.readiness().reason ?? '', /410 Gone/)
})

test('where the filter cannot be asked at once, the delivery asks it', async () => {
  // Twice: of the filter's own question nobody waits for the answer.
  const learned = learning(2)
  const { bridge, deliverer, take, outcomes, consumer, clock } = bridgeBed({
    wants: ({ id }) => id !== 'id-x#1',
    decoder: {
      decode: (value) => {
        if (deliverer.requests.length > 0) return learned.decode(value)
        return String(value) === 'b#2'
          ? Promise.reject(new RelayError('SCHEMA_UNKNOWN', '7'))
          : learned.decode(value)
      },
    },
  })
  await bridge.start()
  take(consumer.hold(), 0n, 'axb')
  await clock.advance(1_000)
  assert.deepEqual([...outcomes].sort(), ['0 delivered', '1 filtered', '2 delivered'])
  assert.equal(consumer.committed().at(-1), 3n)
})

test('what cannot be decoded for the filter becomes a dead letter as without one', async () => {
  const { bridge, consumer, deadLetters, outcomes, clock, take } = bridgeBed({
    wants: () => true,
    decoder: { decode: () => decode(Buffer.from('bad')) },
  })
  await bridge.start()
  take(consumer.hold(), 0n, 'a')
  await clock.advance(0)
  assert.deepEqual([deadLetters.written.length, outcomes], [1, ['0 dead_letter']])
})

test('of a span nothing is delivered but what it wants, up to where it ends', async () => {
  const { bridge, consumer, take, deliverer, outcomes, clock } = bridgeBed({
    span: { ends: new Map([[0, 3n]]), wants: ({ key }) => String(key) !== 'x' },
  })
  await bridge.start()
  const [ending, endless] = [consumer.hold(0), consumer.hold(1)]
  take(ending, 0n, 'axcd', 0)
  take(endless, 0n, 'efgh', 1)
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['a#0', 'c#2', 'e#0', 'f#1', 'g#2', 'h#3'])
  assert.deepEqual([outcomes.includes('1 filtered'), ending.paused, endless.paused], [true, true, false])
  assert.deepEqual([consumer.committed(0).at(-1), consumer.committed(1).at(-1)], [3n, 4n])
})

test('a partition that waits learns from Kafka how far it lies behind', async () => {
  const { bridge, consumer, take, deliverer, clock, metric } = bridgeBed({
    window: { records: 1, bytes: 1_000 },
  })
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'hold' : 'ok')
  consumer.endOf = () => 500n
  await bridge.start()
  take(consumer.hold(0), 0n, 'a', 0)
  take(consumer.hold(1), 0n, 'b', 1)
  await clock.advance(11_000)
  assert.deepEqual(consumer.asked, [{ topic: 'events', partition: 0 }])
  assert.equal(metric('bridge_lag_records billing events 0'), 500)
  await clock.advance(10_000)
  assert.equal(consumer.asked.length, 2)
})

test('a Kafka that does not say how far changes nothing', async () => {
  const { bridge, consumer, take, deliverer, clock, metric } = bridgeBed({
    window: { records: 1, bytes: 1_000 },
  })
  deliverer.answer = () => 'hold'
  consumer.ends = async () => {
    throw new RelayError('KAFKA_UNAVAILABLE', 'no broker')
  }
  await bridge.start()
  take(consumer.hold(), 0n, 'a')
  await clock.advance(25_000)
  assert.equal(metric('bridge_lag_records billing events 0'), 1)
})

test('what waits is told for as long as nobody is known to have it, and goes on to grow old', async () => {
  const { bridge, consumer, take, giveBack, deliverer, clock, metric } = bridgeBed({ drainMs: 0 })
  const said = () => [
    metric('bridge_lag_records billing events 0'),
    metric('bridge_oldest_undelivered_seconds billing events 0'),
  ]
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(consumer.hold(), 0n, 'ab')
  await clock.advance(1_000)
  assert.deepEqual(said(), [2, 1])
  // No broker is reached any more, and the session ends.
  consumer.ready = false
  await giveBack(1_000)
  await clock.advance(98_000)
  assert.deepEqual(said(), [2, 100])
  // Joined again, and the partition fell to another member.
  consumer.ready = true
  await clock.advance(1_000)
  assert.deepEqual(said(), [undefined, undefined])
})

test('a partition that comes back is told by whoever works on it now', async () => {
  const { bridge, consumer, take, giveBack, deliverer, clock, metric } = bridgeBed({ drainMs: 0 })
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(consumer.hold(), 0n, 'ab')
  consumer.ready = false
  await giveBack(1_000)
  take(consumer.hold(), 0n, 'abcd')
  consumer.ready = true
  await clock.advance(2_000)
  assert.equal(metric('bridge_lag_records billing events 0'), 4)
})

test('a bridge that is closed tells of no partition any more', async () => {
  const { bridge, consumer, take, deliverer, clock, metric } = bridgeBed({ drainMs: 0 })
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(consumer.hold(), 0n, 'ab')
  consumer.ready = false
  await clock.advance(1_000)
  assert.equal(metric('bridge_lag_records billing events 0'), 2)
  const closed = bridge.close()
  await clock.advance(10_000)
  await closed
  assert.equal(metric('bridge_lag_records billing events 0'), undefined)
})

test('nothing is told of a partition that is given back after the bridge was closed', async () => {
  const { bridge, consumer, take, giveBack, deliverer, clock, metric } = bridgeBed({ drainMs: 0 })
  deliverer.answer = () => 'hold'
  await bridge.start()
  take(consumer.hold(), 0n, 'ab')
  // As one whose deadline is over.
  consumer.close = async () => false
  const closed = bridge.close()
  await clock.advance(10_000)
  await closed
  assert.equal(metric('bridge_lag_records billing events 0'), 2)
  await giveBack(1_000)
  assert.equal(metric('bridge_lag_records billing events 0'), undefined)
})
