import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoTime, timeText } from '../../../src/cli/time-text.ts'

test('programs get the time with its milliseconds, people to the second', () => {
  assert.equal(isoTime(1_700_000_003_004), '2023-11-14T22:13:23.004Z')
  assert.equal(timeText(1_700_000_003_004), '2023-11-14T22:13:23Z')
})

test('a number that is no time, as a record may have one, is told as none', () => {
  for (const at of [undefined, Number.NaN, Number.MAX_VALUE, -8_640_000_000_000_001]) {
    assert.deepEqual([isoTime(at), timeText(at)], [undefined, '-'])
  }
})
