import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { Refusals } from '../../../src/operations/replay-refusals.ts'

test('all are counted and the first twenty are kept, by their place and reason', async () => {
  const refusals = new Refusals()
  for (let at = 0; at < 25; at++) {
    await refusals.write({ topic: 'events', partition: 1, offset: BigInt(at) } as ConsumedRecord, {
      code: 'RECORD_UNDECODABLE',
      message: `reason ${at}`,
      stage: 'decode',
      attempts: 1,
      firstFailureAt: 0,
      lastFailureAt: 0,
    })
  }
  assert.equal(refusals.count, 25)
  assert.equal(refusals.first.length, 20)
  assert.deepEqual(refusals.first.at(-1), {
    record: 'events-1@19',
    code: 'RECORD_UNDECODABLE',
    reason: 'reason 19',
  })
})
