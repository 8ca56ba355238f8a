import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goTimestamp } from '../../../src/event/go-timestamp.ts'
import { createEvent } from '../../../src/listener/create-event.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const at = (text: string): string | undefined =>
  createEvent('push', { clock: new ManualClock(Date.parse(text)) }).timestamp

test('the timestamp is UTC, with no more digits than it needs', () => {
  assert.equal(at('2026-11-25T20:00:00.000Z'), '2026-11-25T20:00:00Z')
  assert.equal(at('2026-11-25T20:00:10.500Z'), '2026-11-25T20:00:10.5Z')
  assert.equal(at('2026-11-25T20:00:10.120Z'), '2026-11-25T20:00:10.12Z')
  assert.equal(at('2026-11-25T20:00:10.007Z'), '2026-11-25T20:00:10.007Z')
})

test('every timestamp is as Go would print it', () => {
  for (let ms = 0; ms < 1000; ms++) {
    const text = createEvent('pull', { clock: new ManualClock(1_700_000_000_000 + ms) }).timestamp ?? ''
    assert.equal(goTimestamp(text, false), text)
  }
})

test('every event has an id of its own, a UUID unless the caller makes the ids', () => {
  const [a, b] = [createEvent('push'), createEvent('push')]
  assert.match(a.id ?? '', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.notEqual(a.id, b.id)
  assert.deepEqual(createEvent('mount', { newId: () => 'mine', clock: new ManualClock(0) }), {
    id: 'mine',
    timestamp: '1970-01-01T00:00:00Z',
    action: 'mount',
  })
})
