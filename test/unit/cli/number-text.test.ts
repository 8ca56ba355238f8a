import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateText } from '../../../src/cli/number-text.ts'

test('a rate has a fraction as long as that says something', () => {
  assert.deepEqual([0, 0.25, 3.46, 10, 42.4, 1_234.5].map(rateText), [
    '0.0/s',
    '0.3/s',
    '3.5/s',
    '10/s',
    '42/s',
    '1235/s',
  ])
})
