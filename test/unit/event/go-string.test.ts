import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, goString } from '../../../src/event/go-string.ts'

test('escapes what Go escapes and nothing else', () => {
  assert.equal(goString('a"\\/\n\r\t', true), '"a\\"\\\\/\\n\\r\\t"')
  assert.equal(goString('<>&', true), '"\\u003c\\u003e\\u0026"')
  assert.equal(goString('\u2028\u2029', true), '"\\u2028\\u2029"')
  assert.equal(goString('\u0000\u001f\u007f\u0085', true), '"\\u0000\\u001f\u007f\u0085"')
  assert.equal(goString('\b\f', true), '"\\b\\f"')
  assert.equal(goString('\b\f', false), '"\\u0008\\u000c"')
  assert.equal(goString('\u{1f600}\u{10ffff}\uffff', true), '"\u{1f600}\u{10ffff}\uffff"')
})

test('a lone surrogate is the escape of U+FFFD, a real U+FFFD is itself', () => {
  assert.equal(goString('\ufffd', true), '"\ufffd"')
  assert.equal(goString('\ud800', true), '"\\ufffd"')
  assert.equal(goString('\udc00\ud800\u{1f600}\ud800x', true), '"\\ufffd\\ufffd\u{1f600}\\ufffdx"')
})

const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units))

test('JSON.parse gives the text back, with U+FFFD for lone surrogates', () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, shortControls) => {
      assert.equal(JSON.parse(goString(text, shortControls)), text.toWellFormed())
    }),
    { numRuns: 500 },
  )
})

test('long texts are escaped like short ones, wherever a pair or an escape falls', () => {
  const piece = fc.oneof(
    anyText,
    fc.constantFrom('<', '\b\f', '\u2028', '\u{1f600}', 'plain text ', '\u00e9'),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 40 }),
      fc.boolean(),
      (pieces, offset, shortControls) => {
        // The letter between keeps the halves of two pieces from becoming a pair.
        const parts = Array.from({ length: 3_000 }, (_, at) => `${pieces[at % pieces.length]}x`)
        const long = `"${'x'.repeat(8_192 - offset)}${parts.join('')}`
        const expected = [`"${'x'.repeat(8_192 - offset)}`, ...parts]
          .map((part) => goString(part, shortControls).slice(1, -1))
          .join('')
        assert.ok(goString(long, shortControls) === `"${expected}"`)
      },
    ),
    { numRuns: 40 },
  )
})

test('a pair of surrogates on the border of two chunks stays a pair', () => {
  for (let offset = 0; offset < 4; offset++) {
    const text = `<${'x'.repeat(8_190 - offset)}${'\u{1f600}'.repeat(4_000)}`
    assert.ok(goString(text, true) === `"\\u003c${text.slice(1)}"`)
  }
})

test('orders as the bytes of UTF-8 are ordered', () => {
  const wellFormed = fc.string({ unit: 'binary', maxLength: 4 })
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 1000 },
  )
  assert.ok(compareBytes('\ue000', '\u{1f600}') < 0)
  assert.ok(compareBytes('a', 'ab') < 0)
  assert.equal(compareBytes('a', 'a'), 0)
})
