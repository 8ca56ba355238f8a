import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed, watch } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

/** Partition 0 has no leader and is written to until no more is taken of it. */
async function deadPartition(t: TestContext, overBudget: 'wait' | 'reject'): Promise<PublisherBed> {
  const bed = await PublisherBed.started(t, { budgetRecords: 100, overBudget })
  bed.broker.leaders.delete(0)
  bed.broker.announce()
  for (let n = 0; n < 200; n++) bed.write(0, `dead-${n}`).catch(() => {})
  await settle()
  return bed
}

test('a partition without leader leaves room for the others, and what waits for it waits in order', async (t) => {
  const bed = await deadPartition(t, 'wait')
  assert.equal(bed.publisher.pending.records, 51)
  for (let n = 0; n < 100; n++) await bed.write(1 + (n % 2), `alive-${n}`)
  assert.ok(bed.telemetry.value('over_budget_total partition') > 0)
  bed.broker.leaders.set(0, 2)
  await bed.clock.advance(5_000)
  assert.deepEqual(
    bed.broker.log(0),
    Array.from({ length: 200 }, (_, n) => `dead-${n}`),
  )
  assert.deepEqual(bed.publisher.pending, { records: 0, bytes: 0, oldestMs: 0 })
})

test('where writes are rejected, only those to a partition that takes nothing are', async (t) => {
  const bed = await deadPartition(t, 'reject')
  await assert.rejects(bed.write(0, 'one more'), (error) => {
    assert.ok(isRelayError(error, 'OVER_BUDGET'))
    assert.match(error.message, /51 of them for partition 0, which has to leave room/)
    assert.deepEqual(error.facts['lack'], { of: 'partition', partition: 0, records: 51 })
    return true
  })
  await bed.write(1, 'alive')
})

test('a broker that answers nothing stops only what it leads, however much is written to it', async (t) => {
  const bed = await PublisherBed.started(t, { partitions: 3, leaderOf: (p) => p % 2, budgetRecords: 100 })
  bed.broker.hold = true
  for (let n = 0; n < 150; n++) for (const partition of [0, 2]) bed.write(partition, 'x').catch(() => {})
  await settle()
  for (let n = 0; n < 20; n++) {
    const write = watch(bed.write(1, `alive-${n}`))
    await settle()
    for (const request of bed.broker.open.filter(({ broker }) => broker === 1)) request.confirm()
    await settle()
    assert.equal(write.state, 'resolved', `write ${n}`)
  }
})

test('a partition whose batches always fail costs its neighbours every second request and no more', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 100 })
  bed.broker.onProduce = ({ batches }) => {
    if (batches.some(({ partition }) => partition === 0)) throw protocolError('NOT_ENOUGH_REPLICAS', 19)
  }
  for (let n = 0; n < 100; n++) bed.write(0, `sick-${n}`).catch(() => {})
  await settle()
  for (let n = 0; n < 50; n++) {
    // Long enough for the sick one to be due again each time.
    await bed.clock.advance(1_000)
    const before = bed.broker.requests.length
    await bed.write(1, `alive-${n}`)
    assert.ok(bed.broker.requests.length - before <= 2, `write ${n}`)
  }
  assert.ok(bed.broker.requests.length > 90, 'the sick one was left alone')
})

test('the oldest record is the oldest also where it waits for room, and so is its age', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 1, staleMs: 5_000 })
  bed.broker.hold = true
  const first = bed.write(0, 'a')
  await settle()
  await bed.clock.advance(1_000)
  const inLine = bed.write(0, 'b')
  await bed.clock.advance(1_000)
  assert.equal(bed.telemetry.value('waiting_writes'), 1)
  bed.broker.open[0]?.confirm()
  await first
  await settle()
  await bed.clock.advance(5_000)
  assert.equal(bed.publisher.pending.oldestMs, 6_000, 'counted from when it got its room')
  assert.ok(bed.telemetry.value('oldest_unconfirmed_seconds') >= 5)
  assert.match(bed.publisher.readiness().reason ?? '', /waited for 6 s/)
  bed.broker.open[0]?.confirm()
  await inLine
})
