import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultBackoff, retryDelay } from '../../../src/topic-bridge/retry-backoff.ts'

const most = 1 - 2 ** -53

test('the ceiling doubles from the base to the cap', () => {
  const ceilings = [1, 2, 3, 8, 9, 50].map((attempt) => retryDelay(attempt, defaultBackoff, () => most) + 1)
  assert.deepEqual(ceilings, [200, 400, 800, 25_600, 30_000, 30_000])
})

test('the jitter reaches down to no wait at all', () => {
  assert.equal(
    retryDelay(20, defaultBackoff, () => 0),
    0,
  )
})

test('no number of attempts makes it overflow, and the wait is an integer within the cap', () => {
  const backoff = fc.record({ baseMs: fc.nat(100_000), capMs: fc.nat(10_000_000) })
  const attempt = fc.oneof(fc.nat(100), fc.integer({ min: 1_000, max: Number.MAX_SAFE_INTEGER }))
  const random = fc.double({ min: 0, max: most, noNaN: true })
  fc.assert(
    fc.property(attempt, backoff, random, (attempts, given, chance) => {
      const wait = retryDelay(attempts, given, () => chance)
      assert.ok(Number.isInteger(wait) && wait >= 0 && wait <= given.capMs, String(wait))
    }),
  )
})
