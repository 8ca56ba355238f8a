import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { isRelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { compileRedaction, recommendedRedaction } from '../../../src/event/redaction.ts'
import { goldenBodies, recordedBodies } from '../../support/notification-fixtures.ts'

const seeds = [
  ...recordedBodies().filter((_, at) => at % 9 === 0),
  ...goldenBodies().filter((_, at) => at % 14 === 0),
].map(({ body }) => body)

const fragments = [
  '{}',
  '[',
  ']',
  '}',
  ',',
  '"',
  '\\',
  '\\ud800',
  '\\u0000',
  '\ufeff',
  '\0',
  '\r\n',
  'null',
  '1e400',
  '-0',
  '1E-5',
  '9'.repeat(1_500),
  '['.repeat(70),
  '{"a":'.repeat(70),
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":1}},',
  '"toString":null,',
  '"events":[],',
  '"Events":[{"actor":{"user":"t"}}],',
  '"actor":{"user":"t","USER":"t"},',
  '"meta":5,',
  '"target":[],',
].map((text) => Buffer.from(text))

const mutation = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'insert', 'insertAtMember', 'insertElement', 'splice', 'repeat'),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  bit: fc.nat({ max: 7 }),
  fragment: fc.constantFrom(...fragments),
  other: fc.nat({ max: seeds.length - 1 }),
})

function mutate(
  body: Buffer,
  {
    kind,
    at,
    bit,
    fragment,
    other,
  }: { kind: string; at: number; bit: number; fragment: Buffer; other: number },
): Buffer {
  const place = Math.floor(at * body.length)
  const insert = (where: number, bytes: Buffer): Buffer =>
    Buffer.concat([body.subarray(0, where), bytes, body.subarray(where)])
  switch (kind) {
    case 'flip': {
      const flipped = Buffer.from(body)
      if (place < body.length) flipped[place] = (body[place] ?? 0) ^ (1 << bit)
      return flipped
    }
    case 'cut':
      return body.subarray(0, place)
    case 'insert':
      return insert(place, fragment)
    case 'insertAtMember':
      return insert(body.indexOf('{', place) + 1, fragment)
    case 'insertElement':
      return insert(body.indexOf('[') + 1, Buffer.from(bit % 2 === 0 ? 'null,' : '"text",'))
    case 'repeat':
      return insert(place, body.subarray(place, place + 200))
    default: {
      const foreign = seeds[other] ?? body
      return Buffer.concat([body.subarray(0, place), foreign.subarray(Math.floor(at * foreign.length))])
    }
  }
}

test('ten thousand broken bodies are read or refused with a reason, and every event that is read can be stored and redacted', () => {
  assert.ok(seeds.length >= 60, `${seeds.length} seeds`)
  const redact = compileRedaction({ rules: recommendedRedaction })
  const before = Object.getOwnPropertyNames(Object.prototype)
  const outcomes = { refused: 0, events: 0, rejected: 0, redacted: 0 }
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (seed, mutations) => {
        const body = mutations.reduce(mutate, seed)
        let read: ReturnType<typeof readEnvelope>
        try {
          read = readEnvelope(body)
        } catch (error) {
          assert.ok(isRelayError(error, 'NOT_AN_ENVELOPE'), String(error))
          assert.ok(error.message.length < 200)
          outcomes.refused += 1
          return
        }
        outcomes.rejected += read.rejected.length
        for (const received of read.events) {
          const stored = decodeStoredEvent(proveEvent(received, undefined).datum)
          assert.equal(envelopeOf(stored).body, received.envelopeText)
          const redacted = redact(received).received
          assert.equal(redacted.event.actor?.user, undefined)
          JSON.parse(redacted.envelopeText)
          outcomes.events += 1
          if (redacted !== received) outcomes.redacted += 1
        }
      },
    ),
    { numRuns: 10_000 },
  )
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 20, `${outcome}: ${count}`)
})
