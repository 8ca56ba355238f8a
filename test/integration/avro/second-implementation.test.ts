import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeStoredEvent, encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { arbitraryStoredEvent } from '../../support/arbitrary-event.ts'
import { goldenBodies, recordedBodies } from '../../support/notification-fixtures.ts'
import { secondAvro } from '../../support/second-avro.ts'

/** A body with one event, proved; in the form that the other side checks. */
function lineOf(name: string, body: Buffer, contentType: string) {
  const [received, ...others] = readEnvelope(body).events
  if (received === undefined || others.length > 0) return undefined
  const { datum, way } = proveEvent(received, contentType, {
    receivedAt: 1_790_000_000_123,
    envelopeIndex: 0,
  })
  return {
    name,
    way,
    body: body.toString(),
    datum: datum.toString('hex'),
    ingest: {
      received_at: 1_790_000_000_123,
      envelope_index: 0,
      publisher_id: null,
      content_type: contentType,
    },
  }
}

type Line = NonNullable<ReturnType<typeof lineOf>>

function check(lines: readonly Line[]): void {
  const results = secondAvro('check', lines)
  for (const [index, differences] of results.entries()) {
    assert.deepEqual(differences, [], lines[index]?.name)
  }
}

test('Python reads every recorded notification from our bytes, field by field as its own JSON reader does', () => {
  const lines = recordedBodies()
    .map(({ set, file, body, contentType }) => lineOf(`${set} ${file}`, body, contentType))
    .filter((line) => line !== undefined)
  assert.ok(lines.length > 250, `only ${lines.length}`)
  check(lines)
})

test('and every Envelope that the encoders of the registries made', () => {
  const lines = goldenBodies()
    // An event of null is no event; what Go makes of it is another test's.
    .filter(({ body }) => !body.toString().includes('null'))
    .map(({ set, case: name, body, profile }) => lineOf(`${set} ${name}`, body, mediaTypeOf(profile)))
    .filter((line) => line !== undefined)
  assert.ok(lines.length > 300, `only ${lines.length}`)
  check(lines)
})

test('Python reads whatever the model can hold', () => {
  const data = fc.sample(arbitraryStoredEvent, { numRuns: 500, seed: 20_261_125 }).map(encodeStoredEvent)
  const read = secondAvro(
    'read',
    data.map((datum) => ({ datum: datum.toString('hex') })),
  )
  const expected = data.map((datum) => {
    const { id, action } = decodeStoredEvent(datum).event
    return [id ?? null, action ?? null]
  })
  assert.deepEqual(read, expected)
})
