import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowRun } from './slow-run.ts'

test('answers honest senders within their second beside two thousand slow ones, and drops those by the deadline', async (t) => {
  const report = await slowRun(t, {
    sockets: 2_000,
    // The defaults, divided by about four.
    limits: { headersTimeoutMs: 2_500, requestTimeoutMs: 4_000, checkIntervalMs: 500, bodyGraceMs: 1_500 },
    byteEveryMs: 1_000,
    droppedWithinMs: 30_000,
  })
  t.diagnostic(JSON.stringify(report))
  assert.deepEqual(report.violations, [])
  assert.ok(report.answered >= 20, `only ${report.answered} honest posts`)
  assert.deepEqual(Object.keys(report.told), ['HTTP/1.1 408 Request Timeout'])
})
