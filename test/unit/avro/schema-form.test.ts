import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { sameSchema } from '../../../src/avro/schema-form.ts'

const ours = registryEventSchema.text

/** The schema with every object changed by `change`. */
function changed(change: (object: Record<string, unknown>) => Record<string, unknown>): string {
  return JSON.stringify(JSON.parse(ours, (_, value) => (isObject(value) ? change(value) : value)))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

test('a copy without documentation, attributes or with another order of members is the same schema', () => {
  assert.equal(
    sameSchema(
      changed(({ doc, json, ...rest }) => rest),
      ours,
    ),
    true,
  )
  assert.equal(
    sameSchema(
      changed((object) => Object.fromEntries(Object.entries(object).reverse())),
      ours,
    ),
    true,
  )
  assert.equal(
    sameSchema(
      changed((object) => ({ ...object, aliases: ['x'], owner: 'me' })),
      ours,
    ),
    true,
  )
})

test('names may be written in full, and primitive types be wrapped', () => {
  const full = ours
    .replace('"name":"Platform"', '"name":"io.registry.events.v1.Platform"')
    .replace('"null","Platform"', '"null","io.registry.events.v1.Platform"')
    .replace('"name":"Request"', '"namespace":"io.registry.events.v1","name":"Request"')
  assert.notEqual(full, ours)
  assert.equal(sameSchema(full, ours), true)
  assert.equal(sameSchema(ours.replaceAll('"string"', '{"type":"string"}'), ours), true)
  assert.equal(sameSchema('{"type":{"type":"array","items":"int"}}', '{"items":"int","type":"array"}'), true)
})

test('what a reader acts on makes another schema', () => {
  const others = [
    ours.replace('timestamp-millis', 'timestamp-micros'),
    ours.replace('{"type":"long","logicalType":"timestamp-millis"}', '"long"'),
    ours.replace('"default":null', '"other":null'),
    ours.replace('"name":"digest"', '"name":"digests"'),
    ours.replace('io.registry.events.v1', 'io.registry.events.v2'),
    ours.replace('["null","int"]', '["null","long"]'),
    ours.replace('["null","int"]', '["int","null"]'),
    changed((object) => (object['name'] === 'Source' ? { ...object, fields: [] } : object)),
    changed((object) => (object['name'] === 'Source' ? { ...object, namespace: 'elsewhere' } : object)),
    changed((object) => (object['type'] === 'map' ? { ...object, values: 'bytes' } : object)),
  ]
  for (const [index, other] of others.entries()) {
    assert.notEqual(other, ours, String(index))
    assert.equal(sameSchema(other, ours), false, String(index))
  }
})

test('enums, fixed and decimals are told apart by what counts of them', () => {
  const pairs = [
    ['{"type":"enum","name":"E","symbols":["A"]}', '{"type":"enum","name":"E","symbols":["A","B"]}'],
    ['{"type":"fixed","name":"F","size":2}', '{"type":"fixed","name":"F","size":3}'],
    [
      '{"type":"bytes","logicalType":"decimal","precision":4,"scale":1}',
      '{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}',
    ],
  ] as const
  for (const [one, other] of pairs) {
    assert.equal(sameSchema(one, one), true)
    assert.equal(sameSchema(one, other), false)
  }
})
