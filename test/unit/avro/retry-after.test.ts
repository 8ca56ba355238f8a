import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRetryAfter } from '../../../src/avro/retry-after.ts'

const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')

test('a pause in seconds or as a date, at most a minute; what is neither is none', () => {
  const cases: readonly (readonly [string | undefined, number | undefined])[] = [
    ['0', 0],
    ['3', 3_000],
    [' 7 ', 7_000],
    ['61', 60_000],
    ['9'.repeat(400), 60_000],
    ['Wed, 21 Oct 2026 07:28:10 GMT', 10_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['Wed, 21 Oct 2099 07:28:00 GMT', 60_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Wed, nonsense', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [value, expected] of cases) assert.equal(readRetryAfter(value, now), expected, value)
})
