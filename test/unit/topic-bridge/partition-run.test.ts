import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completedOffsets, completionMap } from '../../../src/topic-bridge/completion-map.ts'
import { settle } from '../../support/manual-clock.ts'
import { batchOf, record } from './bridge-support.ts'
import { partitionBed } from './partition-bed.ts'
import type { ScriptedConsumer } from './scripted-consumer.ts'

/** What the last commit says: the offset, and which above it are done. */
function told(consumer: ScriptedConsumer): [bigint, ...bigint[]] | undefined {
  const last = consumer.requests.at(-1)?.[0]
  return last === undefined ? undefined : [last.next, ...completedOffsets(last.next, last.metadata)]
}

test('commits after the last offset of the fetch when everything is delivered, and then has nothing to look after', async () => {
  const { run, deliverer, consumer, clock } = partitionBed({ first: 5n })
  run.take(batchOf([record(5n, 'a'), record(7n, 'b')], 12n))
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['a#5', 'b#7'])
  assert.deepEqual([consumer.committed().at(-1), clock.pending], [12n, 0])
})

test('a commit waits for the interval since the last one, and says the lowest offset without outcome and what is done above', async () => {
  const { run, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'b#3' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a')]))
  await clock.advance(0)
  const before = consumer.committed()
  run.take(batchOf([record(1n, 'a'), record(2n, 'a'), record(3n, 'b'), record(4n, 'a')]))
  await clock.advance(999)
  assert.deepEqual(consumer.committed(), before)
  await clock.advance(1)
  assert.deepEqual(told(consumer), [3n, 4n])
  await clock.advance(60_000)
  assert.equal(consumer.committed().length, before.length + 1)
  deliverer.letGo('b#3')
  await clock.advance(0)
  assert.deepEqual(told(consumer), [5n])
})

test('a refused commit is made again, with what is due by then', async () => {
  const { run, consumer, clock, metric } = partitionBed()
  consumer.refusal = new Error('REBALANCE_IN_PROGRESS')
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await clock.advance(500)
  consumer.refusal = undefined
  await clock.advance(499)
  assert.deepEqual(consumer.requests, [])
  await clock.advance(1)
  assert.deepEqual([told(consumer), metric('commit_failures_total billing')], [[2n], 1])
})

test('a failing repository holds up nobody else, in later batches either, and nothing is committed past it', async () => {
  const { run, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await clock.advance(10 * 60_000)
  run.take(batchOf([record(2n, 'b'), record(3n, 'c')]))
  run.take(batchOf([record(4n, 'a')]))
  await clock.advance(60_000)
  assert.deepEqual(deliverer.delivered, ['a#0', 'c#3', 'a#4'])
  assert.deepEqual([told(consumer), consumer.committed().every((next) => next <= 1n)], [[1n, 3n, 4n], true])
  deliverer.answer = () => 'ok'
  await clock.advance(2_000)
  assert.deepEqual(deliverer.delivered, ['a#0', 'c#3', 'a#4', 'b#1', 'b#2'])
  assert.deepEqual(told(consumer), [5n])
})

test('reading stops when the window is full of records, the others went on until then, and it goes on when half is free', async () => {
  const { run, deliverer, held, clock } = partitionBed({ window: { records: 4, bytes: 10_000 } })
  deliverer.answer = ({ body }) => (body === 'b#0' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'b'), record(1n, 'a'), record(2n, 'a')]))
  await settle()
  assert.deepEqual([held.paused, run.paused], [false, false])
  run.take(batchOf([record(3n, 'a')]))
  await settle()
  assert.deepEqual([held.paused, run.paused, deliverer.delivered.length], [true, true, 3])
  deliverer.answer = () => 'ok'
  await clock.advance(2_000)
  assert.deepEqual([held.paused, run.paused], [false, false])
})

test('reading does not go on at the first free place', async () => {
  const { run, deliverer, held } = partitionBed({ window: { records: 4, bytes: 10_000 } })
  deliverer.answer = () => 'hold'
  run.take(batchOf(['a', 'b', 'c', 'd'].map((key, n) => record(BigInt(n), key))))
  await settle()
  for (const body of ['a#0', 'b#1']) {
    assert.equal(held.paused, true)
    deliverer.letGo(body)
    await settle()
  }
  assert.equal(held.paused, true)
  deliverer.letGo('c#2')
  await settle()
  assert.deepEqual([held.paused, held.pauses], [false, 1])
})

test('reading stops when the window is full of bytes that wait', async () => {
  const { run, deliverer, held } = partitionBed({ window: { records: 100, bytes: 30 } })
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a', 'x'.repeat(20))]))
  assert.equal(held.paused, false)
  run.take(batchOf([record(1n, 'b', 'y'.repeat(20))]))
  assert.equal(held.paused, true)
  await settle()
  deliverer.letGo('y'.repeat(20))
  await settle()
  assert.equal(held.paused, true)
  deliverer.letGo('x'.repeat(20))
  await settle()
  assert.equal(held.paused, false)
})

test('the headers of a record count in the window as its value does, until it has its outcome', async () => {
  const { run, deliverer, held } = partitionBed({ window: { records: 100, bytes: 200 } })
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a', 'x', { traceparent: 'y'.repeat(170) })]))
  assert.equal(held.paused, false)
  run.take(batchOf([record(1n, 'b', 'z', { traceparent: 'y'.repeat(10) })]))
  assert.equal(held.paused, true)
  await settle()
  deliverer.letGo('x')
  await settle()
  assert.equal(held.paused, false)
})

test('a batch that comes after the pause is taken all the same', async () => {
  const { run, deliverer, held, consumer, clock } = partitionBed({ window: { records: 1, bytes: 10_000 } })
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a')]))
  run.take(batchOf([record(1n, 'b')]))
  await settle()
  deliverer.letGo('b#1')
  deliverer.letGo('a#0')
  await clock.advance(1_000)
  assert.deepEqual([told(consumer), held.paused], [[2n], false])
})

test('nothing is begun while the partition may be somebody elses, and it goes on when it is held after all', async () => {
  const { run, deliverer, held, clock } = partitionBed()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a'), record(1n, 'a')]))
  await settle()
  held.lost = true
  deliverer.letGo('a#0')
  await clock.advance(10_000)
  assert.equal(deliverer.requests.length, 1)
  held.lost = false
  await clock.advance(1_000)
  assert.equal(deliverer.requests.length, 2)
})

test('what the group says is done above its offset is not delivered again', async () => {
  const committed = { next: 10n, metadata: completionMap(10n, [2, 4, 90], 4_096) }
  const { run, deliverer, consumer, clock, metric } = partitionBed({ committed })
  run.take(batchOf([10n, 11n, 12n, 13n, 14n].map((offset) => record(offset, 'a'))))
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['a#10', 'a#11', 'a#13'])
  assert.deepEqual([told(consumer), metric('suppressed_repeats_total billing')], [[15n, 100n], 2])
  run.take(batchOf([record(99n, 'a'), record(100n, 'a')]))
  await clock.advance(1_000)
  assert.deepEqual([deliverer.delivered.slice(3), told(consumer)], [['a#99'], [101n]])
})

test('what was done beyond what has been read again yet stays in every commit: the next member would deliver it once more', async () => {
  const committed = { next: 10n, metadata: completionMap(10n, [2, 90, 91], 4_096) }
  const { run, deliverer, consumer, clock } = partitionBed({ committed })
  deliverer.answer = ({ body }) => (body === 'a#10' ? 'fail' : 'ok')
  run.take(batchOf([record(10n, 'a'), record(11n, 'b')]))
  await clock.advance(1_000)
  const last = consumer.requests.at(-1)?.[0]
  assert.equal(last?.next, 10n)
  assert.deepEqual(completedOffsets(10n, last?.metadata ?? ''), [11n, 12n, 100n, 101n])
})

test('where all that was read is done, and what comes next was done before, the commit says so', async () => {
  const committed = { next: 10n, metadata: completionMap(10n, [1, 2, 4], 4_096) }
  const { run, consumer, clock } = partitionBed({ committed })
  run.take(batchOf([record(10n, 'a')]))
  await clock.advance(1_000)
  const last = consumer.requests.at(-1)?.[0]
  assert.equal(last?.next, 13n)
  assert.deepEqual(completedOffsets(13n, last?.metadata ?? ''), [14n])
})

test('what this bridge had delivered when it gave the partition back is not delivered again, and the group is told', async () => {
  const committed = { next: 5n, metadata: '' }
  const facts = { low: 8n, done: new Set([9n]), commits: [committed], histories: new Map() }
  const { run, deliverer, consumer, clock, metric } = partitionBed({ committed, facts })
  run.take(batchOf([5n, 6n, 7n].map((offset) => record(offset, 'a'))))
  await clock.advance(0)
  assert.deepEqual([deliverer.delivered, told(consumer)], [[], [8n, 9n]])
  assert.equal(metric('suppressed_repeats_total billing'), 3)
  run.take(batchOf([8n, 9n].map((offset) => record(offset, 'a'))))
  await clock.advance(1_000)
  assert.deepEqual([deliverer.delivered, told(consumer)], [['a#8'], [10n]])
})

test('what is not for the endpoint has its outcome at once, also while nothing is let through to it', async () => {
  const { run, gate, consumer, outcomes, clock, deliverer } = partitionBed({
    wants: ({ key }) => String(key) !== 'dull',
  })
  gate.take((pass) => {
    pass.gone()
    pass.end()
  })
  run.take(batchOf([record(0n, 'dull'), record(1n, 'dull'), record(2n, 'a'), record(3n, 'dull')]))
  await clock.advance(1_000)
  assert.deepEqual([outcomes, deliverer.requests], [['0 filtered', '1 filtered', '3 filtered'], []])
  assert.deepEqual(told(consumer), [2n, 3n])
})

test('a dead letter does not wait until the endpoint works', async () => {
  const { run, gate, deadLetters, consumer, clock } = partitionBed()
  run.take(batchOf([record(0n, 'a', 'bad')]))
  gate.take((pass) => pass.gone())
  await clock.advance(1_000)
  assert.deepEqual([deadLetters.written.length, told(consumer)], [1, [1n]])
})

test('a span is read up to its end and no further, and what lies behind it is not delivered', async () => {
  const { run, held, deliverer, consumer, clock } = partitionBed({ stopBefore: 3n })
  deliverer.answer = ({ body }) => (body === 'a#1' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a')]))
  assert.equal(held.paused, false)
  run.take(batchOf([1n, 2n, 3n, 4n].map((offset) => record(offset, 'a'))))
  await settle()
  assert.equal(held.paused, true)
  deliverer.letGo('a#1')
  await clock.advance(1_000)
  run.take(batchOf([record(5n, 'a')]))
  await clock.advance(1_000)
  assert.deepEqual([deliverer.delivered, told(consumer)], [['a#0', 'a#1', 'a#2'], [3n]])
  assert.equal(held.paused, true)
})

test('a span that ends where there is no record is over all the same', async () => {
  const { run, held, consumer, clock } = partitionBed({ stopBefore: 3n })
  run.take(batchOf([record(0n, 'a'), record(9n, 'a')]))
  await clock.advance(1_000)
  assert.deepEqual([held.paused, told(consumer)], [true, [3n]])
})

test('what is no record is committed too', async () => {
  const { run, consumer, clock } = partitionBed({ committed: { next: 0n, metadata: '' } })
  run.take(batchOf([], 7n))
  await clock.advance(0)
  assert.deepEqual(told(consumer), [7n])
})

test('records without a key keep their order among themselves', async () => {
  const { run, deliverer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'null#0' && deliverer.requests.length < 3 ? 'fail' : 'ok')
  run.take(batchOf([record(0n, null), record(1n, null), record(2n, '')]))
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['#2', 'null#0', 'null#1'])
})

test('what waits for the endpoint tries at once when it works again', async () => {
  const { run, deliverer, clock } = partitionBed()
  deliverer.answer = () => 'fail'
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  deliverer.answer = () => 'ok'
  run.hurry()
  await settle()
  assert.deepEqual([deliverer.delivered, clock.monotonic()], [['a#0'], 0])
})

test('says how far behind it is and how long the oldest record has waited', async () => {
  const { run, deliverer, clock, metric } = partitionBed()
  const said = () => [
    metric('lag_records billing events 0'),
    metric('oldest_undelivered_seconds billing events 0'),
  ]
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  run.take({ ...batchOf([record(0n, 'a'), record(1n, 'b')]), highWatermark: 9n })
  await clock.advance(60_000)
  run.report()
  assert.deepEqual(said(), [8, 60])
  run.sawEnd(20n)
  run.sawEnd(10n)
  run.report()
  assert.deepEqual(said(), [19, 60])
  deliverer.letGo('b#1')
  await settle()
  run.report()
  assert.deepEqual(said(), [18, 0])
})
