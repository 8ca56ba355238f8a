import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRelayError } from '../../../src/errors.ts'
import { Breaker } from '../../../src/sink/breaker.ts'
import { Exponential } from '../../../src/sink/exponential.ts'
import type { FailedAttempt } from '../../../src/sink/retry-strategy.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { range } from './sink-bed.ts'

const failed = (attempts = 1, ageMs = 0): FailedAttempt => ({ error: new Error('no'), attempts, ageMs })

test('the breaker waits only what is left of the backoff since the last failure', async () => {
  const clock = new ManualClock()
  const breaker = new Breaker({ clock, threshold: 2, backoffMs: 1_000 })
  assert.equal(breaker.proceed(), 0)
  breaker.failure(failed())
  assert.equal(breaker.proceed(), 0)
  breaker.failure(failed())
  assert.equal(breaker.proceed(), 1_000)
  await clock.advance(900)
  assert.equal(breaker.proceed(), 100)
  await clock.advance(5_000)
  assert.equal(breaker.proceed(), 0)
  breaker.success()
  breaker.failure(failed())
  assert.equal(breaker.proceed(), 0)
})

test('by default the breaker has the threshold and the backoff of a registry, and never gives up', () => {
  const breaker = new Breaker({ clock: new ManualClock() })
  for (const n of range(1, 10)) assert.equal(breaker.failure(failed(n)), 'retry')
  assert.equal(breaker.proceed(), 0)
  assert.equal(breaker.failure(failed(10, 1e12)), 'retry')
  assert.equal(breaker.proceed(), 1_000)
})

test('exponential backoff waits within its bound: none at first, doubling, then at its maximum, none after a success', () => {
  const strategy = new Exponential({ random: seededRandom(7) })
  assert.equal(strategy.proceed(), 0)
  for (const [n, bound] of [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000].entries()) {
    assert.equal(strategy.failure(failed(n + 1)), 'retry')
    const waits = range(0, 1_000).map(() => strategy.proceed())
    assert.ok(
      waits.every((ms) => ms >= 0 && ms < bound),
      `after ${n + 1} failures`,
    )
    assert.ok(Math.max(...waits) > bound * 0.9 && Math.min(...waits) < bound * 0.1, 'the jitter is full')
  }
  strategy.success()
  assert.equal(strategy.proceed(), 0)
})

for (const failures of [60, 2_000]) {
  test(`after ${failures} failures in a row the backoff is still its maximum`, () => {
    const strategy = new Exponential({ random: () => 0.999, baseMs: 1_000, maxMs: 20_000 })
    for (let n = 1; n <= failures; n++) strategy.failure(failed(n))
    assert.equal(strategy.proceed(), 19_980)
  })
}

test('whatever the numbers, a wait is a number from 0 up to the bound, and bounds never fall', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
      fc.double({ min: 1, max: 1e10, noNaN: true }),
      fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
      fc.integer({ min: 1, max: 3_000 }),
      (baseMs, factor, maxMs, failures) => {
        const strategy = new Exponential({ baseMs, factor, maxMs, random: () => 1 })
        let last = 0
        for (let n = 1; n <= failures; n++) {
          strategy.failure(failed(n))
          const ms = strategy.proceed()
          assert.ok(ms >= last && ms <= maxMs, `${ms} after ${n} failures`)
          last = ms
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('with a jitter of 0.5 to 1.5 and a factor of 1.5 the intervals are those of the GitLab registry', () => {
  const bounds: [number, number][] = [
    [250, 750],
    [375, 1_125],
    [562.5, 1_687.5],
  ]
  for (const random of [() => 0, () => 0.999_999]) {
    const strategy = new Exponential({ baseMs: 500, factor: 1.5, maxMs: 60_000, jitter: [0.5, 1.5], random })
    for (const [n, [from, to]] of bounds.entries()) {
      strategy.failure(failed(n + 1))
      const ms = strategy.proceed()
      assert.ok(Math.abs(ms - (random() === 0 ? from : to)) < 0.01, `${ms} after ${n + 1}`)
    }
  }
})

test('a write is given up after the attempts or the age allowed, and the next one begins without a wait', () => {
  for (const last of [failed(3, 10), failed(1, 5_000)]) {
    const strategy = new Exponential({ maxAttempts: 3, maxAgeMs: 5_000, random: () => 1 })
    assert.equal(strategy.failure(failed(1, 0)), 'retry')
    assert.equal(strategy.failure(failed(2, 4_999)), 'retry')
    assert.equal(strategy.failure(last), 'give-up')
    assert.equal(strategy.proceed(), 0)
    strategy.failure(failed(1))
    assert.equal(strategy.proceed(), 1_000)
  }
})

test('an option that makes no sense is refused by name', () => {
  for (const options of [
    { baseMs: 0 },
    { factor: 0.5 },
    { factor: Number.NaN },
    { maxMs: -1 },
    { jitter: [1, 0] as const },
    { jitter: [0, 0] as const },
    { maxAttempts: 0 },
    { maxAgeMs: 0 },
  ]) {
    const [name] = Object.keys(options) as [string]
    assert.throws(
      () => new Exponential(options),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(name),
    )
  }
  for (const options of [{ threshold: 0 }, { backoffMs: -1 }]) {
    assert.throws(
      () => new Breaker(options),
      (error) => isRelayError(error, 'CONFIG_INVALID'),
    )
  }
})
