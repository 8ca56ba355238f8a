import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestOf } from '../../../src/config/nearest.ts'

for (const [text, known, nearest] of [
  ['max-retries', ['maxRetriesMs', 'maxretries'], 'maxretries'],
  ['timeout', ['timeouts', 'timeoutMs'], 'timeoutMs'],
  ['timeot', ['timeoutMs', 'timeouts', 'time'], 'timeouts'],
  ['backof', ['name', 'backoff'], 'backoff'],
  ['psuh', ['pull', 'push'], 'push'],
  ['rep', ['only', 'repositories'], 'repositories'],
  ['concurrencyLimit', ['name', 'concurrency'], 'concurrency'],
] as const) {
  test(`among ${known.join(', ')} the nearest to ${text} is ${nearest}`, () => {
    assert.equal(nearestOf(text, known), nearest)
  })
}

for (const [text, known] of [
  ['colour', ['level', 'format']],
  ['x', ['url', 'by']],
  ['no', ['on', 'url']],
  ['', ['a', 'name']],
  ['backoffs', []],
] as const) {
  test(`nothing among ${JSON.stringify(known)} is near to ${JSON.stringify(text)}`, () => {
    assert.equal(nearestOf(text, known), undefined)
  })
}
