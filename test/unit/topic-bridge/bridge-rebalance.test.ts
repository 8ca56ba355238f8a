import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { settle } from '../../support/manual-clock.ts'
import { bridgeBed } from './bridge-bed.ts'
import { ScriptedPartition } from './scripted-consumer.ts'

const place = { topic: 'events', partition: 0 }

test('the next member delivers nothing of what was done above the offset', async () => {
  const [before, after] = [bridgeBed(), bridgeBed()]
  await Promise.all([before.bridge.start(), after.bridge.start()])
  before.deliverer.answer = ({ body }) => (body === 'b#1' ? 'fail' : 'ok')
  before.take(before.consumer.hold(), 0n, 'abcdb')
  await before.clock.advance(100)
  await before.giveBack()
  const committed = before.consumer.group.get('events/0')
  after.take(new ScriptedPartition(committed), 1n, 'bcdb')
  await after.clock.advance(0)
  assert.deepEqual(after.deliverer.delivered, ['b#1', 'b#4'])
  assert.equal(after.metric('bridge_suppressed_repeats_total billing'), 2)
})

test('a crash repeats what was under way, and nothing that a commit has told as done', async () => {
  const [before, after] = [bridgeBed(), bridgeBed()]
  await Promise.all([before.bridge.start(), after.bridge.start()])
  before.deliverer.answer = ({ body }) => (body === 'a#0' || body === 'd#3' ? 'hold' : 'ok')
  before.take(before.consumer.hold(), 0n, 'abcdef')
  await before.clock.advance(100)
  const committed = before.consumer.group.get('events/0')
  assert.deepEqual(completedOffsets(0n, committed?.metadata ?? ''), [1n, 2n, 4n, 5n])
  after.take(new ScriptedPartition(committed), 0n, 'abcdef')
  await settle()
  assert.deepEqual(after.deliverer.delivered, ['a#0', 'd#3'])
})

for (const [what, stored] of [
  ['is not stored', false],
  ['is stored, and its answer lost', true],
] as const) {
  test(`given back with a last commit that ${what}, and taken again: nothing is repeated, and failures are remembered`, async () => {
    const { bridge, consumer, deliverer, take, giveBack, clock } = bridgeBed()
    await bridge.start()
    deliverer.answer = ({ body }) => (body === 'b#2' ? 'fail' : 'ok')
    take(consumer.hold(), 0n, 'a')
    await clock.advance(1_000)
    const commit = consumer.commit.bind(consumer)
    consumer.commit = async (offsets) => {
      if (stored) await commit(offsets)
      throw new Error('REQUEST_TIMED_OUT')
    }
    take(consumer.hold(), 1n, 'cbde')
    await clock.advance(10)
    await giveBack()
    assert.equal(consumer.committed().at(-1), stored ? 2n : 1n)
    consumer.commit = commit
    deliverer.answer = () => 'ok'
    take(consumer.hold(), 1n, 'cbde')
    await clock.advance(1_000)
    assert.deepEqual(deliverer.delivered, ['a#0', 'c#1', 'd#3', 'e#4', 'b#2'])
    const attempts = deliverer.requests.filter(({ body }) => body === 'b#2').map(({ attempt }) => attempt)
    assert.deepEqual([attempts, consumer.committed().at(-1)], [[1, 2], 5n])
  })
}

test('G7: a topic that was made anew while another member had it: nothing of the new one is taken for delivered', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock } = bridgeBed()
  await bridge.start()
  deliverer.answer = ({ body }) => (body === 'b#0' ? 'fail' : 'ok')
  take(new ScriptedPartition({ next: 0n, metadata: '' }), 0n, 'baaaa')
  await clock.advance(100)
  await giveBack()
  const { next, metadata } = consumer.group.get('events/0') ?? { next: -1n, metadata: '' }
  assert.deepEqual([next, completedOffsets(next, metadata)], [0n, [1n, 2n, 3n, 4n]])
  take(new ScriptedPartition({ next: 2n, metadata: '' }), 2n, 'nnnn')
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered.slice(4), ['n#2', 'n#3', 'n#4', 'n#5'])
  assert.equal(consumer.committed().at(-1), 6n)
})

test('what the next member had done meanwhile counts as well', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock } = bridgeBed()
  await bridge.start()
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'fail' : 'ok')
  take(consumer.hold(), 0n, 'abc')
  await clock.advance(100)
  await giveBack()
  take(new ScriptedPartition({ next: 90n, metadata: '' }), 90n, 'xy')
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['b#1', 'c#2', 'x#90', 'y#91'])
})

test('how often a record failed outlives the rebalance', async () => {
  const { bridge, consumer, deliverer, deadLetters, take, giveBack, clock } = bridgeBed({
    retry: { maxAttempts: 2, firstMs: 60_000, maxMs: 60_000 },
  })
  await bridge.start()
  deliverer.answer = () => 'fail'
  take(consumer.hold(), 0n, 'a')
  await clock.advance(0)
  await giveBack()
  take(consumer.hold(), 0n, 'a')
  await settle()
  assert.deepEqual(
    deadLetters.written.map(({ reason }) => reason.attempts),
    [2],
  )
  assert.deepEqual(
    deliverer.requests.map(({ attempt }) => attempt),
    [1, 2],
  )
})

test('G7: a group that was set back gets its events again', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock } = bridgeBed()
  await bridge.start()
  take(consumer.hold(), 0n, 'abc')
  await clock.advance(1_000)
  await giveBack()
  take(new ScriptedPartition({ next: 1n, metadata: '' }), 1n, 'bc')
  await clock.advance(0)
  assert.deepEqual(deliverer.delivered, ['a#0', 'b#1', 'c#2', 'b#1', 'c#2'])
})

test('G6: records that are gone are said, and what was delivered says nothing about those that come', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock, telemetry, metric } = bridgeBed()
  await bridge.start()
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'fail' : 'ok')
  take(consumer.hold(), 0n, 'abc')
  await clock.advance(100)
  await giveBack(1_000, place)
  consumer.handler?.lost({ ...place, from: 0n, to: 7n, count: 7n })
  deliverer.answer = () => 'ok'
  // Offset 2 of the one before was delivered.
  take(new ScriptedPartition(), 2n, 'xy')
  await clock.advance(0)
  assert.deepEqual(deliverer.delivered, ['b#1', 'c#2', 'x#2', 'y#3'])
  assert.equal(metric('bridge_lost_offsets_total billing events'), 7)
  assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
})

test('a partition that is given back alone is begun anew at the next batch, others go on', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock } = bridgeBed()
  deliverer.answer = ({ body }) => (body.startsWith('b') ? 'hold' : 'ok')
  await bridge.start()
  take(consumer.hold(0), 900n, 'a', 0)
  take(consumer.hold(1), 5n, 'b', 1)
  await clock.advance(0)
  await giveBack(1_000, place)
  consumer.handler?.lost({ ...place, from: 901n, to: 0n, count: 0n })
  take(new ScriptedPartition(), 0n, 'a', 0)
  deliverer.letGo('b#5')
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['a#900', 'a#0', 'b#5'])
  assert.deepEqual([consumer.committed(0), consumer.committed(1).at(-1)], [[901n, 1n], 6n])
})

test('all partitions are given back together, within the time, with one commit', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed({ commitIntervalMs: 60_000 })
  await bridge.start()
  deliverer.answer = ({ body }) => (body.startsWith('h') ? 'hold' : 'ok')
  for (const partition of [0, 1, 2]) take(consumer.hold(partition), 0n, 'a', partition)
  await clock.advance(0)
  for (const partition of [0, 1, 2]) take(consumer.hold(partition), 1n, 'bh', partition)
  await settle()
  let over = false
  void consumer.handler?.giveBack(30_000).then(() => {
    over = true
  })
  await clock.advance(4_999)
  assert.deepEqual([over, consumer.requests.length], [false, 1])
  await clock.advance(1)
  assert.deepEqual([over, consumer.requests.length], [true, 2])
  assert.deepEqual(
    consumer.requests[1]?.map(({ partition, next }) => [partition, next]),
    [
      [0, 2n],
      [1, 2n],
      [2, 2n],
    ],
  )
})

test('what is given back without outcome is one line for all partitions, which names those that had some', async () => {
  const { bridge, consumer, deliverer, take, giveBack, clock, telemetry, metric } = bridgeBed()
  await bridge.start()
  deliverer.answer = ({ body }) => (body.startsWith('f') ? 'fail' : 'ok')
  take(consumer.hold(0), 0n, 'ff', 0)
  take(consumer.hold(1), 0n, 'a', 1)
  take(consumer.hold(2), 0n, 'f', 2)
  await clock.advance(0)
  await giveBack()
  const lines = telemetry.lines.filter(({ message }) => message.startsWith('partitions given back'))
  assert.deepEqual(
    lines.map(({ level, facts }) => [level, facts]),
    [['info', { partitions: ['events-0', 'events-2'], unfinished: 3 }]],
  )
  assert.equal(metric('bridge_given_back_records_total billing'), 3)
})

test('a commit that does not come to an end does not keep the group waiting longer than the time it gave, and is said', async () => {
  const { bridge, consumer, take, clock, telemetry } = bridgeBed()
  await bridge.start()
  consumer.delay = () => new Promise(() => {})
  take(consumer.hold(), 0n, 'a')
  await clock.advance(100)
  let over = false
  void consumer.handler?.giveBack(10_000).then(() => {
    over = true
  })
  await clock.advance(9_999)
  assert.equal(over, false)
  await clock.advance(1)
  assert.equal(over, true)
  assert.ok(
    telemetry.lines.some(({ level, message }) => level === 'warn' && /not answered in time/.test(message)),
  )
})

test('a commit that had no time any more when it was given back is not made later', async () => {
  const { bridge, consumer, take, clock } = bridgeBed()
  await bridge.start()
  let goOn = (): void => {}
  consumer.delay = () =>
    new Promise((resolve) => {
      goOn = resolve
    })
  take(consumer.hold(), 0n, 'a')
  await clock.advance(0)
  take(consumer.hold(), 1n, 'b')
  await settle()
  const given = consumer.handler?.giveBack(10_000)
  await clock.advance(10_000)
  await given
  consumer.delay = undefined
  goOn()
  await clock.advance(60_000)
  assert.deepEqual(consumer.requests.length, 1)
})

test('of the time to give back there is some left for the commit, whatever a delivery does', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed({ commitIntervalMs: 60_000 })
  await bridge.start()
  take(consumer.hold(), 0n, 'a')
  await clock.advance(0)
  take(consumer.hold(), 1n, 'b')
  await settle()
  deliverer.deliver = () => new Promise(() => {})
  take(consumer.hold(), 2n, 'c')
  await settle()
  void consumer.handler?.giveBack(3_000)
  await clock.advance(2_000)
  assert.equal(consumer.committed().at(-1), 2n)
})

test('in half a second there is time for an answer that comes soon, and for its commit', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed()
  await bridge.start()
  deliverer.answer = () => 'hold'
  take(consumer.hold(), 0n, 'a')
  await settle()
  clock.after(200, () => deliverer.letGo('a#0'))
  const given = consumer.handler?.giveBack(500)
  await clock.advance(500)
  await given
  assert.deepEqual([deliverer.delivered, consumer.committed().at(-1)], [['a#0'], 1n])
})

test('giving back everything waits for a partition that is being given back alone', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed()
  await bridge.start()
  deliverer.answer = () => 'hold'
  take(consumer.hold(), 0n, 'a')
  await clock.advance(0)
  const over: string[] = []
  void consumer.handler?.giveBack(30_000, place).then(() => over.push('one'))
  void consumer.handler?.giveBack(30_000).then(() => over.push('all'))
  await clock.advance(4_999)
  assert.deepEqual(over, [])
  await clock.advance(1)
  assert.deepEqual([...over].sort(), ['all', 'one'])
})

test('with the window full behind a failing repository reading stops, the others went on, and it resumes', async () => {
  const { bridge, consumer, deliverer, take, clock } = bridgeBed({ window: { records: 6, bytes: 10_000 } })
  await bridge.start()
  deliverer.answer = ({ body }) => (body.startsWith('b') ? 'fail' : 'ok')
  const held = consumer.hold()
  take(held, 0n, 'bacad')
  await clock.advance(600_000)
  assert.equal(held.paused, false)
  take(held, 5n, 'abcd')
  await clock.advance(600_000)
  assert.deepEqual(
    [held.paused, deliverer.delivered],
    [true, ['a#1', 'c#2', 'd#4', 'a#3', 'a#5', 'c#7', 'd#8']],
  )
  deliverer.answer = () => 'ok'
  await clock.advance(60_000)
  assert.deepEqual([held.paused, consumer.committed().at(-1)], [false, 9n])
})
