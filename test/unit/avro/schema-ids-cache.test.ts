import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { down, MemoryCache, ScriptedRegistry, startIds } from './schema-ids-bed.ts'

const present = registryEventSchema
const { fingerprint, text } = present
/** Of the version before an upgrade. */
const older = eventSchemaOf(text.replace('Bytes.', 'Octets.'))
/** Of a version that this one does not have; the cache may. */
const forgotten = eventSchemaOf(text.replace('Who caused it.', 'Who did it.'))

const place = JSON.stringify({ registry: 'http://registry', subject: 'topic-value' })
const cached = (entries: readonly (readonly [string, { id?: number; text: string }])[]): MemoryCache => {
  const cache = new MemoryCache()
  cache.saved.set(place, new Map(entries))
  return cache
}

function unreachable(): ScriptedRegistry {
  const registry = new ScriptedRegistry()
  registry.answer = down
  registry.schema = down
  return registry
}

test('S1: with an id from before the start, records do not wait for a registry that is down', async (t) => {
  const cache = cached([[fingerprint, { id: 7, text }]])
  const { ids, telemetry, clock } = startIds(t, { cache }, unreachable())
  assert.equal(await ids.idOf(fingerprint), 7)
  assert.equal(ids.idOf(fingerprint), 7)
  await clock.advance(60_000)
  assert.equal(ids.idOf(fingerprint), 7)
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_reads_total used'), 1)
  assert.equal(telemetry.values.has('registry_relay_schema_id_verified_timestamp_seconds topic-value'), false)
})

test('S1: ids of the last run make ready, with a note for as long as the registry does not confirm them', async (t) => {
  const registry = unreachable()
  const { ids, clock } = startIds(t, { cache: cached([[fingerprint, { id: 7, text }]]) }, registry)
  assert.equal(await ids.idOf(fingerprint), 7)
  const note = 'ids of the last run are in use: the schema registry was not reached: nobody answers'
  assert.deepEqual(ids.readiness(), { ready: true, reason: note })
  registry.schema = text
  await clock.advance(5_000)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('S1: nor, after a second, for one that hangs', async (t) => {
  const registry = new ScriptedRegistry()
  registry.schemaById = () => new Promise(() => {})
  const { ids, clock } = startIds(t, { cache: cached([[fingerprint, { id: 7, text }]]) }, registry)
  const waiting = ids.idOf(fingerprint)
  assert.ok(waiting instanceof Promise)
  await clock.advance(999)
  // A registry that takes its time is not one that is away.
  assert.deepEqual(ids.readiness(), { ready: true })
  assert.ok(ids.idOf(fingerprint) instanceof Promise)
  await clock.advance(1)
  assert.equal(await waiting, 7)
  assert.equal(ids.idOf(fingerprint), 7)
  assert.match(ids.readiness().reason ?? '', /not reached: it has not answered yet/)
})

test('S1: without one they wait, readiness says so, and they go on when the registry is back', async (t) => {
  const registry = unreachable()
  const cache = new MemoryCache()
  const { ids, clock, telemetry } = startIds(t, { cache }, registry)
  const waiting = ids.idOf(fingerprint)
  await clock.advance(60_000)
  assert.deepEqual(ids.readiness(), { ready: false, reason: 'nobody answers' })
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_reads_total empty'), 1)
  registry.answer = 3
  await clock.advance(5_000)
  assert.equal(await waiting, 3)
  await settle()
  assert.equal(cache.idOf(fingerprint), 3)
  // The text at the start, and the id.
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_writes_total done'), 2)
})

test('S4: no record gets an id from before the start that the registry calls wrong at the start; the cache is corrected', async (t) => {
  const registry = new ScriptedRegistry()
  registry.schema = '"string"'
  registry.answer = 9
  const cache = cached([[fingerprint, { id: 7, text }]])
  const { ids, telemetry } = startIds(t, { cache }, registry)
  assert.equal(await ids.idOf(fingerprint), 9)
  await settle()
  assert.equal(cache.idOf(fingerprint), 9)
  assert.equal(telemetry.values.get('registry_relay_schema_id_changes_total topic-value'), 1)
})

test('S4: one that turns out wrong later is taken out of the cache before another is found', async (t) => {
  const registry = unreachable()
  const cache = cached([[fingerprint, { id: 7, text }]])
  const { ids, clock } = startIds(t, { cache }, registry)
  assert.equal(await ids.idOf(fingerprint), 7)
  registry.schema = '"string"'
  await clock.advance(5_000)
  assert.equal(cache.idOf(fingerprint), undefined)
  const waiting = ids.idOf(fingerprint)
  assert.ok(waiting instanceof Promise)
  // Its text stays: a spool may hold records that were written with it.
  assert.equal([...cache.saved.values()][0]?.get(fingerprint)?.text, text)
  registry.answer = 8
  await clock.advance(5_000)
  assert.equal(await waiting, 8)
})

test('ids of another registry, or of another subject, are not used', async (t) => {
  const cache = cached([[fingerprint, { id: 7, text }]])
  const registry = unreachable()
  registry.urls = ['http://other']
  const other = startIds(t, { cache }, registry)
  const subject = startIds(t, { cache, subject: 'other-value' }, unreachable())
  for (const { ids, clock } of [other, subject]) {
    await clock.advance(5_000)
    assert.equal(ids.readiness().ready, false)
  }
})

test('the servers of a registry may be named in another order', async (t) => {
  const cache = new MemoryCache()
  const first = new ScriptedRegistry()
  first.urls = ['http://b', 'http://a']
  await startIds(t, { cache }, first).ids.idOf(fingerprint)
  await settle()
  const again = unreachable()
  again.urls = ['http://a', 'http://b']
  assert.equal(await startIds(t, { cache }, again).ids.idOf(fingerprint), 7)
})

test('a cache that cannot be read is said, counted and ignored', async (t) => {
  const cache = new MemoryCache()
  cache.error = new Error('damaged')
  const { ids, telemetry } = startIds(t, { cache })
  assert.equal(await ids.idOf(fingerprint), 7)
  assert.equal(telemetry.logged('warn', /cannot be used/).length, 1)
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_reads_total failed'), 1)
})

test('a cache that cannot be written stops nothing, is said and counted, and is written when the id is confirmed next', async (t) => {
  const cache = new MemoryCache()
  const { ids, telemetry, clock } = startIds(t, { cache, revalidateMs: 60_000 })
  cache.error = new Error('disk full')
  assert.equal(await ids.idOf(fingerprint), 7)
  await settle()
  assert.equal(telemetry.logged('warn', /cannot be remembered/).length, 1)
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_writes_total failed'), 1)
  cache.error = undefined
  await clock.advance(60_000)
  assert.equal(cache.idOf(fingerprint), 7)
})

test('S8: records from before an upgrade get the id of the schema that they were written with', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answers.set(older.text, 5).set(forgotten.text, 6)
  registry.schemas.set(5, older.text).set(6, forgotten.text)
  const cache = cached([[forgotten.fingerprint, { text: forgotten.text }]])
  const { ids } = startIds(t, { schemas: [present, older], cache }, registry)
  assert.equal(await ids.idOf(fingerprint), 7)
  // Asked for when the first of them comes, and not before.
  assert.deepEqual(registry.asked, ['lookup topic-value'])
  assert.equal(await ids.idOf(older.fingerprint), 5)
  assert.equal(ids.idOf(older.fingerprint), 5)
  assert.equal(await ids.idOf(forgotten.fingerprint), 6)
  await settle()
  assert.equal(cache.idOf(older.fingerprint), 5)
  assert.equal(cache.idOf(forgotten.fingerprint), 6)
})

test('S8: while records wait for the id of an older schema, readiness says why', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answers.set(older.text, new RelayError('SCHEMA_NOT_REGISTERED', 'not this one'))
  const { ids, clock } = startIds(t, { schemas: [present, older] }, registry)
  await clock.advance(1_000)
  assert.deepEqual(ids.readiness(), { ready: true })
  const waiting = ids.idOf(older.fingerprint)
  await clock.advance(1_000)
  assert.deepEqual(ids.readiness(), { ready: false, reason: 'not this one' })
  assert.equal(ids.idOf(fingerprint), 7)
  registry.answers.set(older.text, 5)
  registry.schemas.set(5, older.text)
  await clock.advance(5_000)
  assert.equal(await waiting, 5)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('S8: an older id that moves while no record needs it does not make the relay unready', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answers.set(older.text, 5)
  registry.schemas.set(5, older.text)
  const { ids, clock } = startIds(t, { schemas: [present, older], revalidateMs: 60_000 }, registry)
  assert.equal(await ids.idOf(older.fingerprint), 5)
  registry.schemas.set(5, '"string"')
  registry.answers.set(older.text, new RelayError('SCHEMA_NOT_REGISTERED', 'not this one'))
  await clock.advance(60_000)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('the text that comes with this version is the one that is asked for, however it was remembered', async (t) => {
  const spaced = JSON.stringify(JSON.parse(older.text), undefined, 2)
  const cache = cached([[older.fingerprint, { text: spaced }]])
  const registry = new ScriptedRegistry()
  registry.schema = older.text
  const { ids } = startIds(t, { schemas: [present, older], cache }, registry)
  await ids.idOf(older.fingerprint)
  assert.deepEqual([...registry.texts], [text, older.text])
})

test('S8: a spool that was filled in an outage before an upgrade finds the schema of its records, although it never got an id', async (t) => {
  const cache = new MemoryCache()
  const before = startIds(t, { schemas: [older], cache }, unreachable())
  await settle()
  before.ids.close()
  // The upgrade also moved the registry to another address.
  const registry = new ScriptedRegistry()
  registry.urls = ['http://moved']
  registry.answers.set(older.text, 5)
  registry.schemas.set(5, older.text)
  const { ids } = startIds(t, { schemas: [present], cache }, registry)
  assert.equal(await ids.idOf(older.fingerprint), 5)
  assert.equal(await ids.idOf(fingerprint), 7)
})

test('a start that finds the present schema remembered writes nothing', async (t) => {
  const cache = cached([[fingerprint, { id: 7, text }]])
  const { ids, telemetry } = startIds(t, { cache })
  assert.equal(await ids.idOf(fingerprint), 7)
  await settle()
  assert.equal(telemetry.values.get('registry_relay_schema_id_cache_writes_total done'), 0)
})

test('a schema that neither this version nor the cache has is none of ours', async (t) => {
  const { ids } = startIds(t, { schemas: [present, older], cache: new MemoryCache() })
  assert.throws(
    () => ids.idOf(forgotten.fingerprint),
    (error) => isRelayError(error, 'SCHEMA_NOT_REGISTERED'),
  )
})
