/** Longest pause that a registry may ask for. */
const capMs = 60_000

/**
 * `Retry-After` in milliseconds, from seconds or an HTTP date, within [0, a minute]; undefined when there is none or it is
 * neither. A date in the past means at once.
 *
 * @param now milliseconds since the epoch
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, capMs)
  // HTTP dates begin with the day's name. Date.parse alone would also take "-5" or "1.5" for dates.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), capMs)
}
