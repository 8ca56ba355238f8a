import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRelayError } from '../../../src/errors.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { decodeItems, encodeItems } from '../../../src/gateway/item-codec.ts'
import { eventItem, quarantineItem } from './items.ts'

const bytes = (options: { minLength?: number; maxLength?: number } = {}) =>
  fc.uint8Array({ maxLength: 40, ...options }).map((array) => Buffer.from(array))
const headers = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  maxKeys: 3,
})
const receivedAt = fc.nat({ max: 2 ** 48 - 1 })

const event = fc
  .record({
    key: bytes(),
    datum: bytes(),
    fingerprint: bytes({ minLength: 32, maxLength: 32 }).map((hash) => hash.toString('hex')),
    receivedAt,
    headers: fc.option(
      headers.filter((h) => Object.keys(h).length > 0),
      { nil: undefined },
    ),
    digest: bytes({ minLength: 16, maxLength: 16 }),
    id: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
  })
  .map(
    ({ digest, id, headers: own, ...record }): GatewayItem => ({
      kind: 'event',
      record: { ...record, ...(own === undefined ? {} : { headers: own }) },
      digest,
      ...(id === undefined ? {} : { id }),
    }),
  )
const rejected = fc
  .record({ key: bytes(), value: bytes(), receivedAt, headers })
  .map((record): GatewayItem => ({ kind: 'quarantine', record }))
const items = fc.array(fc.oneof(event, rejected), { maxLength: 5 })

test('items come back from their bytes as they went in', () => {
  fc.assert(
    fc.property(items, (given) => {
      // Dictionaries of the generator have no prototype, which is not a difference here.
      assert.deepEqual(plain(decodeItems(encodeItems(given))), plain(given))
    }),
    { numRuns: 500 },
  )
})

test('no bytes make the decoder do anything but give items or say RECORD_UNDECODABLE', () => {
  const damaged = fc.tuple(items, fc.nat(), fc.nat({ max: 255 })).map(([given, at, byte]) => {
    const content = encodeItems(given)
    content[at % content.length] = byte
    return content
  })
  fc.assert(
    fc.property(fc.oneof(damaged, bytes({ maxLength: 200 })), (content) => {
      try {
        decodeItems(content)
      } catch (error) {
        assert.ok(isRelayError(error, 'RECORD_UNDECODABLE'), String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('every beginning of a record, and a record with more behind it, is undecodable', () => {
  const content = encodeItems([eventItem('a'), quarantineItem('b', { name: 'value' })])
  for (let length = 0; length < content.length; length++) {
    assert.throws(
      () => decodeItems(content.subarray(0, length)),
      { code: 'RECORD_UNDECODABLE' },
      String(length),
    )
  }
  assert.throws(() => decodeItems(Buffer.concat([content, Buffer.from([0])])), { code: 'RECORD_UNDECODABLE' })
})

test('a record of a newer version says which versions met', () => {
  const content = encodeItems([eventItem('a')])
  content[0] = 9
  assert.throws(() => decodeItems(content), /version 9, and this relay reads 1/)
})

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
