import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { instantOf } from '../../../src/avro/instant.ts'

const pad = (value: number, length: number): string => String(value).padStart(length, '0')

/**
 * The same by another way: days counted year by year, nanoseconds in bigints.
 */
function expected(
  year: number,
  month: number,
  day: number,
  secondOfDay: number,
  nanos: number,
  offset: number,
) {
  const leap = (y: number): boolean => new Date(Date.UTC(2000 + (y % 400), 1, 29)).getUTCMonth() === 1
  let days = 0n
  for (let y = 1970; y < year; y += 1) days += leap(y) ? 366n : 365n
  for (let y = 1969; y >= year; y -= 1) days -= leap(y) ? 366n : 365n
  // The calendar repeats after 400 years, and within 2000 to 2399 `Date` may be trusted.
  const like = 2000 + (year % 400)
  days += BigInt((Date.UTC(like, month - 1, day) - Date.UTC(like, 0, 1)) / 86_400_000)
  const total = (days * 86_400n + BigInt(secondOfDay - offset)) * 1_000_000_000n + BigInt(nanos)
  const subMsNs = ((total % 1_000_000n) + 1_000_000n) % 1_000_000n
  return { millis: Number((total - subMsNs) / 1_000_000n), subMsNs: Number(subMsNs) }
}

const times = fc.record({
  year: fc.integer({ min: 0, max: 9999 }),
  month: fc.integer({ min: 1, max: 12 }),
  dayOfMonth: fc.integer({ min: 1, max: 31 }),
  secondOfDay: fc.integer({ min: 0, max: 86_399 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
  fractionDigits: fc.integer({ min: 0, max: 9 }),
  offsetMinutes: fc.integer({ min: -1439, max: 1439 }),
  zulu: fc.boolean(),
})

test('the instant of any RFC 3339 text is exact to the nanosecond, in every year and zone', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(
      times,
      ({ year, month, dayOfMonth, secondOfDay, nanos, fractionDigits, offsetMinutes, zulu }) => {
        const like = 2000 + (year % 400)
        const day = Math.min(dayOfMonth, new Date(Date.UTC(like, month, 0)).getUTCDate())
        const fraction = pad(nanos, 9).slice(0, fractionDigits)
        const minutes = Math.abs(offsetMinutes)
        const zone = zulu
          ? 'Z'
          : `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`
        const text =
          `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` +
          `T${pad(Math.floor(secondOfDay / 3600), 2)}:${pad(Math.floor(secondOfDay / 60) % 60, 2)}:${pad(secondOfDay % 60, 2)}` +
          `${fraction === '' ? '' : `.${fraction}`}${zone}`
        seen.add(text)
        const written = Number(fraction.padEnd(9, '0'))
        const offset = zulu ? 0 : offsetMinutes * 60
        assert.deepEqual(instantOf(text), expected(year, month, day, secondOfDay, written, offset), text)
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(seen.size > 2_500, `only ${seen.size} distinct texts`)
})

test('texts of Distribution and of GitLab are read', () => {
  assert.deepEqual(instantOf('2026-02-03T04:05:06.789012345Z'), { millis: 1770091506789, subMsNs: 12_345 })
  assert.deepEqual(instantOf('2026-02-03T09:35:06.7+05:30'), { millis: 1770091506700, subMsNs: 0 })
  assert.deepEqual(instantOf('1969-12-31T23:59:59.9999999Z'), { millis: -1, subMsNs: 999_900 })
})

test('the time that Go writes for no time is no instant, in any zone', () => {
  assert.equal(instantOf('0001-01-01T00:00:00Z'), undefined)
  assert.equal(instantOf('0001-01-01T05:30:00+05:30'), undefined)
  assert.deepEqual(instantOf('0001-01-01T00:00:00.000000001Z'), { millis: -62_135_596_800_000, subMsNs: 1 })
})

test('a leap second, more than nine digits, small letters and -00:00 are RFC 3339 too', () => {
  assert.deepEqual(instantOf('2016-12-31T23:59:60Z'), instantOf('2017-01-01T00:00:00Z'))
  assert.deepEqual(
    instantOf('2020-01-01T00:00:00.123456789999Z'),
    instantOf('2020-01-01T00:00:00.123456789Z'),
  )
  assert.deepEqual(instantOf('2020-01-01t00:00:00z'), instantOf('2020-01-01T00:00:00-00:00'))
})

test('everything else has no instant', () => {
  const others = [
    '',
    'now',
    '2020-01-01',
    '2020-01-01 00:00:00Z',
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:00.Z',
    '2020-01-01T00:00:00,5Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '2020-02-30T00:00:00Z',
    '2019-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2020-04-31T00:00:00Z',
    '2020-01-00T00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:60:00Z',
    '2020-01-01T00:00:61Z',
    '2020-01-01T00:00:00+24:00',
    '2020-01-01T00:00:00+00:60',
    '2020-01-01T00:00:00+0000',
    '2020-01-01T00:00:00+00:00 ',
    '2020-01-01T00:00:00ZZ',
    ' 2020-01-01T00:00:00Z',
    '12020-01-01T00:00:00Z',
    '-020-01-01T00:00:00Z',
    '2020/01-01T00:00:00Z',
    '2020-01/01T00:00:00Z',
    '2020-01-01T00-00:00Z',
    '2020-01-01T00:00-00Z',
    '２020-01-01T00:00:00Z',
  ]
  for (const text of others) assert.equal(instantOf(text), undefined, JSON.stringify(text))
})
