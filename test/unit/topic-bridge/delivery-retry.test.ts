import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRelayError } from '../../../src/errors.ts'
import { deliveryRetry, retryDelay, slowDelay } from '../../../src/topic-bridge/delivery-retry.ts'

const most = 1 - 2 ** -53
const defaults = deliveryRetry()

test('the ceiling doubles from the first to the longest wait', () => {
  const ceilings = [1, 2, 3, 8, 9, 50].map((attempt) => retryDelay(attempt, defaults, () => most) + 1)
  assert.deepEqual(ceilings, [200, 400, 800, 25_600, 30_000, 30_000])
})

test('the jitter reaches down to a millisecond, and never to no wait at all', () => {
  const waits = [defaults, { firstMs: 0.5, maxMs: 0.5 }].map((given) => retryDelay(20, given, () => 0))
  assert.deepEqual(waits, [1, 1])
})

test('no number of attempts makes it overflow, and the wait is an integer within the longest', () => {
  const waits = fc.record({ firstMs: fc.nat(100_000), maxMs: fc.nat(10_000_000) })
  const attempt = fc.oneof(fc.nat(100), fc.integer({ min: 1_000, max: Number.MAX_SAFE_INTEGER }))
  const random = fc.double({ min: 0, max: most, noNaN: true })
  fc.assert(
    fc.property(attempt, waits, random, (attempts, given, chance) => {
      const wait = retryDelay(attempts, given, () => chance)
      assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= Math.max(1, given.maxMs), String(wait))
    }),
  )
})

test('of a slow wait one half is certain', () => {
  const waits = [0, 0.5, 0.999].map((chance) => slowDelay(defaults, () => chance))
  assert.deepEqual(waits, [30_000, 45_000, 59_970])
})

test('nothing is given up unless told so', () => {
  assert.deepEqual([defaults.maxAttempts, defaults.maxAgeMs], [undefined, undefined])
  assert.deepEqual(deliveryRetry({ maxAttempts: 3, firstMs: 5 }), { ...defaults, maxAttempts: 3, firstMs: 5 })
})

for (const option of ['firstMs', 'maxMs', 'slowMs', 'maxAttempts', 'maxAgeMs']) {
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`refuses ${option} ${value}`, () => {
      assert.throws(
        () => deliveryRetry({ [option]: value }),
        (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(`retry.${option}:`),
      )
    })
  }
}
