import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import { RegisteredSchemaIds, type RegisteredSchemaIdsOptions } from '../../../src/avro/schema-ids.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

const { fingerprint, text } = registryEventSchema

/** Answers as it is told to; `asked` lists the calls. */
class Registry {
  readonly asked: string[] = []
  answer: number | Error = 7
  schema: string | Error = text

  lookup = async (subject: string, schema: string): Promise<number> => this.#give('lookup', subject, schema)
  register = async (subject: string, schema: string): Promise<number> =>
    this.#give('register', subject, schema)

  schemaById = async (id: number): Promise<string> => {
    this.asked.push(`schemaById ${id}`)
    if (this.schema instanceof Error) throw this.schema
    return this.schema
  }

  #give(call: string, subject: string, schema: string): number {
    this.asked.push(`${call} ${subject}`)
    assert.equal(schema, text)
    if (this.answer instanceof Error) throw this.answer
    return this.answer
  }
}

function start(t: TestContext, options: Partial<RegisteredSchemaIdsOptions> = {}, registry = new Registry()) {
  const clock = new ManualClock()
  const lines: string[] = []
  const log = (level: string) => (_: unknown, message: string) => {
    lines.push(`${level}: ${message}`)
  }
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: () => logger,
  }
  const ids = new RegisteredSchemaIds({
    registry,
    subject: 'topic-value',
    mode: 'lookup',
    clock,
    random: () => 1,
    telemetry: { ...noTelemetry, logger },
    ...options,
  })
  t.after(() => ids.close())
  return { registry, clock, ids, lines }
}

const down = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers')

test('asks once, in the background, and from then on gives the id at once', async (t) => {
  const { registry, ids, clock } = start(t)
  assert.equal(ids.readiness().ready, false)
  const waiting = [ids.idOf(fingerprint), ids.idOf(fingerprint)]
  assert.deepEqual(await Promise.all(waiting), [7, 7])
  assert.equal(ids.idOf(fingerprint), 7)
  assert.deepEqual(ids.readiness(), { ready: true })
  await clock.advance(1_000)
  assert.deepEqual(registry.asked, ['lookup topic-value'])
})

test('registers where that is the mode', async (t) => {
  const { registry, ids } = start(t, { mode: 'register' })
  assert.equal(await ids.idOf(fingerprint), 7)
  assert.deepEqual(registry.asked, ['register topic-value'])
})

test('goes on asking for as long as it takes, with pauses that grow to the limit, and says why it is not ready', async (t) => {
  const registry = new Registry()
  registry.answer = down
  const { ids, clock, lines } = start(t, { maxPauseMs: 1_000 }, registry)
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
  assert.equal(lines.filter((line) => line.startsWith('warn')).length, asked)
  registry.answer = 9
  await clock.advance(1_000)
  assert.equal(await waiting, 9)
  assert.deepEqual(ids.readiness(), { ready: true })
})

test('a refused schema is asked for again too: the operator mends it in the registry', async (t) => {
  const registry = new Registry()
  registry.answer = new RelayError('SCHEMA_INCOMPATIBLE', 'a field has no default')
  const { ids, clock } = start(t, { mode: 'register' }, registry)
  await clock.advance(1_000)
  assert.equal(ids.readiness().reason, 'a field has no default')
  registry.answer = 3
  await clock.advance(60_000)
  assert.equal(ids.idOf(fingerprint), 3)
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

test('notices when the registry has another schema under the id, or none, and then no id is given until a new one is there', async (t) => {
  for (const schema of ['"string"', new RelayError('SCHEMA_UNKNOWN', 'no schema 7')]) {
    const { ids, registry, clock, lines } = start(t, { revalidateMs: 60_000 })
    await ids.idOf(fingerprint)
    registry.schema = schema
    registry.answer = down
    await clock.advance(60_000)
    assert.equal(ids.readiness().ready, false)
    const waiting = ids.idOf(fingerprint)
    assert.ok(waiting instanceof Promise)
    assert.ok(lines.some((line) => line.startsWith('error: ')))
    registry.answer = 8
    await clock.advance(1_000)
    assert.equal(await waiting, 8)
  }
})

test('an id is kept while the registry cannot be reached or says the same, and is asked about again', async (t) => {
  const { ids, registry, clock } = start(t, { revalidateMs: 60_000 })
  await ids.idOf(fingerprint)
  for (const schema of [down, text, new Error('odd'), text.replace('Bytes.', 'Octets.')]) {
    registry.schema = schema
    await clock.advance(60_000)
    assert.equal(ids.idOf(fingerprint), 7)
  }
  assert.deepEqual(registry.asked.slice(1), Array(4).fill('schemaById 7'))
})

test('close ends the asking and those who wait, and leaves no timer', async (t) => {
  const registry = new Registry()
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

test('an answer that comes after close changes nothing and starts no timer', async (t) => {
  let answer: (schema: string) => void = () => {}
  const held = new Promise<string>((resolve) => {
    answer = resolve
  })
  const registry = new Registry()
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
