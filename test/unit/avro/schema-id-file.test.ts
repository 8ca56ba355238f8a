import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { CachePlace, RememberedSchemas } from '../../../src/avro/schema-id-cache.ts'
import { SchemaIdFile } from '../../../src/avro/schema-id-file.ts'

const { fingerprint, text } = registryEventSchema
const older = eventSchemaOf(text.replace('Bytes.', 'Octets.'))

const place: CachePlace = { registry: 'http://a,http://b', subject: 'registry.events.v1-value' }
const schemas: RememberedSchemas = new Map([
  [fingerprint, { id: 7, text }],
  [older.fingerprint, { id: undefined, text: older.text }],
])

/** Path of a file in a folder that is not there yet. */
function start(t: TestContext): { path: string; file: SchemaIdFile } {
  const folder = mkdtempSync(join(tmpdir(), 'schema-ids-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'new', 'schema-ids.json')
  return { path, file: new SchemaIdFile(path) }
}

test('gives back what was saved, to another process too; nothing where nothing was', async (t) => {
  const { path, file } = start(t)
  assert.deepEqual(file.load(place), new Map())
  await file.save(place, schemas)
  assert.deepEqual(new SchemaIdFile(path).load(place), schemas)
})

test('another registry and another subject find the texts, which mean the same everywhere, and no id', async (t) => {
  const { file } = start(t)
  await file.save(place, schemas)
  for (const elsewhere of [
    { ...place, subject: 'other' },
    { ...place, registry: 'http://a' },
  ]) {
    const texts = [...file.load(elsewhere)].map(([one, remembered]) => [one, remembered.text, remembered.id])
    assert.deepEqual(texts, [
      [fingerprint, text, undefined],
      [older.fingerprint, older.text, undefined],
    ])
  }
  // The own id stands, whichever was saved first.
  const elsewhere = { ...place, subject: 'other' }
  await file.save(elsewhere, new Map([[fingerprint, { id: 9, text }]]))
  assert.equal(file.load(place).get(fingerprint)?.id, 7)
  assert.equal(file.load(elsewhere).get(fingerprint)?.id, 9)
  assert.deepEqual(file.load({ ...place, subject: 'third' }).get(fingerprint), { id: undefined, text })
})

test('subjects share the file: what one saves leaves the others, also when both do at once', async (t) => {
  const { file } = start(t)
  const subjects = ['a', 'b', 'c', 'd'].map((subject) => ({ ...place, subject }))
  await Promise.all(subjects.map((one, id) => file.save(one, new Map([[fingerprint, { id, text }]]))))
  for (const [id, one] of subjects.entries()) assert.equal(file.load(one).get(fingerprint)?.id, id)
})

test('only its user may read it, and look into a folder that was made for it', async (t) => {
  const { path, file } = start(t)
  await file.save(place, schemas)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(path, '..')), ['schema-ids.json'])
})

test('every cut of the file, another version of it and a wrong fingerprint are refused as a whole', async (t) => {
  const { path, file } = start(t)
  await file.save(place, schemas)
  const whole = readFileSync(path, 'utf8')
  const other = JSON.parse(whole)
  other.subjects[0].schemas[fingerprint].schema = older.text
  const damaged = [
    whole.replace('"version": 1', '"version": 2'),
    whole.replace('"id": 7', '"id": -7'),
    whole.replace('"id": 7', '"id": "7"'),
    whole.replace('"id": 7', '"id": 4294967296'),
    JSON.stringify(other),
    '{"version":1,"subjects":[{"schemas":{}}]}',
    '[]',
    'null',
    '',
    '\0'.repeat(whole.length),
  ]
  const cuts = Array.from({ length: 200 }, (_, step) =>
    whole.slice(0, Math.floor((step * (whole.length - 2)) / 200)),
  )
  for (const content of [...damaged, ...cuts]) {
    writeFileSync(path, content)
    assert.throws(() => file.load(place), /is no file of schema ids/, content.slice(0, 100))
  }
  // And the next save makes it whole again.
  await file.save(place, schemas)
  assert.deepEqual(file.load(place), schemas)
})

test('a folder in its place and a file of gigabytes are refused', (t) => {
  const { path, file } = start(t)
  mkdirSync(path, { recursive: true })
  assert.throws(() => file.load(place))
  rmSync(path, { recursive: true })
  writeFileSync(path, Buffer.alloc(17 * 1024 * 1024))
  assert.throws(() => file.load(place), /too many/)
})

test('a save that fails rejects, leaves what is there and nothing beside it; the next one is not held up', async (t) => {
  const { path, file } = start(t)
  await file.save(place, schemas)
  const before = readFileSync(path, 'utf8')
  // A folder where the file is to go: works for root as well, who may write anywhere.
  rmSync(path)
  mkdirSync(join(path, 'taken'), { recursive: true })
  await assert.rejects(file.save(place, schemas))
  assert.deepEqual(readdirSync(path), ['taken'])
  assert.deepEqual(readdirSync(join(path, '..')), ['schema-ids.json'])
  rmSync(path, { recursive: true })
  await file.save(place, schemas)
  assert.equal(readFileSync(path, 'utf8'), before)
  chmodSync(path, 0o400)
  await file.save(place, new Map())
  assert.equal(statSync(path).mode & 0o777, 0o600)
})
