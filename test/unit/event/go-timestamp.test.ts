import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goTimestamp } from '../../../src/event/go-timestamp.ts'

const normalised: readonly [text: string, printed: string][] = [
  ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09Z'],
  ['2024-05-06T7:08:09Z', '2024-05-06T07:08:09Z'],
  ['2024-05-06T07:08:09,5Z', '2024-05-06T07:08:09.5Z'],
  ['2024-05-06T07:08:09.120+02:00', '2024-05-06T07:08:09.12+02:00'],
  ['2024-05-06T07:08:09.000Z', '2024-05-06T07:08:09Z'],
  ['2024-05-06T07:08:09.1234567899Z', '2024-05-06T07:08:09.123456789Z'],
  ['2024-05-06T07:08:09.0000000009Z', '2024-05-06T07:08:09Z'],
  ['2024-05-06T07:08:09+00:00', '2024-05-06T07:08:09Z'],
  ['2024-05-06T07:08:09-00:00', '2024-05-06T07:08:09Z'],
  ['2024-05-06T07:08:09-00:30', '2024-05-06T07:08:09-00:30'],
  ['2024-05-06T07:08:09+12:60', '2024-05-06T07:08:09+13:00'],
  ['2024-05-06T07:08:09+24:00', '2024-05-06T07:08:09+24:00'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
  ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00Z'],
]

test('prints a timestamp as Go does after parsing it', () => {
  for (const [text, printed] of normalised) {
    assert.equal(goTimestamp(text, false), printed)
    assert.equal(goTimestamp(text, true), printed)
  }
})

test('what it prints, it prints again', () => {
  for (const [, printed] of normalised) assert.equal(goTimestamp(printed, false), printed)
})

test('refuses what Go refuses', () => {
  for (const text of [
    '',
    '2024-05-06 07:08:09Z',
    '2024-05-06T07:08Z',
    '2024-05-06T07:08:09',
    '2024-05-06T07:08:09.Z',
    '2024-05-06T07:08:09z',
    '2024-05-06T07:08:09+05',
    '2024-05-06T07:08:09Z ',
    '2024-05-06T07:08:60Z',
    '2024-05-06T07:60:00Z',
    '2024-05-06T24:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-04-00T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '24-05-06T07:08:09Z',
  ]) {
    assert.equal(goTimestamp(text, true), undefined, text)
  }
})

test('only Go before 1.20 takes any offset', () => {
  for (const text of [
    '2024-05-06T07:08:09+25:00',
    '2024-05-06T07:08:09+00:61',
    '2024-05-06T07:08:09-99:59',
  ]) {
    assert.equal(goTimestamp(text, false), undefined)
  }
  assert.equal(goTimestamp('2024-05-06T07:08:09-99:59', true), '2024-05-06T07:08:09-99:59')
})
