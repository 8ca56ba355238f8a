import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import { decodeStoredEvent, encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'

type Json = string | number | readonly Json[] | { readonly [name: string]: Json }
interface Field {
  readonly name: string
  readonly json?: string
  readonly type: readonly unknown[]
}
interface RecordType {
  readonly fields: readonly Field[]
}

const schema: RecordType & { name: string } = JSON.parse(registryEventSchema.text)
let last = 0

/** JSON for every field that has a `json` attribute, each value another one; and what must stand in the datum. */
function sample(record: RecordType, named: Map<string, RecordType>): { json: Json; datum: Json } {
  const json: Record<string, Json> = {}
  const datum: Record<string, Json> = {}
  for (const field of record.fields) {
    if (field.json === undefined) continue
    assert.equal(json[field.json], undefined, `two fields for ${field.json}`)
    const value = sampleOf(field.type[1], named)
    json[field.json] = value.json
    // `meta` holds the JSON text of each value.
    datum[field.name] =
      field.json === 'meta'
        ? Object.fromEntries(Object.entries(value.json).map(([key, item]) => [key, JSON.stringify(item)]))
        : value.datum
  }
  return { json, datum }
}

function sampleOf(type: unknown, named: Map<string, RecordType>): { json: Json; datum: Json } {
  last += 1
  if (type === 'string') return { json: `text ${last}`, datum: `text ${last}` }
  if (type === 'long') return { json: last, datum: last }
  if (typeof type === 'string') return sample(named.get(type) as RecordType, named)
  const { type: kind, name, items, values } = type as Record<string, unknown>
  if (kind === 'record') {
    named.set(String(name), type as RecordType)
    return sample(type as RecordType, named)
  }
  if (kind === 'map') {
    assert.equal(values, 'string')
    return { json: { [`key ${last}`]: `value ${last}` }, datum: { [`key ${last}`]: `value ${last}` } }
  }
  assert.equal(kind, 'array')
  const members = [sampleOf(items, named), sampleOf(items, named)]
  return { json: members.map(({ json }) => json), datum: members.map(({ datum }) => datum) }
}

const { json, datum } = sample(schema, new Map())
const [received] = readEnvelope(Buffer.from(JSON.stringify({ events: [json] }))).events
assert.ok(received)

/** The fields of the schema without a `json` attribute: derived, or ours. */
const ours = ['occurred_at', 'occurred_at_sub_ms_ns', 'raw_envelope', 'redactions', 'ingest']

test('each JSON member goes into the field whose "json" attribute names it', () => {
  // avsc as it comes and the schema, with nothing of the codec.
  const read = avro.Type.forSchema(JSON.parse(registryEventSchema.text)).fromBuffer(
    encodeStoredEvent({ event: received.event }),
  )
  for (const name of ours) {
    assert.equal(read[name], null)
    delete read[name]
  }
  assert.deepEqual(JSON.parse(JSON.stringify(read)), datum)
  assert.deepEqual(received.problems, [])
  assert.ok(last > 50, `only ${last} values`)
})

test('and comes back from there', () => {
  assert.deepEqual(decodeStoredEvent(encodeStoredEvent({ event: received.event })).event, received.event)
})

test('the fields without a "json" attribute are those that no registry sends', () => {
  assert.deepEqual(
    schema.fields.filter((field) => field.json === undefined).map(({ name }) => name),
    ours,
  )
})
