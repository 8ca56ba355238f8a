import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import { incompatibilities } from '../../../src/avro/schema-check.ts'
import { describeChange, schemaDiff } from '../../../src/avro/schema-diff.ts'
import { readingFaults } from '../../../src/avro/schema-reading.ts'
import { schemaCases } from './schema-changes.ts'

test('each change is named at its place, in a line', () => {
  for (const { name, before, after, diff } of schemaCases) {
    assert.deepEqual(schemaDiff(before, after).map(describeChange), diff, name)
  }
})

test('white space, the order of members and attributes of tools are no change', () => {
  for (const { name, before } of schemaCases) {
    const reordered = JSON.stringify(JSON.parse(before), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries([...Object.entries(value).toReversed(), ['x-tool', 1]])
        : value,
    )
    assert.deepEqual(schemaDiff(before, reordered), [], name)
  }
})

test('what cannot be read is said, in both directions, exactly where a library that reads Avro refuses', () => {
  for (const { name, before, after, backward, forward } of schemaCases) {
    for (const [reader, writer, works] of [
      [after, before, backward],
      [before, after, forward],
    ] as const) {
      assert.equal(
        readingFaults(reader, writer).length === 0,
        works,
        `${name}: ${readingFaults(reader, writer)}`,
      )
      const resolve = (): unknown =>
        avro.Type.forSchema(JSON.parse(reader)).createResolver(avro.Type.forSchema(JSON.parse(writer)))
      if (works) resolve()
      else assert.throws(resolve, Error, name)
    }
  }
})

test('a reason is a sentence with the version, the place and what is wrong there', () => {
  const reasons = (level: string, name: string): readonly string[] => {
    const found = schemaCases.find((one) => one.name === name)
    assert.ok(found)
    return incompatibilities(level, found.after, [{ version: 3, text: found.before }])
  }
  const nested = 'a nested field retyped'
  assert.deepEqual(reasons('BACKWARD', nested), [
    'the new schema cannot read what version 3 wrote: target.size: long is none of null, string',
  ])
  assert.deepEqual(reasons('FORWARD_TRANSITIVE', nested), [
    'version 3 cannot read what the new schema writes: target.size: string is none of null, long',
  ])
  assert.equal(reasons('full_transitive', nested).length, 2)
  assert.deepEqual(reasons('NONE', nested), [])
  assert.deepEqual(reasons('BACKWARD', 'a field without default added'), [
    'the new schema cannot read what version 3 wrote: b: was not written, and has no default',
  ])
  assert.deepEqual(reasons('BACKWARD', 'another record'), [
    'the new schema cannot read what version 3 wrote: the schema: n.R is not n.Q',
  ])
  assert.deepEqual(reasons('BACKWARD', 'symbols of an enum'), [
    'the new schema cannot read what version 3 wrote: a: no symbol Y, and no default',
  ])
})
