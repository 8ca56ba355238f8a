import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { subjectOf } from '../../../src/avro/subject.ts'

test('the subject of a topic by each strategy, as the serializers of Java name it', () => {
  const { name } = registryEventSchema
  assert.equal(name, 'io.registry.events.v1.RegistryEvent')
  assert.equal(subjectOf('topic-name', 'registry.events.v1', name), 'registry.events.v1-value')
  assert.equal(subjectOf('record-name', 'registry.events.v1', name), name)
  assert.equal(subjectOf('topic-record-name', 'registry.events.v1', name), `registry.events.v1-${name}`)
})
