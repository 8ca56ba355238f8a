import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema, schemaFingerprint } from '../../../src/avro/event-schema.ts'
import { frame, unframe } from '../../../src/avro/wire-format.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { changed } from './schema-changes.ts'

const { text, fingerprint } = registryEventSchema
const foreign = '{"type":"record","name":"Other","fields":[{"name":"id","type":"string"}]}'
/** Reads our bytes, and makes something else of them: `id` and `occurred_at_text` have changed places. */
const swapped = changed(({ fields }) => fields.splice(0, 2, ...fields.slice(0, 2).toReversed()))
const later = changed(({ fields }) => fields.push({ name: 'later', type: ['null', 'string'], default: null }))
const bare = text.replaceAll(/"doc":"[^"]*",?/g, '').replaceAll(',}', '}')

const value = frame(7, encodeStoredEvent({ event: { id: 'an id', action: 'push' } }))
/** What `later` writes for the same event, and what its records have in the header. */
const laterValue = frame(7, Buffer.concat([encodeStoredEvent({ event: { id: 'an id' } }), Buffer.of(0)]))
const laterFingerprint = schemaFingerprint(later)

/** A registry that has one schema under id 7. */
class Registry {
  schema: string | RelayError
  asked = 0
  mostAtOnce = 0
  #open = 0

  constructor(schema: string | RelayError) {
    this.schema = schema
  }

  async schemaById(): Promise<string> {
    this.asked += 1
    this.#open += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open)
    await Promise.resolve()
    this.#open -= 1
    if (typeof this.schema !== 'string') throw this.schema
    return this.schema
  }
}

function start(schema: string | RelayError) {
  const registry = new Registry(schema)
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const decoder = new EventDecoder({ registry, clock, random: () => 1, telemetry })
  return { registry, clock, telemetry, decoder }
}

async function failure(decode: () => unknown): Promise<RelayError> {
  try {
    await decode()
  } catch (error) {
    assert.ok(isRelayError(error), String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

test('S5: a record that names our schema is read by it at once, whatever the registry has under its id, or says', async () => {
  const answers = [
    foreign,
    swapped,
    later,
    'no JSON',
    new RelayError('SCHEMA_UNKNOWN', 'no schema 7'),
    new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers'),
  ]
  for (const schema of answers) {
    const { decoder } = start(schema)
    for (let round = 0; round < 3; round += 1) {
      const decoded = decoder.decode(value, fingerprint)
      assert.ok(!(decoded instanceof Promise))
      assert.equal(decoded.event.id, 'an id')
    }
  }
})

test('S5: where it names another schema than the registry has under the id, it is not garbage, and is asked for again', async () => {
  for (const schema of [foreign, text, 'no JSON']) {
    const { decoder, registry, clock } = start(schema)
    for (let round = 1; round <= 3; round += 1) {
      const attempts = Array.from({ length: 5 }, () =>
        failure(() => decoder.decode(laterValue, laterFingerprint)),
      )
      for (const error of await Promise.all(attempts)) {
        assert.equal(error.code, 'SCHEMA_UNKNOWN')
        assert.equal(error.retriable, true)
        const facts = { schemaId: 7, fingerprint: laterFingerprint, reason: 'schema_mismatch' }
        assert.deepEqual(error.facts, facts)
      }
      assert.equal(registry.asked, round)
      await clock.advance(1_000 * 2 ** (round - 1))
    }
    // The operator mends the registry, and it goes on where it stood.
    registry.schema = later
    assert.equal((await decoder.decode(laterValue, laterFingerprint)).event.id, 'an id')
  }
})

test('S5: also where the id was right before: the schema that was met is not used for a record that names ours', async () => {
  const { decoder } = start(swapped)
  assert.equal((await decoder.decode(value)).event.id, undefined)
  assert.equal((await decoder.decode(value, fingerprint)).event.id, 'an id')
  // The others of the id go on.
  assert.equal((await decoder.decode(value)).event.id, undefined)
})

test('S5: an id of records of ours that leads elsewhere is counted and said, once for an id and some minutes', async () => {
  const { decoder, registry, clock, telemetry } = start(swapped)
  const checks = (outcome: string) =>
    telemetry.values.get(`registry_relay_record_id_checks_total ${outcome}`) ?? 0
  for (let minute = 0; minute < 10; minute += 1) {
    for (let time = 0; time < 5; time += 1) await decoder.decode(value, fingerprint)
    await clock.advance(60_000)
  }
  assert.equal(registry.asked, 2)
  assert.equal(checks('moved'), 2)
  assert.equal(telemetry.logged('error', /another schema, or none/).length, 2)
  for (const [answer, outcome] of [
    [text, 'same'],
    [bare, 'same'],
    [new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers'), 'unavailable'],
    [new RelayError('SCHEMA_UNKNOWN', 'no schema 7'), 'moved'],
  ] as const) {
    const before = checks(outcome)
    registry.schema = answer
    await clock.advance(300_000)
    await decoder.decode(value, fingerprint)
    await settle()
    assert.equal(checks(outcome), before + 1)
  }
})

test('a flood of invented ids asks the registry one question at a time, and does not fill the log', async () => {
  const { registry, decoder, clock, telemetry } = start(new RelayError('SCHEMA_UNKNOWN', 'none'))
  const { datum } = unframe(value)
  for (let id = 0; id < 5_000; id += 1) await decoder.decode(frame(id, datum), fingerprint)
  await settle()
  assert.ok(registry.mostAtOnce === 1 && registry.asked > 100, `${registry.mostAtOnce} of ${registry.asked}`)
  assert.equal(telemetry.logged('error', /another schema, or none/).length, 1)
  await clock.advance(10_000)
  await decoder.decode(frame(9_999, datum), fingerprint)
  await settle()
  assert.equal(telemetry.logged('error', /another schema, or none/).length, 2)
})

test('S5: a record of a version that we do not know is not read by ours', async () => {
  const { decoder } = start(text)
  assert.equal((await failure(() => decoder.decode(laterValue, laterFingerprint))).code, 'SCHEMA_UNKNOWN')
})

test('a copy without documentation is the same schema, and a record without the header is read by what the registry says', async () => {
  for (const [schema, header] of [
    [bare, fingerprint],
    [text, fingerprint],
    [text, undefined],
    [bare, undefined],
  ] as const) {
    const { decoder } = start(schema)
    assert.equal((await decoder.decode(value, header)).event.id, 'an id')
    assert.equal(decoder.decode(value, header) instanceof Promise, false)
  }
})

test('S6: an id that the registry does not know passes, whatever the record says, and is asked for once until a pause is over', async () => {
  const { decoder, registry, clock } = start(new RelayError('SCHEMA_UNKNOWN', 'no schema 7'))
  for (const header of [laterFingerprint, undefined, 'other']) {
    const error = await failure(() => decoder.decode(value, header))
    assert.equal(error.code, 'SCHEMA_UNKNOWN')
    assert.equal(error.retriable, true)
  }
  assert.equal(registry.asked, 1)
  await clock.advance(900_000)
  registry.schema = text
  assert.equal((await decoder.decode(value)).event.id, 'an id')
})

test('S3: all who wait for one answer fail by it once, and a pause that the registry asks for is kept', async () => {
  const facts = { retryAfterMs: 20_000 }
  const { decoder, registry, clock } = start(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'slow', { facts }))
  const waiting = Array.from({ length: 50 }, () => failure(() => decoder.decode(value)))
  await Promise.all(waiting)
  assert.equal(registry.asked, 1)
  await clock.advance(20_999)
  await failure(() => decoder.decode(value))
  assert.equal(registry.asked, 1)
  await clock.advance(1)
  await failure(() => decoder.decode(value))
  assert.equal(registry.asked, 2)
})

test('a schema of another kind under the id is no event, or not the schema of our record', async () => {
  const kind = new RelayError('RECORD_UNDECODABLE', 'schema 7 is of type JSON, not AVRO')
  const { decoder } = start(kind)
  assert.equal((await failure(() => decoder.decode(value))).code, 'RECORD_UNDECODABLE')
  assert.equal((await failure(() => decoder.decode(value, laterFingerprint))).code, 'SCHEMA_UNKNOWN')
})
