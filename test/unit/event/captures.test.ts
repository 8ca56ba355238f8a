import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { candidateProfiles } from '../../../src/event/profile.ts'
import { captureSets, recordedBodies, recordedRequests } from '../../support/notification-fixtures.ts'

const bodies = recordedBodies()

/** Their user agents held bytes that are no UTF-8, which the model does not tell from a real U+FFFD. */
const onlyVerbatim = [
  'distribution-2.8.2/45-odd-user-agent/0019-pull',
  'distribution-3.1.1/45-odd-user-agent/0069-pull',
]

test('every capture is one event with nothing of another type, and its Envelope is the whole body', () => {
  for (const { set, scenario, file, action, body } of bodies) {
    const received = readEnvelope(body).events
    assert.equal(received.length, 1, `${set}/${scenario}/${file}`)
    assert.deepEqual(received[0]?.problems, [])
    assert.equal(received[0]?.event.action, action)
    assert.equal(received[0]?.envelopeText, body.toString())
  }
})

test('every capture but the listed ones comes back byte for byte from its typed fields', () => {
  const table: Record<string, number> = {}
  const failed: string[] = []
  for (const { set, scenario, file, body, contentType } of bodies) {
    const event = readEnvelope(body).events[0]?.event ?? {}
    const profile = candidateProfiles(contentType, event).find(
      (candidate) => encodeEnvelope([event], candidate) === body.toString(),
    )
    if (profile === undefined) failed.push(`${set}/${scenario}/${file}`)
    else table[`${set} as ${profile}`] = (table[`${set} as ${profile}`] ?? 0) + 1
  }
  assert.deepEqual(failed, onlyVerbatim)
  assert.deepEqual(table, {
    'distribution-2.8.2 as distribution-2': 35,
    'distribution-3.1.1 as distribution-3': 105,
    // What GitLab writes without its own members is what Distribution 2 writes.
    'gitlab-4.32.0 as distribution-2': 91,
    'gitlab-4.32.0 as gitlab': 40,
  })
})

test('the strict decoder gives back every capture but the listed ones', () => {
  const profileOf = {
    'distribution-2.8.2': 'distribution-2',
    'distribution-3.1.1': 'distribution-3',
    'gitlab-4.32.0': 'gitlab',
  } as const
  const failed = bodies.filter(({ set, body }) => {
    const profile = profileOf[set]
    return encodeEnvelope(decodeEnvelope(body, profile).events, profile) !== body.toString()
  })
  assert.deepEqual(
    failed.map(({ set, scenario, file }) => `${set}/${scenario}/${file}`),
    onlyVerbatim,
  )
})

test('an event that is sent again has the same bytes under its id', () => {
  const textOfId = new Map<string, string>()
  for (const { body } of bodies) {
    const id = readEnvelope(body).events[0]?.event.id ?? ''
    assert.equal(textOfId.get(id) ?? body.toString(), body.toString())
    textOfId.set(id, body.toString())
  }
  assert.ok(textOfId.size < bodies.length)
})

test('a redirect followed with GET carries no Envelope', () => {
  const empty = recordedRequests().filter(({ body }) => body.length === 0)
  assert.deepEqual(
    captureSets.map((set) => empty.filter((request) => request.set === set).length),
    [0, 5, 5],
  )
  for (const { action, method, body } of empty) {
    assert.deepEqual([action, method], ['none', 'GET'])
    assert.throws(
      () => readEnvelope(body),
      (error) => isRelayError(error, 'NOT_AN_ENVELOPE'),
    )
  }
})
