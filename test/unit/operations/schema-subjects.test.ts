import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { SubjectStrategy } from '../../../src/avro/subject.ts'
import { isRelayError } from '../../../src/errors.ts'
import { readSchema, subjectsOf } from '../../../src/operations/schema-subjects.ts'

test('there is a subject for every topic of events, or one for all where it is named after the record', () => {
  const subjects = (subjectStrategy: SubjectStrategy) =>
    subjectsOf(
      {
        topics: { events: 'events', routes: [{ topic: 'pulls' }, { topic: 'pulls' }], replicationFactor: 1 },
        schemaRegistry: { subjectStrategy },
      },
      'a.Event',
    )
  assert.deepEqual(subjects('topic-name'), [
    { subject: 'events-value', topics: ['events'] },
    { subject: 'pulls-value', topics: ['pulls'] },
  ])
  assert.deepEqual(subjects('record-name'), [{ subject: 'a.Event', topics: ['events', 'pulls'] }])
  assert.deepEqual(
    subjects('topic-record-name').map(({ subject }) => subject),
    ['events-a.Event', 'pulls-a.Event'],
  )
})

test('without a file the schema is the one that this relay writes; a file must hold a record in Avro', (t) => {
  assert.equal(readSchema(), registryEventSchema)
  const folder = mkdtempSync(join(tmpdir(), 'relay-schema-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const record = '{"type": "record", "name": "Thing", "namespace": "a", "fields": []}'
  assert.equal(readSchema(file('right.avsc', record)).name, 'a.Thing')
  const wrong: readonly (readonly [string, RegExp])[] = [
    [join(folder, 'nowhere.avsc'), /nowhere\.avsc: there is no such file$/],
    [folder, /EISDIR/],
    [file('cut.avsc', '{"type": "rec'), /cut\.avsc: is no Avro schema: /],
    [file('type.avsc', '{"type": "rekord", "name": "A"}'), /type\.avsc: is no Avro schema: /],
    [file('text.avsc', '"string"'), /text\.avsc: is no Avro schema of a record$/],
  ]
  for (const [path, message] of wrong) {
    assert.throws(
      () => readSchema(path),
      (error) => isRelayError(error, 'CONFIG_INVALID') && message.test(error.message),
    )
  }
})
