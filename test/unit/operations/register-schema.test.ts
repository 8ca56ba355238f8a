import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerSubjects } from '../../../src/operations/register-schema.ts'
import { refusedSchema, schemaBed, schemaOf, use } from './schema-bed.ts'

test('registers what is missing, says what was there, and sets no level that nobody asked for', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add('other-value', schemaOf('a').text)
  const other = { subject: 'other-value', topics: ['other'] }
  const done = await registerSubjects(client, schemaOf('a'), [use, other])
  assert.deepEqual(
    done.map(({ subject, outcome, registered, level }) => [subject, outcome, registered?.version, level]),
    [
      ['events-value', 'registered', 1, 'BACKWARD'],
      ['other-value', 'present', 1, 'BACKWARD'],
    ],
  )
  assert.equal(registry.levels.size, 0)
})

test('a level that is asked for is set: after the first version, and before any later one', async (t) => {
  const { registry, client } = await schemaBed(t)
  const writes = (): readonly string[] =>
    registry.lines.filter((line) => /^(PUT|POST .*versions$)/.test(line))
  const [first] = await registerSubjects(client, schemaOf('a'), [use], { level: 'FULL_TRANSITIVE' })
  assert.equal(first?.level, 'FULL_TRANSITIVE')
  assert.deepEqual(writes(), ['POST /subjects/events-value/versions', 'PUT /config/events-value'])
  await registerSubjects(client, schemaOf('a', 'b'), [use], { level: 'FULL' })
  assert.deepEqual(writes().slice(2), ['PUT /config/events-value', 'POST /subjects/events-value/versions'])
  assert.deepEqual([...registry.levels.values()], ['FULL'])
})

test('a subject that refuses the schema says why and what differs, and keeps no other from it', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, schemaOf('a').text)
  registry.trouble = (response, line) => {
    if (!line.startsWith('POST /subjects/other-value/versions')) return false
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: registry.add('other-value', refusedSchema.text) }))
    return true
  }
  const other = { subject: 'other-value', topics: ['other'] }
  const [refused, taken] = await registerSubjects(client, refusedSchema, [use, other], { lint: false })
  assert.equal(refused?.outcome, 'refused')
  assert.deepEqual(refused?.reasons, ['a field has no default'])
  assert.ok(refused?.changes.some(({ text }) => text === 'a: removed, was null or string'))
  assert.equal(taken?.outcome, 'registered')
  assert.deepEqual(registry.subjects.get(use.subject)?.length, 1)
})

test('what check finds against the house rules is not registered, unless it is asked for', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, schemaOf('a', 'b').text)
  const [refused] = await registerSubjects(client, schemaOf('a'), [use], { level: 'FULL' })
  assert.equal(refused?.outcome, 'refused')
  assert.deepEqual(refused?.reasons, [])
  assert.deepEqual(refused?.lint, [{ at: 'b', rule: 'only-appended', message: 'was removed or renamed' }])
  assert.deepEqual(
    refused?.changes.map(({ text }) => text),
    ['b: removed, was null or string'],
  )
  assert.deepEqual(
    registry.lines.filter((line) => /^(PUT|POST \/subjects\/.*versions$)/.test(line)),
    [],
  )
  const [taken] = await registerSubjects(client, schemaOf('a'), [use], { lint: false })
  assert.deepEqual([taken?.outcome, taken?.registered?.version], ['registered', 2])
  // There by now: too late to speak of rules.
  const [again] = await registerSubjects(client, schemaOf('a'), [use])
  assert.deepEqual([again?.outcome, again?.lint], ['present', []])
})
