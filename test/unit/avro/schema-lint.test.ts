import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { registryEventSchema, schemaFingerprint } from '../../../src/avro/event-schema.ts'
import { lintSchema, type SchemaRule } from '../../../src/avro/schema-lint.ts'
import { readingFaults } from '../../../src/avro/schema-reading.ts'

const text = readFileSync(new URL('../../../schemas/registry-event.v1.avsc', import.meta.url), 'utf8')

test('the shipped schema keeps all rules, also against itself as the version before', () => {
  assert.deepEqual(lintSchema(text), [])
  assert.deepEqual(lintSchema(text, text), [])
})

test('the shipped schema only appends to every version that was released, and each can read the other', () => {
  const folder = new URL('../../fixtures/avro/released/', import.meta.url)
  const released = readdirSync(folder).map((name) => ({
    name,
    previous: readFileSync(new URL(name, folder), 'utf8'),
  }))
  assert.ok(released.length > 0)
  for (const { name, previous } of released) {
    assert.equal(name, `registry-event.v1-${schemaFingerprint(previous).slice(0, 8)}.avsc`)
    assert.deepEqual(lintSchema(text, previous), [], name)
    assert.deepEqual(readingFaults(text, previous), [], name)
    assert.deepEqual(readingFaults(previous, text), [], name)
  }
  // A version is added here before it is released.
  assert.ok(released.some(({ previous }) => schemaFingerprint(previous) === registryEventSchema.fingerprint))
})

interface FieldLike {
  [member: string]: unknown
  name: string
  type: unknown
}

/** A schema with one field changed, or more fields behind the last. */
function withFields(change: (fields: FieldLike[]) => FieldLike[], of = text): string {
  const schema = JSON.parse(of)
  schema.fields = change(schema.fields)
  return JSON.stringify(schema)
}

const added = (field: object): string =>
  withFields((fields) => [...fields, { doc: 'New.', default: null, ...(field as FieldLike) }])

function rulesBroken(schema: string, previous?: string): SchemaRule[] {
  return lintSchema(schema, previous).map(({ rule }) => rule)
}

test('a field may be appended', () => {
  assert.deepEqual(rulesBroken(added({ name: 'later', type: ['null', 'string'] }), text), [])
  const nested = {
    type: 'record',
    name: 'More',
    doc: 'More.',
    fields: [{ name: 'a', type: ['null', 'long'], default: null }],
  }
  assert.deepEqual(
    rulesBroken(added({ name: 'more', type: ['null', { type: 'array', items: nested }] }), text),
    [],
  )
})

test('each rule finds what breaks it, and says where', () => {
  const record = (fields: object[]): object => ({ type: 'record', name: 'More', doc: 'More.', fields })
  const cases: readonly [SchemaRule, string, string][] = [
    ['valid', 'schema', '{"type":"no such type"}'],
    ['valid', 'schema', 'no JSON'],
    ['valid', 'schema', '"string"'],
    ['nullable', 'later', added({ name: 'later', type: 'string', default: '' })],
    ['nullable', 'later', added({ name: 'later', type: ['string', 'null'], default: '' })],
    ['nullable', 'later', added({ name: 'later', type: ['null', 'string'], default: undefined })],
    ['nullable', 'later', added({ name: 'later', type: ['null', 'string', 'boolean'] })],
    ['documented', 'later', added({ name: 'later', type: ['null', 'string'], doc: '' })],
    ['documented', 'later', added({ name: 'later', type: ['null', { ...record([]), doc: undefined }] })],
    ['documented', 'RegistryEvent', JSON.stringify({ ...JSON.parse(text), doc: undefined })],
    [
      'portable-type',
      'later',
      added({ name: 'later', type: ['null', { type: 'enum', name: 'E', symbols: ['A'] }] }),
    ],
    [
      'portable-type',
      'later',
      added({ name: 'later', type: ['null', { type: 'fixed', name: 'F', size: 2 }] }),
    ],
    ['portable-type', 'later', added({ name: 'later', type: ['null', { type: 'map', values: 'long' }] })],
    [
      'portable-type',
      'later',
      added({ name: 'later', type: ['null', { type: 'array', items: ['null', 'string'] }] }),
    ],
    ['portable-type', 'later', added({ name: 'later', type: ['null', 'RegistryEvent'] })],
    [
      'portable-type',
      'later',
      added({ name: 'later', type: ['null', 'io.registry.events.v1.RegistryEvent'] }),
    ],
    [
      'portable-type',
      'later.a',
      added({
        name: 'later',
        type: ['null', record([{ name: 'a', type: ['null', 'More'], default: null }])],
      }),
    ],
    [
      'name',
      'later.to',
      added({
        name: 'later',
        type: ['null', record([{ name: 'to', type: ['null', 'int'], default: null }])],
      }),
    ],
    ['name', 'Action', added({ name: 'Action', type: ['null', 'string'] })],
    ['name', 'Timestamp', added({ name: 'Timestamp', type: ['null', 'string'] })],
    ['json-name', 'later', added({ name: 'later', type: ['null', 'string'], json: 'action' })],
    ['no-alias', 'later', added({ name: 'later', type: ['null', 'string'], aliases: ['earlier'] })],
  ]
  for (const [rule, at, schema] of cases) {
    const findings = lintSchema(schema)
    assert.deepEqual(
      findings.map((finding) => [finding.rule, finding.at]),
      [[rule, at]],
      JSON.stringify(findings),
    )
  }
})

test('what a registry would let pass against the version before is found', () => {
  const target = (change: (fields: FieldLike[]) => FieldLike[]): string =>
    withFields((fields) => {
      const type = (fields.find(({ name }) => name === 'target') as FieldLike).type as [
        string,
        { fields: FieldLike[] },
      ]
      type[1].fields = change(type[1].fields)
      return fields
    })
  const cases: readonly [at: string, schema: string][] = [
    ['redactions', withFields((fields) => fields.filter(({ name }) => name !== 'redactions'))],
    ['action', text.replace('"name": "action"', '"name": "what"')],
    ['occurred_at', text.replace('timestamp-millis', 'timestamp-micros')],
    ['occurred_at_sub_ms_ns', text.replace('["null", "int"]', '["null", "long"]')],
    ['action', text.replace('"json": "action"', '"json": "verb"')],
    ['RegistryEvent', text.replace('"name": "RegistryEvent"', '"name": "Event"')],
    [
      'target.tag',
      target((fields) =>
        fields.map((field) => (field.name === 'tag' ? { ...field, type: ['null', 'bytes'] } : field)),
      ),
    ],
    [
      'target.refs.digest',
      text.replace(/(OCI \/ Distribution content[\s\S]*?)"name": "digest"/, '$1"name": "hash"'),
    ],
    [
      'target.annotations',
      target((fields) =>
        fields.map((field) =>
          field.name === 'annotations'
            ? { ...field, type: ['null', { type: 'array', items: 'string' }] }
            : field,
        ),
      ),
    ],
  ]
  for (const [at, schema] of cases) {
    const findings = lintSchema(schema, text).filter(({ rule }) => rule === 'only-appended')
    assert.equal(findings[0]?.at, at, JSON.stringify(findings))
  }
  const swapped = withFields(([first, second, ...others]) => [second, first, ...others] as FieldLike[])
  assert.match(lintSchema(swapped, text)[0]?.message ?? '', /moved/)
})
