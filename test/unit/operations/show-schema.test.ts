import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { isRelayError } from '../../../src/errors.ts'
import { showId, showVersion } from '../../../src/operations/show-schema.ts'
import { schemaBed, schemaOf, use } from './schema-bed.ts'

test('a version is shown with its place in the subject, and whether this relay writes it', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, schemaOf('a').text)
  const otherWords = JSON.stringify({ ...JSON.parse(registryEventSchema.text), doc: 'Other words.' })
  registry.add(use.subject, otherWords)
  const id = registry.add(use.subject, registryEventSchema.text)
  const shown = await showVersion(client, use.subject, 'latest')
  assert.deepEqual(shown, {
    subject: use.subject,
    version: 3,
    versions: [1, 2, 3],
    level: 'BACKWARD',
    id,
    text: registryEventSchema.text,
    fingerprint: registryEventSchema.fingerprint,
    ours: 'yes',
  })
  assert.equal((await showVersion(client, use.subject, 2))?.ours, 'same-meaning')
  assert.equal((await showVersion(client, use.subject, 1))?.ours, 'no')
  assert.equal(await showVersion(client, use.subject, 4), undefined)
  assert.equal(await showVersion(client, 'none', 'latest'), undefined)
})

test('an id is shown whatever its subject, and one that is not there is an error', async (t) => {
  const { registry, client } = await schemaBed(t)
  const id = registry.add('any', schemaOf('a').text)
  assert.deepEqual(await showId(client, id), {
    id,
    text: schemaOf('a').text,
    fingerprint: schemaOf('a').fingerprint,
    ours: 'no',
  })
  await assert.rejects(showId(client, 99), (error) => isRelayError(error, 'SCHEMA_UNKNOWN'))
})

test('a schema that is no JSON is shown as it is, without a fingerprint', async (t) => {
  const { registry, client } = await schemaBed(t)
  registry.add(use.subject, 'syntax = "proto3";')
  const shown = await showVersion(client, use.subject, 1)
  assert.deepEqual([shown?.text, shown?.fingerprint, shown?.ours], ['syntax = "proto3";', '', 'no'])
})
