import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { DeliverySlots } from '../../../src/topic-bridge/delivery-slots.ts'
import { PartitionRun } from '../../../src/topic-bridge/partition-run.ts'
import { RecordDelivery } from '../../../src/topic-bridge/record-delivery.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import {
  batchOf,
  decode,
  RecordingDeadLetters,
  RecordingTelemetry,
  record,
  ScriptedDeliverer,
  ScriptedPartition,
} from './bridge-support.ts'

function setUp(start = 0n, window = { records: 100, bytes: 10_000 }) {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const deliverer = new ScriptedDeliverer()
  const observer = new BridgeObserver(telemetry, clock, 'billing', 'relay.billing')
  const held = new ScriptedPartition()
  const slots = new DeliverySlots(8)
  const shared = {
    decoder: { decode },
    deliverer,
    deadLetters: new RecordingDeadLetters(),
    backoff: { baseMs: 100, capMs: 1_000 },
    unknownSchemaMs: 900_000,
    clock,
    random: () => 0.5,
    observer,
  }
  const run = new PartitionRun({ topic: 'events', partition: 0 }, start, held, {
    slots,
    clock,
    observer,
    pace: { window, commitIntervalMs: 1_000, drainMs: 5_000 },
    job: (given, onOutcome) => new RecordDelivery(given, shared, onOutcome),
  })
  /** An end that was begun, and whether it is over. */
  const end = (withinMs = 30_000) => {
    const state = { over: false }
    const ended = run.end(withinMs).then(() => {
      state.over = true
    })
    return { state, ended }
  }
  return { run, end, clock, telemetry, deliverer, held, slots }
}

test('commits after the last offset of the fetch when everything is delivered, and then has nothing to look after', async () => {
  const { run, deliverer, held, clock } = setUp(5n)
  run.take(batchOf([record(5n, 'a'), record(7n, 'b')], 12n))
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['a#5', 'b#7'])
  assert.deepEqual([held.committed.at(-1), clock.pending], [12n, 0])
})

test('a commit waits for the interval since the last one, and says the lowest offset without outcome', async () => {
  const { run, deliverer, held, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#3' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  run.take(batchOf([record(1n, 'a'), record(2n, 'a'), record(3n, 'b'), record(4n, 'a')]))
  await clock.advance(999)
  assert.deepEqual(held.committed, [1n])
  await clock.advance(1)
  assert.deepEqual(held.committed, [1n, 3n])
  await clock.advance(60_000)
  assert.deepEqual(held.committed, [1n, 3n])
  deliverer.letGo('b#3')
  await settle()
  assert.deepEqual(held.committed, [1n, 3n, 5n])
})

test('a failing repository holds up nobody else, in later batches either, and nothing is committed past it', async () => {
  const { run, deliverer, held, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await clock.advance(10 * 60_000)
  run.take(batchOf([record(2n, 'b'), record(3n, 'c')]))
  run.take(batchOf([record(4n, 'a')]))
  await clock.advance(60_000)
  assert.deepEqual(deliverer.delivered, ['a#0', 'c#3', 'a#4'])
  assert.deepEqual(held.committed, [1n])
  deliverer.answer = () => 'ok'
  await clock.advance(2_000)
  assert.deepEqual(deliverer.delivered, ['a#0', 'c#3', 'a#4', 'b#1', 'b#2'])
  assert.equal(held.committed.at(-1), 5n)
})

test('reading stops when the window is full of records, and goes on when half of it is free', async () => {
  const { run, deliverer, held, clock } = setUp(0n, { records: 4, bytes: 10_000 })
  deliverer.answer = ({ body }) => (body === 'b#0' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'b'), record(1n, 'a'), record(2n, 'a')]))
  await settle()
  assert.equal(held.paused, false)
  run.take(batchOf([record(3n, 'a')]))
  await settle()
  // Three of the four are delivered, but a crash would repeat them.
  assert.deepEqual([held.paused, deliverer.delivered.length], [true, 3])
  deliverer.answer = () => 'ok'
  await clock.advance(2_000)
  assert.equal(held.paused, false)
})

test('reading stops when the window is full of bytes that wait', async () => {
  const { run, deliverer, held } = setUp(0n, { records: 100, bytes: 30 })
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

test('nothing is begun while the partition may be somebody elses, and it goes on when it is held after all', async () => {
  const { run, deliverer, held, clock } = setUp()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a'), record(1n, 'a')]))
  await settle()
  held.lost = true
  deliverer.letGo('a#0')
  await clock.advance(10_000)
  assert.deepEqual(deliverer.requests.length, 1)
  held.lost = false
  await clock.advance(1_000)
  assert.deepEqual(deliverer.requests.length, 2)
})

test('given back: what is under way may end and is committed, the rest is left', async () => {
  const { run, end, deliverer, held, clock } = setUp()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a'), record(1n, 'b'), record(2n, 'a')]))
  await settle()
  const { state, ended } = end()
  deliverer.letGo('a#0')
  await clock.advance(100)
  assert.equal(state.over, false)
  deliverer.letGo('b#1')
  await ended
  assert.deepEqual([deliverer.delivered, held.committed], [['a#0', 'b#1'], [2n]])
})

test('gaps below what was begun are closed before the partition is given back, so that nothing is repeated', async () => {
  const { run, end, deliverer, held } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#0' || body === 'b#2' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'a'), record(2n, 'b'), record(3n, 'a')]))
  await settle()
  const { ended } = end()
  deliverer.letGo('b#2')
  deliverer.letGo('a#0')
  await ended
  assert.deepEqual(deliverer.delivered, ['b#2', 'a#0', 'a#1'])
  assert.deepEqual(held.committed, [3n])
})

test('given back: what fails is left at once, below it the commit, above it nothing is claimed', async () => {
  const { run, end, deliverer, held, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'a#1' ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'b'), record(1n, 'a'), record(2n, 'b')]))
  await settle()
  await end().ended
  assert.deepEqual([held.committed, clock.monotonic(), clock.pending], [[1n], 0, 0])
})

test('what does not end within the drain time is aborted, and slots and timers are free', async () => {
  const { run, end, deliverer, held, clock, slots, telemetry } = setUp()
  deliverer.answer = () => 'hold'
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state, ended } = end()
  await clock.advance(4_999)
  assert.equal(state.over, false)
  await clock.advance(1)
  await ended
  assert.deepEqual([held.committed, slots.inUse, clock.pending], [[], 0, 0])
  assert.ok(telemetry.lines.some(({ facts }) => facts['unfinished'] === 1))
})

test('a delivery that ignores its abort does not keep the group waiting', async () => {
  const { run, end, deliverer, clock } = setUp()
  deliverer.deliver = () => new Promise(() => {})
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  const { state } = end()
  await clock.advance(6_000)
  assert.equal(state.over, true)
})

test('given back in less time than the drain takes, there is still time for the commit', async () => {
  const { run, end, deliverer, held, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await settle()
  const { state } = end(3_000)
  await clock.advance(2_000)
  assert.deepEqual([state.over, held.committed], [true, [1n]])
})

test('a refused commit is counted and made again, with what is due by then', async () => {
  const { run, held, clock, telemetry } = setUp()
  held.refusal = new Error('REBALANCE_IN_PROGRESS')
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  run.take(batchOf([record(1n, 'a')]))
  held.refusal = undefined
  await clock.advance(999)
  assert.deepEqual(held.committed, [])
  await clock.advance(1)
  assert.deepEqual(held.committed, [2n])
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 1)
})

test('a partition whose reading was stopped is read again after it was given back', async () => {
  const { run, end, deliverer, held } = setUp(0n, { records: 1, bytes: 10_000 })
  deliverer.answer = () => 'fail'
  run.take(batchOf([record(0n, 'a')]))
  await settle()
  assert.equal(held.paused, true)
  await end().ended
  assert.equal(held.paused, false)
})

test('the last commit waits for the one that is open, so that none is written late', async () => {
  const { run, end, deliverer, held } = setUp()
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  let goOn = (): void => {}
  held.delay = () =>
    new Promise((resolve) => {
      goOn = resolve
    })
  run.take(batchOf([record(0n, 'a'), record(1n, 'b')]))
  await settle()
  const { state, ended } = end()
  deliverer.letGo('b#1')
  await settle()
  assert.deepEqual([state.over, held.committed], [false, []])
  held.delay = undefined
  goOn()
  await ended
  assert.deepEqual(held.committed, [1n, 2n])
})

test('records without a key keep their order among themselves', async () => {
  const { run, deliverer, clock } = setUp()
  deliverer.answer = ({ body }) => (body === 'null#0' && deliverer.requests.length < 3 ? 'fail' : 'ok')
  run.take(batchOf([record(0n, null), record(1n, null), record(2n, '')]))
  await clock.advance(1_000)
  assert.deepEqual(deliverer.delivered, ['#2', 'null#0', 'null#1'])
})

test('says how far behind it is and how long the oldest record has waited', async () => {
  const { run, deliverer, clock, telemetry } = setUp()
  const lag = (): number | undefined =>
    telemetry.values.get('registry_relay_bridge_lag_records billing events 0')
  const oldest = (): number | undefined =>
    telemetry.values.get('registry_relay_bridge_oldest_undelivered_seconds billing events 0')
  deliverer.answer = ({ body }) => (body === 'b#1' ? 'hold' : 'ok')
  run.take({ ...batchOf([record(0n, 'a'), record(1n, 'b')]), highWatermark: 9n })
  await clock.advance(60_000)
  assert.deepEqual([lag(), oldest()], [8, 60])
  deliverer.letGo('b#1')
  await clock.advance(1_000)
  assert.deepEqual([lag(), oldest()], [7, 0])
})

test('whatever fails and whenever it ends: a key is in order, and a commit never passes what was not delivered', async () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 })
  const answers = fc.array(fc.constantFrom<'ok' | 'fail'>('ok', 'fail'), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(
      keys,
      answers,
      fc.nat(5_000),
      fc.integer({ min: 1, max: 9 }),
      async (given, script, at, size) => {
        const { run, end, deliverer, held, clock, slots } = setUp(0n, { records: 10, bytes: 10_000 })
        deliverer.answer = () => script.pop() ?? 'ok'
        held.onCommit = (next) => {
          const delivered = new Set(deliverer.delivered)
          given.forEach((key, offset) => {
            assert.ok(offset >= next || delivered.has(`${key}#${offset}`), `${next} passes ${key}#${offset}`)
          })
        }
        const records = given.map((key, offset) => record(BigInt(offset), key))
        for (let from = 0; from < records.length; from += size) {
          run.take(batchOf(records.slice(from, from + size)))
          await clock.advance(at / 10)
        }
        const { ended } = end()
        await clock.advance(10_000)
        await ended
        for (const key of ['a', 'b', 'c']) {
          const order = deliverer.delivered.filter((body) => body.startsWith(key))
          const expected = given.flatMap((one, offset) => (one === key ? [`${one}#${offset}`] : []))
          assert.deepEqual(order, expected.slice(0, order.length))
        }
        assert.deepEqual([slots.inUse, clock.pending], [0, 0])
      },
    ),
    { numRuns: 100 },
  )
})
