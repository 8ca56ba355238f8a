import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawRun } from './raw-run.ts'

test('takes no event out of the body of another request, answers by the letter, and closes every connection', async (t) => {
  const { violations, state, ...numbers } = await rawRun(t, { seed: 77, streams: 2_000 })
  t.diagnostic(JSON.stringify(numbers))
  assert.deepEqual(violations, [])
  assert.deepEqual(state.changedPrototypes, [])
  for (const status of [200, 400, 404, 405, 408, 417, 431]) {
    assert.ok((numbers.answers[status] ?? 0) >= 5, `hardly an answer was ${status}`)
  }
  assert.ok(numbers.due > 100, `only ${numbers.due} requests that had to be taken`)
})
