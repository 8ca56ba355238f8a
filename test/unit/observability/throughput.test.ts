import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historySteps, stepSeconds, Throughput } from '../../../src/observability/throughput.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** `perSecond` for each second, one after the other. */
async function counted(
  throughput: Throughput,
  clock: ManualClock,
  perSecond: readonly number[],
  from = 0,
): Promise<number> {
  let total = from
  for (const n of perSecond) {
    await clock.advance(1_000)
    total += n
    throughput.sampled(total)
  }
  return total
}

test('is 0 before anything is known', () => {
  assert.deepEqual(new Throughput(new ManualClock()).rate, { perSecond: 0, total: 0, history: [] })
})

test('is the mean of the last seconds, however long the look before took', async () => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  throughput.sampled(100)
  await clock.advance(2_500)
  throughput.sampled(110)
  assert.deepEqual(throughput.rate, { perSecond: 4, total: 110, history: [] })
})

test('forgets what was before the last seconds', async () => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  throughput.sampled(0)
  const total = await counted(throughput, clock, [1_000, 1_000])
  await counted(throughput, clock, [0, 0, 0, 0, 0], total)
  assert.equal(throughput.rate.perSecond, 0)
  assert.equal(throughput.rate.total, 2_000)
})

test('keeps a step of history for every five seconds, oldest first', async () => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  throughput.sampled(0)
  await counted(throughput, clock, [10, 10, 10, 10, 10, 0, 0, 0, 0, 5, 7])
  assert.equal(stepSeconds, 5)
  assert.deepEqual(throughput.rate.history, [10, 1])
})

test('keeps five minutes of history and no more', async () => {
  const clock = new ManualClock()
  const throughput = new Throughput(clock)
  throughput.sampled(0)
  const total = await counted(
    throughput,
    clock,
    Array.from({ length: 300 }, () => 1),
  )
  await counted(throughput, clock, [2, 2, 2, 2, 2], total)
  const { history } = throughput.rate
  assert.equal(history.length, historySteps)
  assert.deepEqual(history.slice(-2), [1, 2])
})
