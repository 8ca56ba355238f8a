/** One end of a span of a topic. */
export type ReplayMoment =
  | { readonly kind: 'earliest' | 'latest' }
  /** Milliseconds since the epoch, by the time at which events were received. */
  | { readonly kind: 'time'; readonly ms: number }
  /** Of one partition. */
  | { readonly kind: 'offset'; readonly offset: bigint }

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An hour and minute at least: a date alone does not say where its day begins. `Z` or `+02:00`: nor does a time without. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i

/** The ends of a topic, also in the words of people who know no other. */
const ends: Readonly<Record<string, 'earliest' | 'latest'>> = {
  earliest: 'earliest',
  beginning: 'earliest',
  latest: 'latest',
  now: 'latest',
}

/**
 * `earliest` or `beginning`, `latest` or `now`, a time as in `2026-11-26T09:30:00Z`, or a time ago: `90s`, `15m`, `2h`, `7d`.
 * @param now milliseconds since the epoch
 * @returns undefined: none of that
 */
export function parseMoment(text: string, now: number): ReplayMoment | undefined {
  const end = Object.hasOwn(ends, text) ? ends[text] : undefined
  if (end !== undefined) return { kind: end }
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) {
    return { kind: 'time', ms: Math.max(0, now - Number(count) * (units[unit] ?? 0)) }
  }
  const ms = isoTime.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) || ms < 0 ? undefined : { kind: 'time', ms }
}

/** The moment for people: a time as ISO text, an offset as `offset 12`. */
export function momentText(moment: ReplayMoment): string {
  if (moment.kind === 'time') return new Date(moment.ms).toISOString()
  return moment.kind === 'offset' ? `offset ${moment.offset}` : moment.kind
}
