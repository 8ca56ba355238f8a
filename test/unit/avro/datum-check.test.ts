import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { datumMeasureOf } from '../../../src/avro/datum-check.ts'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { arbitraryStoredEvent } from '../../support/arbitrary-event.ts'

const measure = datumMeasureOf(registryEventSchema.text)

test('the measure of a datum is its length, wherever it lies', () => {
  fc.assert(
    fc.property(arbitraryStoredEvent, fc.nat(20), fc.nat(20), (stored, before, after) => {
      const datum = encodeStoredEvent(stored)
      const bytes = Buffer.concat([Buffer.alloc(before, 0xff), datum, Buffer.alloc(after, 0xff)])
      assert.equal(measure(bytes, before, bytes.length), before + datum.length)
      assert.equal(measure(bytes, before, before + datum.length), before + datum.length)
      if (datum.length > 0) assert.throws(() => measure(bytes, before, before + datum.length - 1))
    }),
    { numRuns: 500 },
  )
})

test('every kind of type is measured as avsc writes it', () => {
  const inner = {
    type: 'record',
    name: 'in.Inner',
    fields: [
      { name: 'next', type: ['null', 'Inner'] },
      { name: 'f', type: 'Two' },
    ],
  }
  const schema = {
    type: 'record',
    name: 'All',
    namespace: 'out',
    fields: [
      { name: 'fixed', type: { type: 'fixed', name: 'in.Two', size: 2 } },
      { name: 'inner', type: inner },
      { name: 'enum', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } },
      { name: 'again', type: ['null', 'out.E'] },
      { name: 'boolean', type: 'boolean' },
      { name: 'int', type: 'int' },
      { name: 'long', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'float', type: 'float' },
      { name: 'double', type: 'double' },
      { name: 'bytes', type: 'bytes' },
      { name: 'list', type: { type: 'array', items: { type: 'map', values: ['null', 'string'] } } },
      { name: 'last', type: 'string' },
    ],
  }
  const type = avro.Type.forSchema(JSON.parse(JSON.stringify(schema)))
  const two = Buffer.from('ab')
  const bytes = type.toBuffer({
    inner: { next: { next: null, f: two }, f: two },
    fixed: two,
    enum: 'B',
    again: 'A',
    boolean: true,
    int: -70_000,
    long: 2 ** 50,
    float: 1.5,
    double: 2.5,
    bytes: Buffer.alloc(300),
    list: [{ a: null, b: 'text' }, {}],
    last: 'the end',
  })
  const all = datumMeasureOf(JSON.stringify(schema))
  assert.equal(all(bytes, 0, bytes.length), bytes.length)
  for (let end = 0; end < bytes.length; end += 1) assert.throws(() => all(bytes, 0, end), Error, String(end))
})

test('blocks with their length in bytes, as other writers make them, are measured', () => {
  const list = datumMeasureOf('{"type":"array","items":"string"}')
  // -2 entries, 4 bytes of them; then one entry without a length; then the end.
  const bytes = Buffer.from('0308026102620202630 0'.replace(' ', ''), 'hex')
  assert.equal(list(bytes, 0, bytes.length), bytes.length)
  assert.deepEqual(avro.Type.forSchema({ type: 'array', items: 'string' }).fromBuffer(bytes), ['a', 'b', 'c'])
})

test('counts, lengths and choices that cannot be are refused at once', () => {
  const cases: readonly [schema: string, hex: string][] = [
    ['{"type":"array","items":"string"}', '80808080808080808001'],
    ['{"type":"array","items":"null"}', '8080808010'],
    ['{"type":"map","values":"string"}', 'ffffffffffffffffff01'],
    ['"string"', '80808080808020'],
    ['"bytes"', '01'],
    ['["null","string"]', '04'],
    ['["null","string"]', '01'],
    ['"long"', 'ffffffffffffffffffff01'],
    ['"double"', '00000000000000'],
    ['"string"', ''],
  ]
  for (const [schema, hex] of cases) {
    const bytes = Buffer.from(hex, 'hex')
    const start = performance.now()
    assert.throws(() => datumMeasureOf(schema)(bytes, 0, bytes.length), Error, `${schema} ${hex}`)
    assert.ok(performance.now() - start < 100)
  }
})

test('a schema that names what it does not define is refused', () => {
  assert.throws(() => datumMeasureOf('{"type":"array","items":"Unknown"}'), /Unknown/)
})
