// Numbers as a person reads them. All of them with their unit, where they have one.

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 })

export function count(number) {
  return whole.format(number)
}

/** Per second. What is little is not rounded to nothing. */
export function rate(perSecond) {
  if (perSecond === 0) return '0'
  if (perSecond < 0.1) return '< 0.1'
  return perSecond < 10 ? oneDigit.format(perSecond) : whole.format(perSecond)
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(number) {
  let value = number
  let unit = 0
  while (value >= 1_024 && unit < byteUnits.length - 1) {
    value /= 1_024
    unit++
  }
  return `${value < 10 && unit > 0 ? oneDigit.format(value) : whole.format(value)} ${byteUnits[unit]}`
}

/** A share from 0 to 1. */
export function percent(share) {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  return `${share < 0.1 ? oneDigit.format(share * 100) : whole.format(share * 100)} %`
}

/** The two greatest units: a day and some hours, and not the seconds with them. */
export function duration(seconds) {
  if (seconds < 1) return `${whole.format(seconds * 1_000)} ms`
  if (seconds < 10) return `${oneDigit.format(seconds)} s`
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  if (s < 3_600) return two(s, 60, 'min', 1, 's')
  if (s < 86_400) return two(s, 3_600, 'h', 60, 'min')
  return two(s, 86_400, 'd', 3_600, 'h')
}

function two(seconds, great, greatUnit, small, smallUnit) {
  const rest = Math.floor((seconds % great) / small)
  const first = `${Math.floor(seconds / great)} ${greatUnit}`
  return rest === 0 ? first : `${first} ${rest} ${smallUnit}`
}

/** Whole seconds, at least one. Of two moments as ISO 8601; by the clock of the server, which made both. */
export function between(from, to) {
  return duration(Math.max(1, Math.floor((Date.parse(to) - Date.parse(from)) / 1_000)))
}

export function ago(from, to) {
  return Date.parse(to) - Date.parse(from) < 1_000 ? 'just now' : `${between(from, to)} ago`
}

/** In the time zone of whoever looks. */
export function moment(iso) {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
}

/** The time of day alone where it is of today. */
export function clock(date) {
  const today = date.toDateString() === new Date().toDateString()
  return today ? date.toLocaleTimeString('en-GB') : moment(date)
}
