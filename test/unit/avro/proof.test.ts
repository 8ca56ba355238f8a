import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { naturalProfile, proveEvent, proveWrittenEvent } from '../../../src/avro/proof.ts'
import { isRelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf, type Profile, profiles } from '../../../src/event/profile.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'
import { decodeCases, goldenBodies, recordedBodies } from '../../support/notification-fixtures.ts'

/**
 * The recorded bodies that only their text gives back: their user agents hold bytes that are not UTF-8, which Go writes
 * as the six characters `\ufffd`; the typed field holds the character itself.
 */
const oddBodies = ['distribution-2.8.2 0019-pull', 'distribution-3.1.1 0069-pull']

/** Proves the one event of a body, and checks what anybody will get who reads the datum. */
function prove(body: Buffer | string, contentType?: string) {
  const [received, ...others] = readEnvelope(Buffer.from(body)).events
  assert.ok(received)
  assert.equal(others.length, 0)
  const proven = proveEvent(received, contentType, { receivedAt: 1, envelopeCount: 1 })
  const stored = decodeStoredEvent(proven.datum)
  assert.equal(envelopeOf(stored).body, String(body))
  assert.equal(stored.ingest?.contentType, contentType)
  assert.equal(stored.ingest?.profile, proven.profile)
  assert.equal(stored.ingest?.receivedAt, 1)
  assert.equal(stored.rawEnvelope === undefined, proven.way === 'typed')
  return { ...proven, stored }
}

test('every recorded body is held by its typed fields alone, but for the odd ones, and comes back under its media type', () => {
  const verbatim: string[] = []
  const ways = new Map<string, number>()
  for (const { set, file, body, contentType } of recordedBodies()) {
    if (readEnvelope(body).events.length === 0) continue
    const { way, profile, stored } = prove(body, contentType)
    if (way === 'verbatim') verbatim.push(`${set} ${file}`)
    assert.equal(envelopeOf(stored).mediaType, contentType)
    ways.set(`${set}: ${profile ?? way}`, (ways.get(`${set}: ${profile ?? way}`) ?? 0) + 1)
  }
  assert.deepEqual(verbatim, oddBodies)
  const counts = [...ways.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(counts > 250, `only ${counts} bodies`)
})

test('without a media type the profile is found by what the bytes look like', () => {
  for (const { set, file, body } of recordedBodies()) {
    if (readEnvelope(body).events.length === 0 || oddBodies.includes(`${set} ${file}`)) continue
    assert.equal(prove(body).way, 'typed', `${set} ${file}`)
  }
})

test('what the encoders of the registries wrote comes back byte for byte, and by typed fields if the text is not odd', () => {
  let typed = 0
  let all = 0
  for (const { set, case: name, body, profile } of goldenBodies()) {
    for (const received of eventsOf(body)) {
      const { way, datum, profile: found } = proveEvent(received, mediaTypeOf(profile))
      assert.equal(envelopeOf(decodeStoredEvent(datum)).body, received.envelopeText, `${set} ${name}`)
      all += 1
      if (way === 'typed') typed += 1
      // The escape of U+FFFD is the one thing of theirs that has two spellings for one value.
      else assert.match(received.envelopeText, /\\ufffd/, `${set} ${name}: ${found}`)
    }
  }
  assert.ok(all > 400 && typed > 250, `${typed} of ${all}`)
})

test('inputs that no registry sends are kept as they came', () => {
  let proven = 0
  for (const { label, input } of decodeCases()) {
    for (const received of eventsOf(input)) {
      const { datum } = proveEvent(received, undefined)
      assert.equal(envelopeOf(decodeStoredEvent(datum)).body, received.envelopeText, label)
      proven += 1
    }
  }
  assert.ok(proven > 50, `only ${proven}`)
})

function eventsOf(body: Buffer) {
  try {
    return readEnvelope(body).events
  } catch (error) {
    assert.ok(isRelayError(error, 'NOT_AN_ENVELOPE'))
    return []
  }
}

const plain = encodeEnvelope(
  [
    {
      id: 'id',
      timestamp: '2026-01-02T03:04:05Z',
      action: 'push',
      target: { mediaType: 'm', digest: 'd', size: 9, length: 9, repository: 'a/b', tag: 'latest' },
      request: { id: 'r', method: 'PUT', useragent: 'u' },
    },
  ],
  'distribution-3',
)

test('whatever is odd in the text takes the verbatim way, with the typed fields as far as they go', () => {
  const odd: readonly [what: string, body: string][] = [
    ['an unknown member', plain.replace('"action"', '"later": true,\n         "action"')],
    ['a duplicate key', plain.replace('"action": "push"', '"action": "pull",\n         "action": "push"')],
    ['an explicit null', plain.replace('"d",', '"d",\n            "urls": null,')],
    ['another type', plain.replace('"digest": "d"', '"digest": 5')],
    ['a key in another case', plain.replace('"action"', '"Action"')],
    ['an escape that is not needed', plain.replace('latest', 'l\\u0061test')],
    ['an escape that is missing', plain.replace('latest', 'a<b')],
    ['compact JSON', JSON.stringify(JSON.parse(plain))],
    ['a line break at the end', `${plain}\n`],
    ['a number written oddly', plain.replace('"size": 9', '"size": 9.0')],
    ['a number beyond 64 bits', plain.replace('"size": 9', '"size": 9223372036854775808')],
    ['an infinite number', plain.replace('"size": 9', '"size": 1e400')],
    [
      'another order',
      plain.replace(
        '"repository": "a/b",\n            "tag": "latest"',
        '"tag": "latest",\n            "repository": "a/b"',
      ),
    ],
    ['a lone surrogate', plain.replace('latest', '\\ud800')],
  ]
  for (const [what, body] of odd) {
    assert.notEqual(body, plain, what)
    const { way, stored } = prove(body, mediaTypeOf('distribution-3'))
    assert.equal(way, 'verbatim', what)
    assert.equal(stored.rawEnvelope, body, what)
    assert.equal(stored.event.id, 'id', what)
    assert.equal(stored.event.target?.repository, 'a/b', what)
  }
})

test('the annotation key __proto__, which avsc loses on reading, is noticed', () => {
  const body = plain.replace(
    '"length": 9',
    '"annotations": {\n               "__proto__": "x"\n            },\n            "length": 9',
  )
  assert.equal(prove(body, mediaTypeOf('distribution-3')).way, 'verbatim')
  const other = body.replace('__proto__', '__other__')
  assert.equal(prove(other, mediaTypeOf('distribution-3')).way, 'typed')
})

test('sizes up to the last bit of 64 are typed', () => {
  for (const size of [
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ]) {
    const { way, stored } = prove(
      plain.replace('"size": 9', `"size": ${size}`),
      mediaTypeOf('distribution-3'),
    )
    assert.equal(way, 'typed', size)
    assert.equal(String(stored.event.target?.size), size)
  }
})

test('a second profile is taken where the best guess is wrong', () => {
  const event: Event = { id: '\b', target: { tag: 't' } }
  const body = encodeEnvelope([event], 'distribution-2-go1.22')
  assert.equal(prove(body, mediaTypeOf('distribution-2')).profile, 'distribution-2-go1.22')
  assert.equal(prove(encodeEnvelope([event], 'distribution-2')).profile, 'distribution-2')
})

test('an envelope of several events is proved event by event, each with an Envelope around its own text', () => {
  const two = plain.replace(/\n {3}\]\n\}$/, `,\n      {"id": "second"}\n   ]\n}`)
  const received = readEnvelope(Buffer.from(two)).events
  assert.equal(received.length, 2)
  const [first, second] = received.map((item) => proveEvent(item, mediaTypeOf('distribution-3')))
  assert.ok(first && second)
  assert.equal(first.way, 'typed')
  assert.equal(envelopeOf(decodeStoredEvent(first.datum)).body, plain)
  assert.equal(second.way, 'verbatim')
  assert.equal(
    envelopeOf(decodeStoredEvent(second.datum)).body,
    '{\n   "events": [\n      {"id": "second"}\n   ]\n}',
  )
})

test('redactions are listed in the record', () => {
  const [received] = readEnvelope(Buffer.from(plain)).events
  assert.ok(received)
  const { datum } = proveEvent(received, undefined, {}, ['/actor/user=drop'])
  assert.deepEqual(decodeStoredEvent(datum).redactions, ['/actor/user=drop'])
})

test('a text without UTF-8 is refused, not stored changed', () => {
  assert.throws(
    () => proveEvent({ event: {}, envelopeText: '{"events":["\ud800"]}' }, undefined),
    (error) => isRelayError(error, 'EVENT_INVALID'),
  )
})

test('an event that a program made comes back as the Envelope that a registry would send for it', () => {
  const ways = new Map<string, number>()
  fc.assert(
    fc.property(arbitraryEvent, fc.constantFrom(undefined, ...profiles), (event, given) => {
      const profile = given ?? naturalProfile(event)
      const { datum, way } = proveWrittenEvent(event, given, { receivedAt: 5 })
      const { body, mediaType } = envelopeOf(decodeStoredEvent(datum))
      assert.equal(body, encodeEnvelope([event], profile))
      assert.equal(mediaType, mediaTypeOf(profile))
      ways.set(way, (ways.get(way) ?? 0) + 1)
    }),
    { numRuns: 500 },
  )
  assert.ok((ways.get('typed') ?? 0) > 100, JSON.stringify([...ways]))
})

test('without a profile given, the one that loses nothing is taken', () => {
  const target = { mediaType: 'm', digest: 'd', size: 1 }
  const cases: readonly [Profile, Event][] = [
    ['distribution-3', { target }],
    ['distribution-3', { target: { mediaType: '', digest: 'd', size: 0 } }],
    ['distribution-3', { target: { digest: 'd', artifactType: 'a' } }],
    ['distribution-3', { target: { references: [{ data: 'aGk=' }] } }],
    ['distribution-2', {}],
    ['distribution-2', { target: { digest: 'd', repository: 'a/b' } }],
    ['gitlab', { target: { ...target, rename: { type: 'name' } } }],
    ['gitlab', { meta: new Map() }],
    ['gitlab', { actor: { userType: 'build' } }],
    ['gitlab', { actor: { user: 'token' } }],
  ]
  for (const [profile, event] of cases) assert.equal(naturalProfile(event), profile, JSON.stringify(event))
})

test('an event that is not of the model is refused with the place', () => {
  assert.throws(
    () => proveWrittenEvent({ target: { repository: 5 } } as unknown as Event),
    (error) => isRelayError(error, 'EVENT_INVALID') && /target\.repository/.test(error.message),
  )
})
