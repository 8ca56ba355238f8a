import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completedOffsets, completionMap } from '../../../src/topic-bridge/completion-map.ts'
import { settle } from '../../support/manual-clock.ts'
import { batchOf, record } from './bridge-support.ts'
import { partitionBed } from './partition-bed.ts'

test('what is under way may end and is committed, the rest is left', async () => {
  const { run, giveBack, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a'), record(1n, 'b'), record(2n, 'a')]))
  await settle()
  const { state, ended } = giveBack()
  deliverer.letGo('a#0')
  await clock.advance(100)
  assert.equal(state.over, false)
  deliverer.letGo('b#1')
  await ended
  assert.deepEqual([deliverer.delivered, consumer.committed().at(-1)], [['a#0', 'b#1'], 2n])
})

test('nothing is begun to close a gap: what is done above it is told with the commit', async () => {
  const { run, giveBack, deliverer, consumer } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'a#0' || body === 'b#2' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'a'), record(2n, 'b'), record(3n, 'c')]))
  await settle()
  const { ended, state } = giveBack()
  deliverer.letGo('b#2')
  deliverer.letGo('a#0')
  await ended
  assert.deepEqual(deliverer.delivered, ['c#3', 'b#2', 'a#0'])
  const { next, metadata } = consumer.group.get('events/0') ?? { next: 0n, metadata: '' }
  assert.deepEqual([next, completedOffsets(next, metadata)], [1n, [2n, 3n]])
  assert.deepEqual(state.facts, {
    low: 1n,
    done: new Set([2n, 3n]),
    commits: [
      { next, metadata },
      { next, metadata },
    ],
    histories: new Map(),
  })
})

test('what fails is left at once, and its history is kept', async () => {
  const { run, giveBack, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'a#1' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'b'), record(1n, 'a'), record(2n, 'b'), record(3n, 'a')]))
  await settle()
  const { state, ended } = giveBack()
  await ended
  assert.deepEqual([consumer.committed().at(-1), clock.monotonic(), clock.pending], [1n, 0, 0])
  const { histories } = state.facts ?? {}
  assert.deepEqual([[...(histories?.keys() ?? [])], histories?.get(1n)?.failures], [[1n], 1])
})

test('what does not end within the drain time is aborted, and passes and timers are free', async () => {
  const { run, giveBack, deliverer, consumer, clock, gate, metric } = partitionBed()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a')]))
  await clock.advance(0)
  const { state, ended } = giveBack()
  await clock.advance(4_999)
  assert.equal(state.over, false)
  await clock.advance(1)
  await ended
  assert.deepEqual(
    [consumer.committed().every((next) => next === 0n), gate.inUse, clock.pending],
    [true, 0, 0],
  )
  assert.equal(metric('given_back_records_total billing'), 1)
})

test('a delivery that ignores its abort does not keep the group waiting', async () => {
  const { run, giveBack, deliverer, clock } = partitionBed()
  deliverer.deliver = () => new Promise(() => {})
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state } = giveBack()
  await clock.advance(6_000)
  assert.equal(state.over, true)
})

test('a delivery that ends after all of that changes nothing any more, and commits nothing', async () => {
  const { run, giveBack, deliverer, clock, consumer, gate, metric } = partitionBed()
  let late = (): void => {}
  deliverer.deliver = () =>
    new Promise((resolve) => {
      late = () => resolve({ status: 204 })
    })
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state } = giveBack()
  await clock.advance(6_000)
  const before = consumer.requests.length
  late()
  await clock.advance(10_000)
  assert.deepEqual([consumer.requests.length - before, state.facts?.low, gate.inUse], [0, 0n, 0])
  // Both are counted: that it was given back, and that it had its outcome all the same.
  assert.deepEqual(
    ['consumed_records_total', 'given_back_records_total', 'late_outcomes_total'].map((name) =>
      metric(`${name} billing`),
    ),
    [1, 1, 1],
  )
  assert.equal(metric('in_hand_records billing relay.billing'), 0)
})

test('in less time than the drain takes, there is still time for the commit', async () => {
  const { run, giveBack, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await settle()
  const { state } = giveBack(3_000)
  await clock.advance(2_000)
  assert.deepEqual([state.over, consumer.committed().at(-1)], [true, 1n])
})

test('of less time than that a delivery that ignores its abort takes no more than there is', async () => {
  const { run, giveBack, deliverer, clock } = partitionBed()
  deliverer.deliver = () => new Promise(() => {})
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state } = giveBack(3_000)
  await clock.advance(2_000)
  assert.equal(state.over, true)
})

test('with no time at all it is over at once', async () => {
  const { run, giveBack, deliverer } = partitionBed()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state, ended } = giveBack(0)
  await ended
  assert.equal(state.over, true)
})

test('a partition whose reading was stopped is read again by whoever gets it', async () => {
  const { run, giveBack, deliverer, held } = partitionBed({ window: { records: 1, bytes: 10_000 } })
  deliverer.answer = () => 'fail'
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  assert.equal(held.paused, true)
  await giveBack().ended
  assert.equal(held.paused, false)
})

test('the last commit waits for the one that is open, so that none is written late', async () => {
  const { run, giveBack, deliverer, consumer, clock } = partitionBed()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  let goOn = (): void => {}
  consumer.delay = () =>
    new Promise((resolve) => {
      goOn = resolve
    })
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await clock.advance(0)
  const { state, ended } = giveBack()
  deliverer.letGo('b#1')
  await settle()
  assert.deepEqual([state.over, consumer.requests.length], [false, 0])
  consumer.delay = undefined
  goOn()
  await ended
  assert.deepEqual([consumer.committed().at(-1), consumer.requests.length, consumer.mostOpen], [2n, 2, 1])
})

test('a last commit that is refused leaves the facts, with it and with what the group had confirmed before', async () => {
  const committed = { next: 4n, metadata: '' }
  const { run, giveBack, deliverer, consumer, clock } = partitionBed({ committed })
  consumer.refusal = new Error('REBALANCE_IN_PROGRESS')
  deliverer.answer = ({ body }) => (body === 'b#5' ? 'fail' : 'ok')
  run.take(batchOf([record(4n, 'a'), record(5n, 'b'), record(6n, 'a')]))
  await clock.advance(0)
  const { state, ended } = giveBack()
  await ended
  const { low, done, commits } = state.facts ?? {}
  const sent = { next: 5n, metadata: completionMap(5n, [1], 4_096) }
  assert.deepEqual([low, done, commits], [5n, new Set([6n]), [committed, sent]])
})

test('what was known beyond what was read this time is still known', async () => {
  const history = { attempts: 4, failures: 4 }
  const committed = { next: 0n, metadata: '' }
  const facts = {
    low: 2n,
    done: new Set([3n, 50n]),
    commits: [committed],
    histories: new Map([[40n, history]]),
  }
  const { run, giveBack } = partitionBed({ committed, facts })
  run.take(batchOf([record(2n, 'a'), record(3n, 'a')]))
  await settle()
  const { state, ended } = giveBack()
  await ended
  assert.deepEqual([state.facts?.low, state.facts?.done], [4n, new Set([50n])])
  assert.deepEqual(state.facts?.histories, new Map([[40n, history]]))
})

test('a batch that comes while it is given back is not begun', async () => {
  const { run, giveBack, deliverer, outcomes, consumer } = partitionBed({
    wants: ({ key }) => String(key) !== 'x',
  })
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { ended, state } = giveBack()
  run.take(batchOf([record(1n, 'x'), record(2n, 'a')]))
  await ended
  assert.deepEqual([deliverer.delivered, outcomes], [['a#0'], ['0 delivered']])
  assert.deepEqual([consumer.committed().at(-1), state.facts?.low], [1n, 1n])
})

test('what waits of it is told, and grows older, until it is forgotten', async () => {
  const { run, giveBack, deliverer, clock, metric } = partitionBed()
  const said = () => [
    metric('lag_records billing events 0'),
    metric('oldest_undelivered_seconds billing events 0'),
  ]
  deliverer.answer = () => 'fail'
  run.take({ ...batchOf([record(0n, 'a')]), highWatermark: 9n })
  await settle()
  assert.deepEqual(said(), [9, 0])
  await giveBack().ended
  await clock.advance(7_000)
  run.report()
  assert.deepEqual(said(), [9, 7])
  run.forget()
  assert.deepEqual(said(), [undefined, undefined])
})
