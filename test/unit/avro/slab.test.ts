import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { Slab } from '../../../src/avro/slab.ts'

const text = avro.Type.forSchema('string')

test('what was encoded stays as it was, whatever is encoded after it', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 90, unit: 'binary' }), { maxLength: 60 }), (texts) => {
      const slab = new Slab(256)
      const data = texts.map((value) => ({ value, datum: slab.encode(text, value) }))
      for (const { value, datum } of data) assert.deepEqual(datum, text.toBuffer(value))
    }),
  )
})

test('data lie one behind the other in one buffer, and the next buffer begins where no more fit', () => {
  const slab = new Slab(256)
  const data = Array.from({ length: 20 }, () => slab.encode(text, 'x'.repeat(30)))
  for (const datum of data) assert.equal(text.fromBuffer(datum), 'x'.repeat(30))
  const buffers = [...new Set(data.map((datum) => datum.buffer))]
  assert.equal(buffers.length, 3)
  assert.deepEqual(
    data.filter((datum) => datum.buffer === buffers[0]).map((datum) => datum.byteOffset),
    [0, 31, 62, 93, 124, 155, 186, 217],
  )
})

test('a large datum has a buffer of its own, of its size, and the slab goes on behind the last small one', () => {
  const slab = new Slab(256)
  const before = slab.encode(text, 'small')
  const large = slab.encode(text, 'x'.repeat(10_000))
  const after = slab.encode(text, 'small')
  assert.equal(text.fromBuffer(large), 'x'.repeat(10_000))
  assert.equal(large.buffer.byteLength, large.length)
  assert.equal(after.buffer, before.buffer)
  assert.equal(after.byteOffset, before.byteOffset + before.length)
})

test('a value that is refused half way leaves nothing behind', () => {
  const slab = new Slab(256)
  const pair = avro.Type.forSchema({ type: 'array', items: 'string' })
  const before = slab.encode(text, 'before')
  assert.throws(() => slab.encode(pair, ['a', 5]))
  const after = slab.encode(text, 'after')
  assert.equal(after.byteOffset, before.byteOffset + before.length)
  assert.equal(text.fromBuffer(after), 'after')
})
