import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { down, MemoryCache, ScriptedRegistry, startIds as start } from './schema-ids-bed.ts'

const { fingerprint, text } = registryEventSchema

test('asks once, in the background, and from then on gives the id at once', async (t) => {
  const { registry, ids, clock } = start(t)
  assert.equal(ids.readiness().ready, false)
  const waiting = [ids.idOf(fingerprint), ids.idOf(fingerprint)]
  assert.deepEqual(await Promise.all(waiting), [7, 7])
  assert.equal(ids.idOf(fingerprint), 7)
  assert.deepEqual(ids.readiness(), { ready: true })
  await clock.advance(1_000)
  assert.deepEqual(registry.asked, ['lookup topic-value'])
  assert.deepEqual([...registry.texts], [text])
})

test('registers where that is the mode', async (t) => {
  const { registry, ids } = start(t, { mode: 'register' })
  assert.equal(await ids.idOf(fingerprint), 7)
  assert.deepEqual(registry.asked, ['register topic-value'])
})

test('goes on asking for as long as it takes, with pauses that grow to the limit, and says why it is not ready', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = down
  const { ids, clock } = start(t, { maxPauseMs: 1_000 }, registry)
  const waiting = ids.idOf(fingerprint)
  let asked = 1
  for (const pauseMs of [250, 500, 1_000, 1_000, 1_000]) {
    await clock.advance(pauseMs - 1)
    assert.equal(registry.asked.length, asked)
    await clock.advance(1)
    asked += 1
    assert.equal(registry.asked.length, asked)
  }
  assert.deepEqual(ids.readiness(), { ready: false, reason: 'nobody answers' })
  registry.answer = 9
  await clock.advance(1_000)
  assert.equal(await waiting, 9)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('why there is no id is said when it changes, and else once a minute with the number held back', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = down
  const { ids, clock, telemetry } = start(t, { maxPauseMs: 1_000 }, registry)
  const said = () =>
    telemetry.logged('warn', /no schema id yet/).map(({ facts }) => [facts['reason'], facts['heldBack']])
  await clock.advance(59_000)
  assert.deepEqual(said(), [['nobody answers', 0]])
  await clock.advance(2_000)
  // Once more, with all that were asked between the two.
  assert.deepEqual(said().slice(1), [['nobody answers', registry.asked.length - 2]])
  registry.answer = new RelayError('SCHEMA_NOT_REGISTERED', 'subject topic-value has no schema')
  await clock.advance(5_000)
  // What to do about it, here and in the readiness.
  const reason = 'subject topic-value has no schema; register it: registry-relay schema register'
  assert.deepEqual(said().slice(2), [[reason, 0]])
  assert.deepEqual(ids.readiness(), { ready: false, reason })
  // The next time that it is missing is another matter.
  registry.answer = 9
  registry.schema = new RelayError('SCHEMA_UNKNOWN', 'no schema 9')
  await clock.advance(5_000)
  assert.equal(ids.idOf(fingerprint), 9)
  registry.answer = down
  await clock.advance(300_000)
  assert.deepEqual(said()[3], ['nobody answers', 0])
})

test('a registry that refuses the credentials is an error with what to do about it, as nobody else mends that', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = new RelayError('SCHEMA_REGISTRY_REFUSED', 'lookup: status 401')
  const { ids, clock, telemetry } = start(t, {}, registry)
  await clock.advance(5_000)
  const [line, ...more] = telemetry.logged('error', /the schema registry refuses us/)
  assert.match(
    String(line?.facts['reason']),
    /^lookup: status 401; Check schemaRegistry\.username and password/,
  )
  assert.deepEqual([more, telemetry.logged('warn', /no schema id/)], [[], []])
  assert.equal(ids.readiness().reason, line?.facts['reason'])
  registry.answer = 9
  await clock.advance(60_000)
  assert.equal(ids.idOf(fingerprint), 9)
})

test('series of a subject begin at zero', async (t) => {
  const { telemetry } = start(t)
  for (const series of ['changes_total topic-value', 'checks_total topic-value moved']) {
    assert.equal(telemetry.values.get(`registry_relay_schema_id_${series}`), 0)
  }
})

test('S7: in register mode a refused schema is said once, as an error, and to the program for each refusal; asking goes on', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = new RelayError('SCHEMA_INCOMPATIBLE', 'a field has no default', {
    facts: { status: 409 },
  })
  const refused: string[] = []
  const onRefused = (error: RelayError): void => void refused.push(error.message)
  const { ids, clock, telemetry } = start(t, { mode: 'register', onRefused }, registry)
  await clock.advance(250)
  assert.deepEqual(refused, ['a field has no default', 'a field has no default'])
  assert.equal(telemetry.logged('error', /refuses to register/).length, 1)
  assert.equal(telemetry.values.get('registry_relay_schema_id_lookups_total topic-value incompatible'), 2)
  assert.deepEqual(ids.readiness(), { ready: false, reason: 'a field has no default' })
  registry.answer = 3
  await clock.advance(60_000)
  assert.equal(ids.idOf(fingerprint), 3)
})

test('S7: a refusal after there was an id, now or before the start, is no reason to end', async (t) => {
  const refused: string[] = []
  const onRefused = (error: RelayError): void => void refused.push(error.message)
  const place = JSON.stringify({ registry: 'http://registry', subject: 'topic-value' })
  for (const cache of [
    new MemoryCache(),
    new MemoryCache([[place, new Map([[fingerprint, { id: 7, text }]])]]),
  ]) {
    const registry = new ScriptedRegistry()
    const options = { mode: 'register', revalidateMs: 60_000, onRefused, cache } as const
    const { ids, clock, telemetry } = start(t, options, registry)
    assert.equal(await ids.idOf(fingerprint), 7)
    registry.schema = new RelayError('SCHEMA_UNKNOWN', 'no schema 7')
    registry.answer = new RelayError('SCHEMA_INCOMPATIBLE', 'a field has no default', {
      facts: { status: 409 },
    })
    await clock.advance(60_000)
    assert.deepEqual(ids.readiness(), { ready: false, reason: 'a field has no default' })
    assert.ok(telemetry.logged('error', /refuses to register/).length > 0)
  }
  assert.deepEqual(refused, [])
})

test('S7: looking up is never a refusal of the schema, and neither is an id that leads to another one', async (t) => {
  const refused: string[] = []
  const onRefused = (error: RelayError): void => void refused.push(error.message)
  for (const [mode, answer] of [
    ['lookup', new RelayError('SCHEMA_INCOMPATIBLE', 'invalid', { facts: { status: 422 } })],
    ['register', new RelayError('SCHEMA_INCOMPATIBLE', 'another schema', { facts: { schemaId: 7 } })],
    ['register', down],
  ] as const) {
    const registry = new ScriptedRegistry()
    registry.answer = answer
    const { clock } = start(t, { mode, onRefused }, registry)
    await clock.advance(1_000)
    assert.ok(registry.asked.length > 1)
  }
  assert.deepEqual(refused, [])
})

test('a fingerprint of another schema is refused, not framed with the id of this one', async (t) => {
  const { ids } = start(t)
  await ids.idOf(fingerprint)
  const other = eventSchemaOf(text.replace('Bytes.', 'Octets.'))
  assert.throws(
    () => ids.idOf(other.fingerprint),
    (error) => isRelayError(error, 'SCHEMA_NOT_REGISTERED'),
  )
})

test('S4: notices when the registry has another schema under the id, or none; then no id is given until there is a new one', async (t) => {
  for (const schema of ['"string"', 'no JSON', new RelayError('SCHEMA_UNKNOWN', 'no schema 7')]) {
    const { ids, registry, clock, telemetry } = start(t, { revalidateMs: 60_000 })
    await ids.idOf(fingerprint)
    registry.schema = schema
    registry.answer = down
    await clock.advance(60_000)
    assert.equal(ids.readiness().ready, false)
    const waiting = ids.idOf(fingerprint)
    assert.ok(waiting instanceof Promise)
    assert.equal(telemetry.logged('error', /another schema under our id/).length, 1)
    assert.equal(telemetry.values.get('registry_relay_schema_id_changes_total topic-value'), 1)
    registry.answer = 8
    await clock.advance(1_000)
    assert.equal(await waiting, 8)
  }
})

test('S4: where nobody has registered the schema again, records wait for whoever does, and readiness says so', async (t) => {
  const { ids, registry, clock, telemetry } = start(t, { revalidateMs: 60_000 })
  await ids.idOf(fingerprint)
  registry.schema = new RelayError('SCHEMA_UNKNOWN', 'no schema 7')
  registry.answer = new RelayError('SCHEMA_NOT_REGISTERED', 'subject topic-value has no schema')
  await clock.advance(3_600_000)
  assert.match(ids.readiness().reason ?? '', /^subject topic-value has no schema/)
  assert.ok(
    (telemetry.values.get('registry_relay_schema_id_lookups_total topic-value not_registered') ?? 0) > 9,
  )
  registry.answer = 1
  await clock.advance(5_000)
  assert.equal(ids.idOf(fingerprint), 1)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('an id is kept while the registry says the same, whatever it dropped of the text, and is asked about again', async (t) => {
  const { ids, registry, clock, telemetry } = start(t, { revalidateMs: 60_000 })
  await ids.idOf(fingerprint)
  for (const schema of [text, text.replace('Bytes.', 'Octets.')]) {
    registry.schema = schema
    await clock.advance(60_000)
    assert.equal(ids.idOf(fingerprint), 7)
    const verified = telemetry.values.get('registry_relay_schema_id_verified_timestamp_seconds topic-value')
    assert.equal(verified, clock.now() / 1000)
  }
  assert.deepEqual(registry.asked.slice(1), Array(2).fill('schemaById 7'))
})

test('S2: a registry that cannot be reached changes nothing, and is asked with growing pauses until it can be', async (t) => {
  const { ids, registry, clock, telemetry } = start(t, { revalidateMs: 300_000, maxPauseMs: 1_000 })
  await ids.idOf(fingerprint)
  registry.schema = down
  await clock.advance(300_000)
  assert.deepEqual(registry.asked.slice(1), ['schemaById 7'])
  for (const pauseMs of [250, 500, 1_000, 1_000]) {
    const asked = registry.asked.length
    await clock.advance(pauseMs - 1)
    assert.equal(registry.asked.length, asked)
    await clock.advance(1)
    assert.equal(registry.asked.length, asked + 1)
    assert.equal(ids.idOf(fingerprint), 7)
  }
  const reason = 'known ids are in use: the schema registry was not reached: nobody answers'
  assert.deepEqual(ids.readiness(), { ready: true, reason })
  assert.equal(telemetry.values.get('registry_relay_schema_id_checks_total topic-value unavailable'), 5)
  // S4: it is back without its storage, and that is noticed with the first answer.
  registry.schema = '"string"'
  registry.answer = 9
  await clock.advance(1_000)
  assert.equal(ids.idOf(fingerprint), 9)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('credentials that do not let us look at a known id are warned of once, until they do again', async (t) => {
  const { ids, registry, clock, telemetry } = start(t, { revalidateMs: 60_000, maxPauseMs: 1_000 })
  await ids.idOf(fingerprint)
  const warned = () => telemetry.logged('warn', /does not let us look/).length
  for (const times of [1, 2]) {
    registry.schema = new RelayError('SCHEMA_REGISTRY_REFUSED', 'status 403')
    await clock.advance(65_000)
    registry.schema = down
    await clock.advance(5_000)
    registry.schema = new RelayError('SCHEMA_REGISTRY_REFUSED', 'status 403')
    await clock.advance(5_000)
    assert.equal(warned(), times)
    assert.equal(ids.idOf(fingerprint), 7)
    registry.schema = text
    await clock.advance(1_000)
    assert.equal(telemetry.logged('info', /lets us look at our id again/).length, times)
  }
  const checks = 'registry_relay_schema_id_checks_total topic-value'
  assert.ok((telemetry.values.get(`${checks} refused`) ?? 0) > 10)
})

test('S4: a lost connection makes the id be held against the registry at once, but not again and again', async (t) => {
  const { ids, registry, clock } = start(t, { revalidateMs: 300_000 })
  await ids.idOf(fingerprint)
  await clock.advance(60_000)
  registry.disconnected()
  registry.schema = '"string"'
  registry.answer = 9
  await clock.advance(250)
  assert.equal(ids.idOf(fingerprint), 9)

  const asked = registry.asked.length
  for (let second = 0; second < 14; second += 1) {
    registry.disconnected()
    await clock.advance(1_000)
  }
  assert.equal(registry.asked.length, asked)
  registry.schema = text
  await clock.advance(1_000)
  assert.deepEqual(registry.asked.slice(asked), ['schemaById 9'])
})

test('a lost connection puts nothing off that is due sooner', async (t) => {
  const { ids, registry, clock } = start(t, { revalidateMs: 1_000 })
  await ids.idOf(fingerprint)
  registry.disconnected()
  await clock.advance(1_000)
  assert.equal(registry.asked.at(-1), 'schemaById 7')
})

test('S3: a registry that asks for a pause gets it', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'slow down', {
    facts: { retryAfterMs: 30_000 },
  })
  const { ids, clock } = start(t, {}, registry)
  await clock.advance(30_000)
  assert.equal(registry.asked.length, 1)
  registry.answer = 4
  await clock.advance(250)
  assert.equal(ids.idOf(fingerprint), 4)
})

test('close ends the asking and those who wait, and leaves no timer', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = down
  const { ids, clock } = start(t, {}, registry)
  const waiting = ids.idOf(fingerprint)
  await settle()
  ids.close()
  ids.close()
  await assert.rejects(
    async () => waiting,
    (error) => isRelayError(error, 'SINK_CLOSED'),
  )
  assert.throws(
    () => ids.idOf(fingerprint),
    (error) => isRelayError(error, 'SINK_CLOSED'),
  )
  assert.equal(clock.pending, 0)
  assert.equal(ids.readiness().ready, false)
})

test('a write that gave up waiting for an id does not end the process when ids are closed', async (t) => {
  const registry = new ScriptedRegistry()
  registry.answer = down
  const { ids } = start(t, {}, registry)
  const unhandled: unknown[] = []
  const heard = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', heard)
  t.after(() => process.off('unhandledRejection', heard))
  // As a batch does whose second record is of an unknown schema.
  assert.throws(() => [ids.idOf(fingerprint), ids.idOf('another')])
  ids.close()
  await settle()
  assert.deepEqual(unhandled, [])
})

test('an answer that comes after close changes nothing and starts no timer', async (t) => {
  let answer: (schema: string) => void = () => {}
  const held = new Promise<string>((resolve) => {
    answer = resolve
  })
  const registry = new ScriptedRegistry()
  const resolving = start(t, { registry: { ...registry, lookup: () => held.then(() => 5) } })
  resolving.ids.close()
  const revalidating = start(t, { registry: { ...registry, schemaById: () => held }, revalidateMs: 1_000 })
  await revalidating.clock.advance(1_000)
  revalidating.ids.close()

  answer('"string"')
  await settle()
  for (const { ids, clock } of [resolving, revalidating]) {
    assert.equal(ids.readiness().reason, 'closed')
    assert.equal(clock.pending, 0)
  }
  assert.deepEqual(registry.asked, ['lookup topic-value'])
})
