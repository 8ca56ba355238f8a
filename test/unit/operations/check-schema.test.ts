import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { checkSubjects } from '../../../src/operations/check-schema.ts'
import { refusedSchema, schemaBed, schemaOf, use } from './schema-bed.ts'

test('a schema that is there is registered, with the version that has it and the latest', async (t) => {
  const { registry, client } = await schemaBed(t)
  const ours = schemaOf('a')
  const id = registry.add(use.subject, ours.text)
  const newer = registry.add(use.subject, schemaOf('a', 'b').text)
  registry.levels.set(use.subject, 'FULL_TRANSITIVE')
  assert.deepEqual(await checkSubjects(client, ours, [use]), [
    {
      ...use,
      state: 'registered',
      registered: { version: 1, id },
      latest: { version: 2, id: newer },
      level: 'FULL_TRANSITIVE',
      changes: [
        {
          at: 'b',
          kind: 'removed',
          before: 'null or string',
          text: 'b: removed, was null or string',
        },
      ],
      reasons: [],
      lint: [],
    },
  ])
})

test('a schema that is not there can be registered where nothing speaks against it, the first one always', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add('other-value', schemaOf('a').text)
  const other = { subject: 'other-value', topics: ['other'] }
  const checks = await checkSubjects(client, schemaOf('a', 'b'), [use, other])
  assert.deepEqual(
    checks.map(({ subject, state, level, latest, changes }) => [
      subject,
      state,
      level,
      latest?.version,
      changes.length,
    ]),
    [
      ['events-value', 'compatible', 'BACKWARD', undefined, 0],
      ['other-value', 'compatible', 'BACKWARD', 1, 1],
    ],
  )
  // Nothing was registered and no level set.
  assert.deepEqual(
    registry.lines.filter((line) => /^(PUT|POST \/subjects\/.*versions$)/.test(line)),
    [],
  )
})

test('a schema that would be refused is incompatible, with the reasons and what differs by field', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, schemaOf('a').text)
  const [check] = await checkSubjects(client, refusedSchema, [use])
  assert.equal(check?.state, 'incompatible')
  assert.deepEqual(check?.reasons, ['a field has no default'])
  assert.deepEqual(
    check?.changes.map(({ at, kind }) => [at, kind]),
    [
      ['a', 'removed'],
      ['incompatible', 'added'],
    ],
  )
})

test('what a registry lets pass and breaks readers is found by the house rules', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, schemaOf('a', 'b').text)
  const [check] = await checkSubjects(client, schemaOf('a'), [use])
  assert.equal(check?.state, 'compatible')
  assert.deepEqual(check?.lint, [{ at: 'b', rule: 'only-appended', message: 'was removed or renamed' }])
})

test('the level is the one that holds, also where a registry answers NONE for a subject without one of its own', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.globalLevel = 'FULL'
  registry.trouble = (response, line) => {
    if (line !== `GET /config/${use.subject}`) return false
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ compatibilityLevel: 'NONE' }))
    return true
  }
  const level = async () => (await checkSubjects(client, schemaOf('a'), [use]))[0]?.level
  assert.equal(await level(), 'FULL')
  registry.levels.set(use.subject, 'BACKWARD_TRANSITIVE')
  assert.equal(await level(), 'BACKWARD_TRANSITIVE')
})

test('the level for all subjects holds where a registry does not know how to ask for both at once', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.globalLevel = 'FULL'
  registry.trouble = (response, line) => {
    if (!line.startsWith('GET /config/')) return false
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error_code: 40401, message: 'Subject not found.' }))
    return true
  }
  assert.equal((await checkSubjects(client, schemaOf('a'), [use]))[0]?.level, 'FULL')
})

test('a registry that is away is an error, not an answer', async (t) => {
  const { registry, client } = await schemaBed(t)
  await registry.stop()
  await assert.rejects(checkSubjects(client, schemaOf('a'), [use]), (error) =>
    isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE'),
  )
})
