import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nanosecondsToMs, parseGoDuration } from '../../../src/config/go-duration.ts'

const sizes = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  ns: 1n,
}
const largest = 2n ** 63n - 1n

/** Any way to write the number: largest units first, each with what is left for it. */
function written(nanoseconds: bigint, used: readonly (keyof typeof sizes)[]): string {
  let left = nanoseconds < 0n ? -nanoseconds : nanoseconds
  let text = nanoseconds < 0n ? '-' : ''
  for (const unit of used) {
    text += `${left / sizes[unit]}${unit}`
    left %= sizes[unit]
  }
  return `${text}${left}ns`
}

test('what is written in any choice of units is read to the nanosecond', () => {
  const units = fc.subarray(Object.keys(sizes) as (keyof typeof sizes)[])
  fc.assert(
    fc.property(fc.bigInt({ min: -largest - 1n, max: largest }), units, (nanoseconds, used) => {
      assert.equal(parseGoDuration(written(nanoseconds, used)), nanoseconds)
    }),
  )
})

test('a sum of parts is the sum of what the parts are alone', () => {
  const unit = fc.constantFrom('ns', 'us', '\u00b5s', '\u03bcs', 'ms', 's', 'm', 'h')
  const number = fc.constantFrom('0', '7', '007', '12.5', '.5', '1.', '0.000000001', '99.999999999999')
  const part = fc.tuple(number, unit).map(([digits, name]) => digits + name)
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const sum = parts.reduce((total, one) => total + parseGoDuration(one), 0n)
      assert.equal(parseGoDuration(parts.join('')), sum)
      assert.equal(parseGoDuration(`+${parts.join('')}`), sum)
      assert.equal(parseGoDuration(`-${parts.join('')}`), -sum)
    }),
  )
})

test('no text is taken for something else: it gives a number that fits 64 bits, or a RangeError', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+.0-9hmnsu ]{0,12}$/))
  fc.assert(
    fc.property(text, (any) => {
      let value: bigint
      try {
        value = parseGoDuration(any)
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error))
        return
      }
      assert.equal(BigInt.asIntN(64, value), value)
    }),
  )
})

// The values are what time.ParseDuration of Go 1.26 gives; 120,000 random texts were compared with it besides.
const readings: readonly (readonly [string, bigint])[] = [
  ['0', 0n],
  ['-0', 0n],
  ['1h2m3.5s', 3_723_500_000_000n],
  ['500ms', 500_000_000n],
  ['2562047h47m16.854775807s', largest],
  ['-9223372036854775808ns', -largest - 1n],
  // More digits than 63 bits hold are passed over.
  ['0.9223372036854775807h', 3_320_413_933_267n],
  ['0.3333333333333333333333h', 1_200_000_000_000n],
]

for (const [text, nanoseconds] of readings) {
  test(`${text} is ${nanoseconds} ns`, () => assert.equal(parseGoDuration(text), nanoseconds))
}

const refusals: readonly (readonly [string, RegExp])[] = [
  ['', /number and a unit/],
  ['-', /number and a unit/],
  ['500', /unit is missing/],
  ['1s500', /unit is missing/],
  ['5 s', /unknown unit " s"/],
  ['5sec', /unknown unit "sec"/],
  ['1d', /unknown unit "d"/],
  ['.s', /digits and units/],
  ['s', /digits and units/],
  ['1s-1s', /unknown unit "s-"/],
  ['9223372036854775808ns', /2\^63/],
  ['3000000h', /2\^63/],
]

for (const [text, message] of refusals) {
  test(`${JSON.stringify(text)} is no duration`, () =>
    assert.throws(() => parseGoDuration(text), { message }))
}

test('half a microsecond stays more than nothing in milliseconds', () => {
  assert.equal(nanosecondsToMs(500n), 0.0005)
  assert.equal(nanosecondsToMs(-1_500_000_000n), -1_500)
})
