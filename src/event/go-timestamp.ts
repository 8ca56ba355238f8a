// One-digit hours and a comma are no RFC 3339, but Go's parser takes them.
const layout = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * The timestamp as Go prints it after parsing `text`, or `undefined` where Go's parser refuses: at most nine digits of
 * fraction with no zero at the end, two-digit hour, minutes of the offset below 60, `Z` for the offset zero. The wall
 * clock never changes; neither does the zone.
 *
 * @param anyOffset Go before 1.20, which did not look at the range of the offset.
 */
export function goTimestamp(text: string, anyOffset: boolean): string | undefined {
  const match = layout.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return undefined
  const [sign = '+', offsetHours = '00', offsetMinutes = '00'] = match.slice(8)
  // 24 and 60 pass: Go's parser allows them, as some people write them.
  if (!anyOffset && (Number(offsetHours) > 24 || Number(offsetMinutes) > 60)) return undefined
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  const clock = `${hour.padStart(2, '0')}:${minute}:${second}${digits === '' ? '' : `.${digits}`}`
  return `${year}-${month}-${day}T${clock}${zone(sign, Number(offsetHours) * 60 + Number(offsetMinutes))}`
}

function zone(sign: string, minutes: number): string {
  if (minutes === 0) return 'Z'
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** 0 for a month that does not exist. */
function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (daysOfMonths[month - 1] ?? 0)
}
