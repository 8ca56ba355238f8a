import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { checkSchema } from '../../../src/avro/schema-check.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { isRelayError } from '../../../src/errors.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'
import { changed, field } from './schema-changes.ts'

const { text } = registryEventSchema
const subject = 'registry.events.v1-value'

const appended = changed(({ fields }) =>
  fields.push({ name: 'later', type: ['null', 'string'], default: null, doc: 'Of what "incompatible" is.' }),
)
const retyped = changed((schema) => {
  field(schema, 'action').type = ['null', 'long']
}, appended)

async function start(t: TestContext) {
  const registry = await FakeSchemaRegistry.start(t)
  const client = new SchemaRegistryClient({ url: registry.url, random: () => 0, attempts: 1 })
  t.after(() => client.close())
  return { registry, client }
}

/** The registry says no to everything, with these words. */
function refuse(registry: FakeSchemaRegistry, said: object): void {
  registry.trouble = (response, line) => {
    if (!line.startsWith('POST /compatibility/')) return false
    response.end(JSON.stringify({ is_compatible: false, ...said }))
    return true
  }
}

test('versions of a subject, newest and one by one; none is no error', async (t) => {
  const { registry, client } = await start(t)
  assert.deepEqual(await client.versions(subject), [])
  assert.equal(await client.latest(subject), undefined)
  registry.add(subject, text)
  registry.add(subject, appended)
  assert.deepEqual(await client.versions(subject), [1, 2])
  assert.deepEqual(await client.version(subject, 1), { version: 1, id: 1, text })
  assert.deepEqual(await client.latest(subject), { version: 2, id: 2, text: appended })
  assert.equal(await client.version(subject, 3), undefined)
  assert.equal(await client.levelThatHolds(subject), 'BACKWARD')
})

test('the first schema of a subject is compatible, and there is nothing that it differs from', async (t) => {
  const { client } = await start(t)
  assert.deepEqual(await checkSchema(client, subject, text), {
    compatible: true,
    level: 'BACKWARD',
    reasons: [],
    latest: undefined,
    changes: [],
  })
})

test('what differs from the latest version is said also where it is compatible', async (t) => {
  const { registry, client } = await start(t)
  registry.add(subject, text)
  registry.levels.set(subject, 'FULL')
  const check = await checkSchema(client, subject, registryEventSchema.text.replace('Bytes.', 'Octets.'))
  assert.equal(check.compatible, true)
  assert.equal(check.level, 'FULL')
  assert.deepEqual(check.changes, [{ at: 'target.size', kind: 'doc', before: 'Bytes.', after: 'Octets.' }])
})

test('S7: the reasons are the words of the registry', async (t) => {
  const { registry, client } = await start(t)
  registry.add(subject, text)
  refuse(registry, { messages: ['READER_FIELD_MISSING', ' '] })
  assert.deepEqual((await checkSchema(client, subject, retyped)).reasons, ['READER_FIELD_MISSING'])
  refuse(registry, { reason: 'because' })
  assert.deepEqual((await checkSchema(client, subject, retyped)).reasons, ['because'])
})

test('S7: where it has none they are ours, against the versions that the level compares with', async (t) => {
  const { registry, client } = await start(t)
  registry.add(subject, text)
  registry.add(subject, appended)
  refuse(registry, {})
  const reasonsAt = async (level: string): Promise<readonly string[]> => {
    registry.levels.set(subject, level)
    return (await checkSchema(client, subject, retyped)).reasons
  }
  assert.deepEqual(await reasonsAt('BACKWARD'), [
    'the new schema cannot read what version 2 wrote: action: string is none of null, long',
  ])
  assert.deepEqual(await reasonsAt('BACKWARD_TRANSITIVE'), [
    'the new schema cannot read what version 1 wrote: action: string is none of null, long',
    'the new schema cannot read what version 2 wrote: action: string is none of null, long',
  ])
  assert.equal((await reasonsAt('FULL_TRANSITIVE')).length, 4)
  // By its own rules, which are not Avro's.
  assert.deepEqual(await reasonsAt('NONE'), [
    `${subject} does not take it, level NONE; the registry gives no reason`,
  ])
})

test('a schema that says the same with other documentation or order is found under the subject', async (t) => {
  const { registry, client } = await start(t)
  registry.add(subject, '"string"')
  registry.add(subject, '{"type":"proto"')
  const bare = JSON.stringify(JSON.parse(text), (key, value) =>
    key === 'doc' || key === 'json' ? undefined : value,
  )
  const id = registry.add(subject, bare)
  registry.add(subject, appended)
  assert.equal(await client.lookup(subject, text), id)
  const other = text.replace('timestamp-millis', 'timestamp-micros')
  await assert.rejects(client.lookup(subject, other), (error) => isRelayError(error, 'SCHEMA_NOT_REGISTERED'))
})
