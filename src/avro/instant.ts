/** A point in time, finer than a `Date`. */
export interface Instant {
  /** Milliseconds since the Unix epoch, UTC, rounded towards the past. */
  readonly millis: number
  /** The rest, in nanoseconds: 0 to 999999. */
  readonly subMsNs: number
}

/** 0001-01-01T00:00:00Z: what Go writes for a time that was never set. */
const goZeroMillis = -62_135_596_800_000

const daysBefore: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

/**
 * The instant of an RFC 3339 text; undefined for anything else, and for Go's zero time, which is no instant that
 * happened. Digits beyond nanoseconds are cut. A leap second (`:60`) is the second after `:59`, as Unix time has it.
 *
 * Not by `Date`: it has no nanoseconds, takes years 0 to 99 for 1900 to 1999, and takes other texts too.
 */
export function instantOf(text: string): Instant | undefined {
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined
  if (text[4] !== '-' || text[7] !== '-' || !/[Tt]/.test(text[10] as string)) return undefined
  if (text[13] !== ':' || text[16] !== ':') return undefined

  let at = 19
  let nanos = 0
  if (text[at] === '.') {
    const start = at + 1
    let unit = 100_000_000
    for (at = start; digit(text, at) >= 0; at += 1) {
      nanos += digit(text, at) * unit
      unit = Math.floor(unit / 10)
    }
    if (at === start) return undefined
  }
  const offset = offsetSeconds(text, at)
  if (offset === undefined) return undefined

  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
  // The fraction counts forwards from the second also before 1970, so cutting it is rounding towards the past.
  const millis = seconds * 1_000 + Math.floor(nanos / 1_000_000)
  const subMsNs = nanos % 1_000_000
  return millis === goZeroMillis && subMsNs === 0 ? undefined : { millis, subMsNs }
}

/** The digit at `at`, or -1. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30
  return value >= 0 && value <= 9 ? value : -1
}

/** The number of `count` digits, or -1 if one of them is none. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i += 1) {
    const next = digit(text, i)
    if (next < 0) return -1
    value = value * 10 + next
  }
  return value
}

function offsetSeconds(text: string, at: number): number | undefined {
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined
  if ((sign !== '+' && sign !== '-') || text[at + 3] !== ':' || text.length !== at + 6) return undefined
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 3_600 + minutes * 60)
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** In the Gregorian calendar, extended to year 0. 719528 days lie between 0000-01-01 and 1970-01-01. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1
  // Plus one for the leap day of year 0; for year 0 itself the terms cancel, as rounding goes towards the past.
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1
  const afterLeapDay = month > 2 && isLeap(year) ? 1 : 0
  return year * 365 + leapDays + (daysBefore[month - 1] as number) + afterLeapDay + (day - 1) - 719_528
}
