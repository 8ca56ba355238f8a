import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { typeOf } from '../../../src/avro/avro-type.ts'
import { int64 } from '../../../src/avro/int64.ts'

const least = -(2n ** 63n)
const greatest = 2n ** 63n - 1n

/** Zigzag and variable length by the words of the Avro specification, in bigints throughout. */
function expectedBytes(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

test('every 64-bit integer comes back: as a number while that is exact, else as a bigint', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: least, max: greatest }), (value) => {
      const safe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      const bytes = int64.toBuffer(value)
      assert.deepEqual(bytes, expectedBytes(value))
      assert.equal(int64.fromBuffer(bytes), safe ? Number(value) : value)
      if (safe) assert.deepEqual(int64.toBuffer(Number(value)), bytes)
    }),
    { numRuns: 2_000 },
  )
})

test('the borders of numbers, of lengths and of 64 bits are exact', () => {
  const borders = [
    0n,
    1n,
    63n,
    64n,
    2n ** 31n,
    2n ** 48n,
    2n ** 51n,
    2n ** 52n,
    2n ** 53n - 1n,
    2n ** 53n,
    greatest,
  ]
  for (let power = 6n; power < 63n; power += 7n) borders.push(2n ** power)
  const values = borders
    .flatMap((border) => [border - 1n, border, border + 1n])
    .flatMap((value) => [value, -value])
  for (const value of [...values, least].filter((value) => value >= least && value <= greatest)) {
    const bytes = int64.toBuffer(value)
    assert.deepEqual(bytes, expectedBytes(value), String(value))
    assert.equal(BigInt(int64.fromBuffer(bytes)), value)
  }
  assert.equal(int64.fromBuffer(int64.toBuffer(2n ** 53n - 1n)), Number.MAX_SAFE_INTEGER)
  assert.equal(int64.fromBuffer(int64.toBuffer(2n ** 53n)), 2n ** 53n)
})

test('what is no 64-bit integer is refused', () => {
  for (const value of [
    greatest + 1n,
    least - 1n,
    2 ** 53,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1',
    null,
  ]) {
    assert.equal(int64.isValid(value), false, String(value))
    assert.throws(() => int64.toBuffer(value))
  }
})

test('bytes of a number beyond 64 bits, or without an end, are refused', () => {
  assert.throws(() => int64.fromBuffer(Buffer.from('ffffffffffffffffff7f', 'hex')))
  assert.throws(() => int64.fromBuffer(Buffer.alloc(11, 0xff)))
  assert.throws(() => int64.fromBuffer(Buffer.from('8080808080808080808000', 'hex')))
})

test('it stands behind logical types and inside unions, lists and maps, and reads what was written as int', () => {
  const type = typeOf(
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: [
        { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
        { name: 'list', type: { type: 'array', items: 'long' } },
        { name: 'map', type: { type: 'map', values: ['null', 'long'] } },
      ],
    }),
  )
  const value = { at: greatest, list: [least, 1], map: { a: 2n ** 60n } }
  assert.deepEqual({ ...type.fromBuffer(type.toBuffer(value)) }, value)

  const int = avro.Type.forSchema('int')
  assert.equal(int64.fromBuffer(int.toBuffer(-7), int64.createResolver(int)), -7)
  assert.equal(int64.compare(1, 2n), -1)
  assert.equal(int64.compare(greatest, 1), 1)
  assert.equal(int64.compare(5n, 5n), 0)
})
