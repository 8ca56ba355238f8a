import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { withAttempts } from '../../../src/operations/dead-letters-attempts.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

const random = (): number => 0.5

function failing(error: Error): { readonly seen: number[]; attempt(number: number): Promise<void> } {
  const seen: number[] = []
  return {
    seen,
    async attempt(number) {
      seen.push(number)
      throw error
    },
  }
}

test('what may pass is tried three times, with growing waits', async () => {
  const clock = new ManualClock()
  const { seen, attempt } = failing(new RelayError('DELIVERY_FAILED', '503'))
  const ended = assert.rejects(withAttempts(attempt, { clock, random }), /503/)
  await clock.advance(249)
  assert.deepEqual(seen, [1])
  await clock.advance(1)
  assert.deepEqual(seen, [1, 2])
  await clock.advance(500)
  await ended
  assert.deepEqual(seen, [1, 2, 3])
})

test('the pause that was asked for is kept, up to half a minute', async () => {
  const clock = new ManualClock()
  const error = new RelayError('DELIVERY_FAILED', '429', { facts: { retryAfterMs: 3_600_000 } })
  const { seen, attempt } = failing(error)
  const ended = assert.rejects(withAttempts(attempt, { clock, random }))
  await clock.advance(29_999)
  assert.deepEqual(seen, [1])
  await clock.advance(30_001)
  await ended
})

test('what is refused, set up wrongly or a defect is not tried again, nor anything after a stop', async () => {
  const clock = new ManualClock()
  const refused = new RelayError('DELIVERY_REFUSED', '422')
  const misconfigured = new RelayError('ENDPOINT_MISCONFIGURED', '401')
  for (const error of [refused, misconfigured, new TypeError('x is not a function')]) {
    const { seen, attempt } = failing(error)
    await assert.rejects(withAttempts(attempt, { clock, random }), (thrown) => thrown === error)
    assert.deepEqual(seen, [1])
  }
  const stopped = failing(new RelayError('DELIVERY_FAILED', '503'))
  const signal = AbortSignal.abort(new Error('SIGINT'))
  await assert.rejects(withAttempts(stopped.attempt, { clock, random, signal }), /503/)
  assert.deepEqual(stopped.seen, [1])
})
