import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { goText } from '../../../src/event/go-text.ts'

test('every byte that is no part of UTF-8 becomes one U+FFFD', () => {
  const texts: readonly [bytes: number[], text: string][] = [
    [[0x61, 0xc3], 'a\ufffd'],
    [[0xe2, 0x80, 0x61], '\ufffd\ufffda'],
    [[0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    [[0xc0, 0x80], '\ufffd\ufffd'],
    [[0xff, 0xf0, 0x9f, 0x98, 0x80, 0x80, 0xc3, 0xa9], '\ufffd\u{1f600}\ufffd\u00e9'],
  ]
  for (const [bytes, text] of texts) assert.equal(goText(new Uint8Array(bytes)), text)
})

test('UTF-8 comes through as it is, next to invalid bytes too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(goText(Buffer.from(text)), text)
      assert.equal(
        goText(Buffer.concat([Buffer.from([0xff]), Buffer.from(text), Buffer.from([0x80])])),
        `\ufffd${text}\ufffd`,
      )
    }),
  )
})

test('the bytes of a text that Node calls UTF-8 are never replaced, whatever stands around them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ min: 0x70, maxLength: 6 }), (bytes) => {
      // One byte at a time: the longest valid sequence at each place, else U+FFFD, by Node's own judgement of UTF-8.
      let expected = ''
      for (let at = 0; at < bytes.length; ) {
        const size = [1, 2, 3, 4].find(
          (length) => at + length <= bytes.length && isUtf8(bytes.slice(at, at + length)),
        )
        expected += size === undefined ? '\ufffd' : Buffer.from(bytes.slice(at, at + size)).toString()
        at += size ?? 1
      }
      assert.equal(goText(bytes), expected)
    }),
    { numRuns: 3_000 },
  )
})
