import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { RegisteredSchemaIds } from '../../../src/avro/schema-ids.ts'
import { lintSchema } from '../../../src/avro/schema-lint.ts'
import { readingFaults } from '../../../src/avro/schema-reading.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import type { StoredEvent } from '../../../src/avro/stored-event.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import type { Event } from '../../../src/event/event.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'
import { before, encodeBy, next, present } from './evolved-schemas.ts'

const event: Event = {
  id: 'an id',
  action: 'push',
  target: { repository: 'team/app', size: 2n ** 60n, tag: 'v1' },
  actor: { name: 'somebody' },
}
const stored: StoredEvent = { event, ingest: { receivedAt: 5, profile: 'distribution-3' } }

test('the versions here are what the lint lets pass, and each reads each', () => {
  assert.deepEqual(lintSchema(present.text, before.text), [])
  assert.deepEqual(lintSchema(next.text, present.text), [])
  for (const reader of [before, present, next]) {
    for (const writer of [before, present, next])
      assert.deepEqual(readingFaults(reader.text, writer.text), [])
  }
})

test('our own bytes are those of the present version', () => {
  assert.deepEqual(encodeBy(present, stored), encodeStoredEvent(stored))
})

test('S8: records of the version before, of ours and of the next, mixed in one stream, are read by the decoder of ours', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  const client = new SchemaRegistryClient({ url: registry.url })
  const subject = 'topic-value'
  for (const { text } of [before, present, next]) registry.add(subject, text)
  const schemas = [next, present, before] as const
  const ids = new RegisteredSchemaIds({ registry: client, subject, mode: 'lookup', schemas })
  const decoder = new EventDecoder({ registry: client })
  t.after(() => {
    ids.close()
    client.close()
  })
  for (let index = 0; index < 30; index += 1) {
    const schema = schemas[index % 3] ?? present
    const id = await ids.idOf(schema.fingerprint)
    assert.equal(registry.schemas.get(id), schema.text)
    const value = frame(id, encodeBy(schema, { ...stored, event: { ...event, id: `event ${index}` } }))
    const record = await decoder.decode(value, schema.fingerprint)
    assert.deepEqual(record.event, { ...event, id: `event ${index}` })
    assert.equal(record.schemaId, id)
    // Absent in the version before, like every field that it did not have.
    assert.deepEqual(record.ingest, schema === before ? undefined : stored.ingest)
  }
})

test('S8: the next version reads what ours and the one before wrote, and finds its new fields empty', () => {
  for (const writer of [before, present]) {
    const resolver = next.type.createResolver(writer.type)
    const datum = next.type.fromBuffer(encodeBy(writer, stored), resolver)
    assert.equal(datum.id, 'an id')
    assert.equal(datum.target.size, 2n ** 60n)
    assert.deepEqual([datum.later, datum.target.labels, datum.actor.team], [null, null, null])
  }
  const own = next.type.fromBuffer(encodeBy(next, stored))
  assert.deepEqual(
    [own.later, { ...own.target.labels }, own.actor.team],
    ['of the next version', { a: 'b' }, 'a team'],
  )
})

test('S8: the version before reads what ours and the next wrote, without what it does not know', () => {
  for (const writer of [present, next]) {
    const resolver = before.type.createResolver(writer.type)
    const datum = before.type.fromBuffer(encodeBy(writer, stored), resolver)
    assert.equal(datum.target.repository, 'team/app')
    assert.deepEqual(['ingest' in datum, 'later' in datum, 'labels' in datum.target], [false, false, false])
  }
})
