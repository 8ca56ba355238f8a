import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { decodeStoredEvent, encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { StoredEvent } from '../../../src/avro/stored-event.ts'
import { isRelayError } from '../../../src/errors.ts'
import type { Event } from '../../../src/event/event.ts'
import { arbitraryStoredEvent } from '../../support/arbitrary-event.ts'

test('every event of the model comes back as it was: absent stays absent, empty stays empty', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(arbitraryStoredEvent, (stored) => {
      const datum = encodeStoredEvent(stored)
      seen.add(datum.toString('latin1'))
      assert.deepEqual(decodeStoredEvent(datum), stored)
    }),
    { numRuns: 1_500 },
  )
  assert.ok(seen.size > 1_000, `only ${seen.size} distinct data`)
})

test('an event of nothing is one byte for each field', () => {
  const datum = encodeStoredEvent({ event: {} })
  assert.deepEqual(datum, Buffer.alloc(13))
  assert.deepEqual(decodeStoredEvent(datum), { event: {} })
})

test('the instant of the timestamp goes into its two columns, and none for a text without an instant', () => {
  const read = (timestamp: string) => {
    const { occurred_at, occurred_at_sub_ms_ns, occurred_at_text } = registryEventSchema.type.fromBuffer(
      encodeStoredEvent({ event: { timestamp } }),
    )
    return [occurred_at_text, occurred_at, occurred_at_sub_ms_ns]
  }
  assert.deepEqual(read('2026-02-03T04:05:06.789012345Z'), [
    '2026-02-03T04:05:06.789012345Z',
    1770091506789,
    12_345,
  ])
  assert.deepEqual(read('0001-01-01T00:00:00Z'), ['0001-01-01T00:00:00Z', null, null])
  assert.deepEqual(read('yesterday'), ['yesterday', null, null])
})

test('text that has no UTF-8 is stored as U+FFFD, whatever its length, so that other readers do not stop at it', () => {
  for (const length of [1, 64, 65, 500]) {
    const text = `${'x'.repeat(length)}\ud800`
    const event: Event = { id: text, target: { urls: [text], annotations: new Map([[text, text]]) } }
    const datum = encodeStoredEvent({ event })
    const wellFormed = `${'x'.repeat(length)}\ufffd`
    assert.deepEqual(decodeStoredEvent(datum).event, {
      id: wellFormed,
      target: { urls: [wellFormed], annotations: new Map([[wellFormed, wellFormed]]) },
    })
    assert.equal(datum.includes(Buffer.from('eda080', 'hex')), false)
  }
})

test('the key __proto__ is in the datum for every other reader', () => {
  const datum = encodeStoredEvent({ event: { target: { annotations: new Map([['__proto__', 'kept']]) } } })
  assert.equal(datum.includes('__proto__'), true)
  assert.equal(datum.includes('kept'), true)
  // avsc itself does not read it back; no prototype is changed by the attempt.
  assert.deepEqual(decodeStoredEvent(datum).event.target?.annotations, new Map())
  assert.equal(({} as { kept?: unknown }).kept, undefined)
})

test('a field of another type is refused with its place and without its value', () => {
  const faults: readonly [event: unknown, place: RegExp][] = [
    [{ id: 5 }, /id: number/],
    [{ target: { size: 1.5 } }, /target\.size: number/],
    [{ target: { size: 2 ** 53 } }, /target\.size: number/],
    [{ target: { length: 2n ** 63n } }, /target\.length: bigint/],
    [{ target: { urls: ['a', 7] } }, /target\.urls\.1: number/],
    [{ target: { urls: 'a' } }, /target\.urls: string/],
    [{ target: { urls: [undefined] } }, /target\.urls\.0: null/],
    [{ target: { references: [{}, { digest: true }] } }, /target\.refs\.1\.digest: boolean/],
    [{ target: { annotations: new Map([['key', 1]]) } }, /target\.annotations\.key: number/],
    [{ target: { annotations: 'secret' } }, /target\.annotations: string/],
    [{ target: 'secret' }, /target: string/],
    [{ actor: { user: ['secret'] } }, /actor\.user_token: object/],
  ]
  for (const [event, place] of faults) {
    assert.throws(
      () => encodeStoredEvent({ event: event as Event }),
      (error) => {
        assert.ok(isRelayError(error, 'EVENT_INVALID'), String(error))
        assert.match(error.message, place)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  }
})

test('a wrong ingest record is refused too', () => {
  const ingest = { envelopeIndex: 2 ** 31 } as StoredEvent['ingest'] & object
  assert.throws(() => encodeStoredEvent({ event: {}, ingest }), /ingest\.envelope_index/)
})

test('bytes that end early, go on, or are something else are not decodable', () => {
  const datum = Buffer.from(encodeStoredEvent({ event: { id: 'an id', target: { tag: 'latest' } } }))
  const bad = [
    Buffer.alloc(0),
    datum.subarray(0, -1),
    Buffer.concat([datum, Buffer.alloc(1)]),
    Buffer.from([4]),
  ]
  for (const bytes of bad) {
    assert.throws(
      () => decodeStoredEvent(bytes),
      (error) => isRelayError(error, 'RECORD_UNDECODABLE'),
    )
  }
  assert.deepEqual(decodeStoredEvent(Buffer.concat([Buffer.alloc(5), datum]), 5).event.id, 'an id')
})

test('a record of another version of the schema is read through a resolver: new fields are passed over, missing ones absent', () => {
  const schema = JSON.parse(registryEventSchema.text)
  schema.fields = schema.fields.filter(({ name }: { name: string }) => name !== 'meta')
  schema.fields.push({ name: 'later', type: ['null', 'string'], default: null })
  const writer = avro.Type.forSchema(schema)
  const bytes = writer.toBuffer({ id: 'an id', later: 'unknown here', action: 'push' })
  const resolver = registryEventSchema.type.createResolver(writer)
  assert.deepEqual(decodeStoredEvent(bytes, 0, resolver), { event: { id: 'an id', action: 'push' } })
})
