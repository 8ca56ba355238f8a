/** Nanoseconds per unit. Micro is written in three ways: `u`, the micro sign and the Greek letter. */
const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

/** A duration is a signed 64-bit number of nanoseconds, so -2^63 exists and 2^63 does not: some 292 years. */
const largest = 2n ** 63n
const part = /(\d*)(?:(\.)(\d*))?([^\d.]*)/y

/**
 * Nanoseconds of a duration as Go writes and reads them: `1.5s`, `1h2m3s`, `-500ms`, `.5h`, and `0` without a unit.
 * Accepts and rejects what Go's `time.ParseDuration` does, to the nanosecond.
 *
 * @throws RangeError saying what is wrong with the text, without the text itself
 */
export function parseGoDuration(text: string): bigint {
  const negative = text.startsWith('-')
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return 0n
  if (unsigned === '') throw new RangeError('a duration needs a number and a unit, as in 500ms')

  let total = 0n
  for (let at = 0; at < unsigned.length; ) {
    part.lastIndex = at
    const [whole = '', digits = '', point, fraction = '', unit = ''] = part.exec(unsigned) ?? []
    if (digits === '' && fraction === '') {
      throw new RangeError(
        `a duration is digits and units only, as in 1m30s; this is not: ${quoted(unsigned.slice(at))}`,
      )
    }
    total += nanoseconds(digits, point === undefined ? '' : fraction, unit)
    if (total > largest) throw tooLong()
    at += whole.length
  }
  if (negative) return -total
  if (total === largest) throw tooLong()
  return total
}

/** Milliseconds, with fractions: a registry's `timeout: 500` is half a microsecond, and must not become 0, which means default. */
export function nanosecondsToMs(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6
}

function nanoseconds(digits: string, fraction: string, unit: string): bigint {
  if (unit === '') throw new RangeError('the unit is missing: ns, us, ms, s, m or h')
  const size = units.get(unit)
  if (size === undefined) throw new RangeError(`unknown unit ${quoted(unit)}: ns, us, ms, s, m or h`)
  return BigInt(digits === '' ? '0' : digits) * size + fractionOf(fraction, size)
}

/**
 * Go multiplies as floating point and cuts off, and stops reading digits when 63 bits are full. Exact arithmetic would
 * be one nanosecond off where the product lies just beside a whole number.
 */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    if (value > (largest - 1n) / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > largest) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

function tooLong(): RangeError {
  return new RangeError('a duration ends at 2^63 nanoseconds, some 292 years')
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
