import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, RelayError } from '../../../src/errors.ts'
import { deliveryRetry } from '../../../src/topic-bridge/delivery-retry.ts'
import { givenUp, noteFailure } from '../../../src/topic-bridge/giving-up.ts'
import type { RecordHistory } from '../../../src/topic-bridge/record-history.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { record } from './bridge-support.ts'

const receivedAt = record(0n, 'a').timestamp

function setUp(retry: Parameters<typeof deliveryRetry>[0] = {}) {
  const clock = new ManualClock(receivedAt)
  const history: RecordHistory = { attempts: 1, failures: 0, begunAt: 0 }
  const rules = { retry: deliveryRetry(retry), unknownSchemaMs: 900_000, clock }
  const ask = (error: Error, stage: 'decode' | 'deliver' = 'deliver') =>
    givenUp(error, stage, record(0n, 'a'), history, rules)
  const fail = (code: ErrorCode, status?: number) => {
    const error = new RelayError(code, 'no', { facts: status === undefined ? {} : { status } })
    noteFailure(history, error, clock)
    return ask(error)
  }
  return { clock, history, ask, fail }
}

for (const code of ['DELIVERY_REFUSED', 'EVENT_INVALID'] as const) {
  test(`${code} is about the event: it is given up at once`, () => {
    const { fail } = setUp()
    assert.deepEqual(fail(code, 422), {
      code,
      message: 'no',
      stage: 'deliver',
      attempts: 1,
      firstFailureAt: receivedAt,
      lastFailureAt: receivedAt,
      lastStatus: 422,
    })
  })
}

for (const code of ['DELIVERY_FAILED', 'ENDPOINT_MISCONFIGURED', 'ENDPOINT_GONE', 'SINK_CLOSED'] as const) {
  test(`${code} says nothing about the event: it is never given up by itself`, async () => {
    const { fail, clock } = setUp()
    for (let n = 0; n < 100; n++) {
      await clock.advance(86_400_000)
      assert.equal(fail(code), undefined)
    }
  })
}

test('an error of somebody else is tried again, whatever the limits say', async () => {
  const { ask, history, clock } = setUp({ maxAttempts: 1, maxAgeMs: 1 })
  history.failures = 9
  await clock.advance(1_000)
  assert.equal(ask(new Error('bug')), undefined)
})

test('the limit of attempts counts those that failed, and not a set-up that is wrong', () => {
  const { fail, history } = setUp({ maxAttempts: 2 })
  for (let n = 0; n < 50; n++) assert.equal(fail('ENDPOINT_MISCONFIGURED', 401), undefined)
  assert.equal(fail('DELIVERY_FAILED', 503), undefined)
  assert.equal(fail('ENDPOINT_MISCONFIGURED', 401), undefined)
  history.attempts = 53
  const reason = fail('DELIVERY_FAILED', 500)
  assert.deepEqual(
    [reason?.code, reason?.message, reason?.attempts, reason?.lastStatus],
    ['DELIVERY_FAILED', 'given up after 2 failures: no', 53, 500],
  )
})

test('the limit of age counts from when the event was received, for a failure of any kind to deliver', async () => {
  for (const code of ['DELIVERY_FAILED', 'ENDPOINT_MISCONFIGURED'] as const) {
    const { fail, clock } = setUp({ maxAgeMs: 60_000 })
    await clock.advance(59_999)
    assert.equal(fail(code), undefined)
    await clock.advance(1)
    assert.equal(fail(code)?.message, 'given up 60000 ms after it was received: no')
  }
})

test('the limits are not for what cannot be decoded yet', async () => {
  const { ask, history, clock } = setUp({ maxAttempts: 1, maxAgeMs: 1 })
  history.failures = 5
  await clock.advance(3_600_000)
  assert.equal(ask(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'down'), 'decode'), undefined)
})

test('an endpoint that is gone loses nothing by the limits', async () => {
  const { fail, history, clock } = setUp({ maxAttempts: 1, maxAgeMs: 1 })
  history.failures = 5
  await clock.advance(3_600_000)
  assert.equal(fail('ENDPOINT_GONE'), undefined)
})

test('a schema that is not known is waited for since the first attempt, by the clock that never jumps', async () => {
  const { ask, history, clock } = setUp()
  const unknown = new RelayError('SCHEMA_UNKNOWN', 'no schema 7')
  await clock.advance(5_000_000)
  history.begunAt = clock.monotonic()
  await clock.advance(899_999)
  assert.equal(ask(unknown, 'decode'), undefined)
  await clock.advance(1)
  assert.deepEqual(
    [ask(unknown, 'decode')?.code, ask(unknown, 'decode')?.stage],
    ['SCHEMA_UNKNOWN', 'decode'],
  )
})

test('the history keeps the first and the last failure, and the last answer if it was one', async () => {
  const { fail, history, clock } = setUp()
  fail('DELIVERY_FAILED', 503)
  await clock.advance(1_000)
  fail('ENDPOINT_MISCONFIGURED', 401)
  assert.deepEqual(history, {
    attempts: 1,
    failures: 1,
    begunAt: 0,
    firstFailureAt: receivedAt,
    lastFailureAt: receivedAt + 1_000,
    lastStatus: 401,
  })
  fail('DELIVERY_FAILED')
  assert.equal(history.lastStatus, undefined)
})
