import assert from 'node:assert/strict'
import { test } from 'node:test'
import { momentText, parseMoment } from '../../../src/operations/replay-moment.ts'

const now = Date.parse('2026-11-26T10:00:00Z')

test('a time ago counts from now', () => {
  for (const [text, expected] of [
    ['90s', '2026-11-26T09:58:30.000Z'],
    ['15m', '2026-11-26T09:45:00.000Z'],
    ['2h', '2026-11-26T08:00:00.000Z'],
    ['7d', '2026-11-19T10:00:00.000Z'],
  ] as const) {
    const moment = parseMoment(text, now)
    assert.equal(moment && momentText(moment), expected)
  }
})

test('a time with its zone is that time, and the ends of the topic have names', () => {
  assert.deepEqual(parseMoment('2026-11-26T11:00+01:00', now), { kind: 'time', ms: now })
  assert.deepEqual(parseMoment('2026-11-26T10:00:00.000Z', now), { kind: 'time', ms: now })
  assert.deepEqual(parseMoment('earliest', now), { kind: 'earliest' })
  assert.deepEqual(parseMoment('beginning', now), { kind: 'earliest' })
  assert.deepEqual(parseMoment('latest', now), { kind: 'latest' })
  assert.deepEqual(parseMoment('now', now), { kind: 'latest' })
})

test('a time without a zone, a date without a time, and what is neither, are no moments', () => {
  for (const text of [
    '',
    '2026-11-26',
    '2026-11-26T10:00:00',
    '2026-13-01T00:00Z',
    '2 h',
    '-2h',
    '1.5h',
    'toString',
    '17',
  ]) {
    assert.equal(parseMoment(text, now), undefined, text)
  }
})
