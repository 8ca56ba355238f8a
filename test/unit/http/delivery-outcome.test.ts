import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  deliveryFailed,
  outcomeOfAnswer,
  outcomeOfError,
  readRetryAfter,
} from '../../../src/http/delivery-outcome.ts'

const now = Date.parse('2026-05-06T07:08:09Z')
const answer = (status: number, retryAfter?: string) =>
  outcomeOfAnswer({ status, retryAfter, receivedAt: now, maxRetryAfterMs: 60_000 })

test('every 2xx is delivered, and nothing else is', () => {
  for (let status = 100; status < 1_000; status++) {
    assert.equal(answer(status).kind, status >= 200 && status < 300 ? 'delivered' : 'failed', String(status))
  }
})

test('a wrong credential is tried again: it is a fault of the configuration, not of the event', () => {
  assert.deepEqual(answer(401), { kind: 'failed', status: 401, reason: 'status 401' })
})

for (const [value, expected] of [
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['999999999', 60_000],
  ['9'.repeat(1_000), 60_000],
  ['Wed, 06 May 2026 07:08:39 GMT', 30_000],
  ['Wednesday, 06-May-26 07:08:39 GMT', 30_000],
  ['Wed May  6 07:08:39 2026 GMT', 30_000],
  ['Wed, 06 May 2020 07:08:39 GMT', 0],
  ['Wed, 06 May 2999 07:08:39 GMT', 60_000],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
] as const) {
  test(`Retry-After ${JSON.stringify(value.slice(0, 40))} means ${expected} ms`, () => {
    assert.equal(readRetryAfter(value, now, 60_000), expected)
  })
}

test('no Retry-After leads out of the bounds', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const ms = readRetryAfter(value, now, 60_000)
      assert.ok(ms === undefined || (ms >= 0 && ms <= 60_000))
    }),
  )
})

test('the pause an endpoint asks for comes with the outcome', () => {
  assert.deepEqual(answer(503, '2'), {
    kind: 'failed',
    status: 503,
    reason: 'status 503',
    retryAfterMs: 2_000,
  })
})

test('an error is named by its code, else by its name', () => {
  assert.equal(outcomeOfError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).reason, 'ECONNREFUSED')
  assert.equal(outcomeOfError(new TypeError('x')).reason, 'TypeError')
  assert.equal(outcomeOfError(undefined).reason, 'unknown')
})

test('the error of an attempt says what came as a sentence and as facts', () => {
  const error = deliveryFailed('http://hook.test', {
    kind: 'failed',
    status: 503,
    reason: 'status 503',
    retryAfterMs: 1,
  })
  assert.equal(error.message, 'http://hook.test answered 503')
  assert.deepEqual(error.facts, {
    origin: 'http://hook.test',
    status: 503,
    reason: 'status 503',
    retryAfterMs: 1,
  })
  assert.equal(error.retriable, true)
})
