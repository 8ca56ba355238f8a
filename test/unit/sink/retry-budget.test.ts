import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { Exponential } from '../../../src/sink/exponential.ts'
import { BudgetedRetry, RetryBudget } from '../../../src/sink/retry-budget.ts'
import type { FailedAttempt, RetryStrategy } from '../../../src/sink/retry-strategy.ts'
import { RetryingSink } from '../../../src/sink/retrying-sink.ts'
import { FlakySink } from '../../../src/testing/flaky-sink.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { range, watch } from './sink-bed.ts'

const failed: FailedAttempt = { error: new Error('no'), attempts: 1, ageMs: 0 }
const eager = (): RetryStrategy => ({ proceed: () => 0, failure: () => 'retry', success: () => {} })

test('successes pay for retries, up to what can be saved', async () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, ratio: 0.5, perSecond: 1, capacity: 2 })
  assert.deepEqual([budget.withdraw(), budget.withdraw(), budget.withdraw()], [true, true, false])
  budget.deposit()
  assert.equal(budget.withdraw(), false)
  budget.deposit()
  assert.equal(budget.withdraw(), true)
  for (const _ of range(0, 100)) budget.deposit()
  assert.equal(budget.balance, 2)
  await clock.advance(60_000)
  assert.equal(budget.balance, 2)
})

test('when nothing succeeds there are still the free retries per second', async () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, perSecond: 2, capacity: 1 })
  assert.equal(budget.withdraw(), true)
  assert.equal(budget.withdraw(), false)
  await clock.advance(500)
  assert.equal(budget.withdraw(), true)
})

test('retries that are reserved get their times one after another', async () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, perSecond: 2, capacity: 1 })
  assert.deepEqual([budget.reserve(), budget.reserve(), budget.reserve()], [0, 500, 1_000])
  await clock.advance(1_000)
  assert.equal(budget.balance, 0)
})

test('a budgeted strategy waits for the pay of a retry, or for its own wait if that is longer', async () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, perSecond: 1, capacity: 1 })
  const strategy = new BudgetedRetry(new Exponential({ random: () => 1, baseMs: 200 }), budget, { clock })
  assert.equal(strategy.proceed(), 0)
  assert.equal(strategy.failure(failed), 'retry')
  assert.equal(strategy.proceed(), 200)
  await clock.advance(200)
  assert.equal(strategy.failure(failed), 'retry')
  assert.equal(strategy.proceed(), 800)
  await clock.advance(700)
  assert.equal(strategy.proceed(), 400, 'of the 400 ms of its own')
  strategy.success()
  assert.equal(strategy.proceed(), 0)
})

test('a budgeted strategy that is not to wait gives up when the budget is spent', () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, capacity: 1 })
  const strategy = new BudgetedRetry(eager(), budget, { clock, whenSpent: 'give-up' })
  assert.equal(strategy.failure(failed), 'retry')
  assert.equal(strategy.failure(failed), 'give-up')
})

test('what its own strategy gives up costs nothing', () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, capacity: 1 })
  const strategy = new BudgetedRetry(new Exponential({ maxAttempts: 1 }), budget, { clock })
  assert.equal(strategy.failure(failed), 'give-up')
  assert.equal(budget.balance, 1)
})

test('sinks that share a budget in an outage together retry no more than it allows', async () => {
  const clock = new ManualClock()
  const budget = new RetryBudget({ clock, perSecond: 10, capacity: 10 })
  const flaky = range(0, 20).map(() => new FlakySink(new RecordingSink<number>({ clock }), { errorRate: 1 }))
  const sinks = flaky.map((dead) => {
    const strategy = new BudgetedRetry(eager(), budget, { clock })
    return new RetryingSink(dead, { clock, strategy })
  })
  const written = sinks.map((sink) => watch(sink.write([1])))
  await clock.advance(10_000)
  const retries = flaky.reduce((sum, { attempts }) => sum + attempts - 1, 0)
  assert.ok(retries >= 90 && retries <= 110, `${retries} retries in ten seconds`)
  for (const sink of flaky) sink.errorRate = 0
  await clock.advance(60_000)
  assert.ok(written.every(({ state }) => state === 'resolved'))
})

test('an option that makes no sense is refused by name', () => {
  for (const options of [{ ratio: 0 }, { perSecond: 0 }, { capacity: Number.NaN }]) {
    const [name] = Object.keys(options) as [string]
    assert.throws(
      () => new RetryBudget(options),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(name),
    )
  }
})
