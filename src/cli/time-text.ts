/** ISO 8601 with milliseconds; undefined for what is no time, since Kafka takes any number for one. */
export function isoTime(at: number | undefined): string | undefined {
  return at === undefined || Number.isNaN(new Date(at).getTime()) ? undefined : new Date(at).toISOString()
}

/** For people: to the second, and `-` where there is no time. */
export function timeText(at: number | undefined): string {
  return isoTime(at)?.replace(/\.\d+Z$/, 'Z') ?? '-'
}
