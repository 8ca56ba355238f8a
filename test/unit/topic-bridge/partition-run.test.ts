import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordBatch } from '../../../src/kafka/consumer-port.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { DeliverySlots } from '../../../src/topic-bridge/delivery-slots.ts'
import { PartitionRun } from '../../../src/topic-bridge/partition-run.ts'
import { RecordDelivery } from '../../../src/topic-bridge/record-delivery.ts'
import { Round } from '../../../src/topic-bridge/round.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import {
  batchOf,
  decode,
  RecordingDeadLetters,
  RecordingTelemetry,
  record,
  ScriptedContext,
  ScriptedDeliverer,
} from './bridge-support.ts'

function setUp() {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const deliverer = new ScriptedDeliverer()
  const round = new Round()
  const observer = new BridgeObserver(telemetry, clock, 'billing')
  const shared = {
    decoder: { decode },
    deliverer,
    deadLetters: new RecordingDeadLetters(),
    backoff: { baseMs: 100, capMs: 1_000 },
    clock,
    random: () => 0.5,
    observer,
  }
  const parts = {
    slots: new DeliverySlots(8),
    round,
    clock,
    observer,
    pace: { tickMs: 500, commitIntervalMs: 1_000, drainMs: 5_000 },
    job: (given: ReturnType<typeof record>, onOutcome: () => void) =>
      new RecordDelivery(given, shared, onOutcome),
  }
  /** A run that was begun, and how it ended. */
  const begin = (batch: RecordBatch, context = new ScriptedContext()) => {
    const state: { ended: boolean; error?: unknown } = { ended: false }
    const ended = new PartitionRun(batch, context, parts).run().then(
      () => {
        state.ended = true
      },
      (error) => {
        state.ended = true
        state.error = error
      },
    )
    return { context, state, ended }
  }
  return { clock, telemetry, deliverer, round, begin, slots: parts.slots }
}

test('ends when every record is delivered, with the position and the commit after the last offset of the fetch', async () => {
  const { begin, deliverer } = setUp()
  const { context, ended, state } = begin(batchOf([record(5n, 'a'), record(7n, 'b')], 12n))
  await ended
  assert.equal(state.error, undefined)
  assert.deepEqual(deliverer.delivered, ['a#5', 'b#7'])
  assert.deepEqual([context.committed, context.resolved.at(-1)], [[12n], 12n])
})

test('stays with its heartbeats while a delivery waits, and commits only below it', async () => {
  const { begin, deliverer, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#2' ? 'fail' : 'ok')
  const { context, state, ended } = begin(
    batchOf([record(1n, 'a'), record(2n, 'b'), record(3n, 'c'), record(4n, 'b')]),
  )
  await clock.advance(10 * 60_000)
  assert.equal(state.ended, false)
  assert.ok(context.heartbeats >= 10 * 60 * 2, `${context.heartbeats} heartbeats in ten minutes`)
  assert.deepEqual([context.committed, context.resolved], [[2n], [2n]])
  assert.deepEqual(deliverer.delivered, ['a#1', 'c#3'])
  deliverer.answer = () => 'ok'
  await clock.advance(2_000)
  await ended
  assert.deepEqual(deliverer.delivered, ['a#1', 'c#3', 'b#2', 'b#4'])
  assert.deepEqual(context.committed, [2n, 5n])
})

test('a refused heartbeat: what is under way may end, the rest is left, the refusal comes out', async () => {
  const { begin, deliverer, clock } = setUp()
  deliverer.answer = () => 'hold'
  const { context, state, ended } = begin(batchOf([record(0n, 'a'), record(1n, 'b'), record(2n, 'a')]))
  await settle()
  const refusal = new Error('REBALANCE_IN_PROGRESS')
  context.refusal = refusal
  await clock.advance(500)
  deliverer.letGo('a#0')
  await clock.advance(100)
  assert.equal(state.ended, false)
  deliverer.letGo('b#1')
  await ended
  assert.equal(state.error, refusal)
  assert.deepEqual(deliverer.delivered, ['a#0', 'b#1'])
  assert.deepEqual([context.committed, context.resolved], [[2n], [2n]])
})

test('gaps below what was begun are closed before the partition is given back, so that nothing is repeated', async () => {
  const { begin, deliverer, round } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#0' || body === 'b#2' ? 'hold' : 'ok')
  const { context, ended } = begin(
    batchOf([record(0n, 'a'), record(1n, 'a'), record(2n, 'b'), record(3n, 'a')]),
  )
  await settle()
  round.close()
  deliverer.letGo('b#2')
  deliverer.letGo('a#0')
  await ended
  assert.deepEqual(deliverer.delivered, ['b#2', 'a#0', 'a#1'])
  assert.deepEqual(context.committed, [3n])
})

test('what fails is left at once: below it the commit, above it nothing is claimed', async () => {
  const { begin, deliverer, round, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#1' ? 'fail' : 'ok')
  const { context, ended } = begin(batchOf([record(0n, 'b'), record(1n, 'a'), record(2n, 'b')]))
  await settle()
  round.close()
  await ended
  assert.deepEqual([context.committed, clock.monotonic()], [[1n], 0])
})

test('what does not end within the drain time is aborted, and slots and timers are free', async () => {
  const { begin, deliverer, clock, slots, telemetry } = setUp()
  deliverer.answer = () => 'hold'
  const { context, state, ended } = begin(batchOf([record(0n, 'a')]))
  await settle()
  context.refusal = new Error('REBALANCE_IN_PROGRESS')
  await clock.advance(500 + 4_999)
  assert.equal(state.ended, false)
  assert.ok(context.heartbeats > 8, 'heartbeats go on while it drains')
  await clock.advance(1)
  await ended
  assert.deepEqual([context.committed, slots.inUse, clock.pending], [[], 0, 0])
  assert.ok(telemetry.lines.some(({ facts }) => facts['unfinished'] === 1))
})

test('a delivery that ignores its abort does not keep the rebalance waiting', async () => {
  const { begin, deliverer, clock } = setUp()
  const never = new Promise<{ status: number }>(() => {})
  deliverer.deliver = () => never
  const { context, ended, state } = begin(batchOf([record(0n, 'a')]))
  await settle()
  context.refusal = new Error('REBALANCE_IN_PROGRESS')
  await clock.advance(6_500)
  await ended
  assert.equal(state.error, context.refusal)
})

test('one refused handler ends the others of the bridge at once', async () => {
  const { begin, deliverer, clock } = setUp()
  deliverer.answer = () => 'hold'
  const first = begin(batchOf([record(0n, 'a')]))
  const second = begin(batchOf([record(10n, 'b')]))
  await settle()
  first.context.refusal = new Error('REBALANCE_IN_PROGRESS')
  await clock.advance(500)
  deliverer.letGo('a#0')
  deliverer.letGo('b#10')
  await Promise.all([first.ended, second.ended])
  assert.equal(second.state.error, first.context.refusal)
  assert.deepEqual([first.context.committed, second.context.committed], [[1n], [11n]])
})

test('a batch that waited until the group had moved on is refused by its first heartbeat, and delivers nothing', async () => {
  const { begin, deliverer } = setUp()
  const context = new ScriptedContext()
  context.refusal = new Error('ILLEGAL_GENERATION')
  const { ended, state } = begin(batchOf([record(0n, 'a')]), context)
  await ended
  assert.equal(state.error, context.refusal)
  assert.deepEqual([deliverer.requests.length, context.committed.length], [0, 0])
})

test('a refused commit ends the round with that refusal, and is counted', async () => {
  const { begin, telemetry } = setUp()
  const context = new ScriptedContext()
  context.commitRefusal = new Error('UNKNOWN_MEMBER_ID')
  const { ended, state } = begin(batchOf([record(0n, 'a')]), context)
  await ended
  assert.equal(state.error, context.commitRefusal)
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 1)
})

test('a closed bridge drains, commits and returns without an error', async () => {
  const { begin, deliverer, round } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#0' ? 'hold' : 'ok')
  const { context, ended, state } = begin(batchOf([record(0n, 'a'), record(1n, 'a'), record(2n, 'b')]))
  await settle()
  round.close()
  deliverer.letGo('a#0')
  await ended
  assert.equal(state.error, undefined)
  assert.deepEqual(deliverer.delivered, ['b#2', 'a#0', 'a#1'])
  assert.deepEqual(context.committed, [3n])
})

test('a lost partition is left within a tick', async () => {
  const { begin, deliverer, clock } = setUp()
  deliverer.answer = () => 'fail'
  const { context, ended, state } = begin(batchOf([record(0n, 'a')]))
  await settle()
  context.active = false
  await clock.advance(500)
  await ended
  assert.equal(state.error, undefined)
  assert.equal(deliverer.requests.length > 0, true)
})

test('records without a key keep their order among themselves', async () => {
  const { begin, deliverer, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'null#0' && deliverer.requests.length < 3 ? 'fail' : 'ok')
  const { ended } = begin(batchOf([record(0n, null), record(1n, null), record(2n, '')]))
  await clock.advance(1_000)
  await ended
  assert.deepEqual(deliverer.delivered, ['#2', 'null#0', 'null#1'])
})

test('says how far behind it is and how long the oldest record has waited', async () => {
  const { begin, deliverer, clock, telemetry } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  const { ended } = begin({ ...batchOf([record(0n, 'a'), record(1n, 'b')]), highWatermark: 9n })
  await clock.advance(60_000)
  assert.equal(telemetry.values.get('registry_relay_bridge_lag_records billing events 0'), 8)
  assert.equal(telemetry.values.get('registry_relay_bridge_oldest_undelivered_seconds billing events 0'), 60)
  deliverer.letGo('b#1')
  await ended
  assert.equal(telemetry.values.get('registry_relay_bridge_lag_records billing events 0'), 7)
  assert.equal(telemetry.values.get('registry_relay_bridge_oldest_undelivered_seconds billing events 0'), 0)
})
