import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tailJson } from '../../../src/cli/tail-json.ts'
import { RelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf, type profiles } from '../../../src/event/profile.ts'
import { recordOf } from '../operations/tail-bed.ts'

function line(event: Event, profile: (typeof profiles)[number] = 'distribution-3'): string {
  const body = encodeEnvelope([event], profile)
  const content = { event, body, mediaType: mediaTypeOf(profile), schemaId: 1 }
  return tailJson({ record: recordOf({ target: { repository: 'a/b' } }, 'events', 3, 2n ** 60n), content })
}

test('says in one line where the record lies, when it came, and the event in the words of the format', () => {
  const text = line({ id: 'x', action: 'push', target: { repository: 'a/b', tag: 'a "b" \\' } })
  assert.doesNotMatch(text, /\n/)
  const { event, ...facts } = JSON.parse(text)
  assert.deepEqual(facts, {
    topic: 'events',
    partition: 3,
    offset: '1152921504606846976',
    receivedAt: '2023-11-14T22:13:20.000Z',
    key: 'a/b',
    mediaType: 'application/vnd.docker.distribution.events.v2+json',
  })
  assert.equal(event.target.tag, 'a "b" \\')
})

test('keeps the digits of sizes that no number of JavaScript can hold, and members that only GitLab has', () => {
  assert.match(line({ target: { size: 9_007_199_254_740_993n } }), /"size":9007199254740993}/)
  const meta = new Map([['blob', '{"redirected": true}']])
  assert.deepEqual(JSON.parse(line({ meta }, 'gitlab')).event.meta, { blob: { redirected: true } })
})

test('a record that cannot be read has an error in place of the event', () => {
  const record = { ...recordOf({}, 'events', 0, 1n), timestamp: Number.MAX_VALUE, key: null }
  const text = tailJson({ record, content: new RelayError('RECORD_UNDECODABLE', 'no frame') })
  assert.deepEqual(JSON.parse(text), {
    topic: 'events',
    partition: 0,
    offset: '1',
    receivedAt: null,
    key: null,
    error: { code: 'RECORD_UNDECODABLE', message: 'no frame' },
  })
})
