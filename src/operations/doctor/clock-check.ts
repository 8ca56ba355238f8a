import { type Check, failure, note, ok, type Seen, warning } from './check.ts'

/** A clock of another machine, by the header Date of its answer. */
export interface SeenClock {
  readonly where: string
  /** Above 0: it is ahead of ours. Good for about a second. */
  readonly aheadMs: number
}

/** Three seconds are what a slow answer and the second that HTTP counts in can feign. */
const noticeableMs = 3_000
const hourMs = 3_600_000
/** Kafka 4 refuses records that are from further in the future. */
const refusedMs = hourMs

/** Our clock against those of servers that were asked by HTTP. Kafka tells no time. */
export function clockCheck(after: readonly string[], clocks: () => readonly SeenClock[]): Check {
  return {
    ...{ name: 'clock', part: 'clock', after, otherwise: 'the clock is not known' },
    run: async () => [clockSeen(clocks())],
  }
}

function clockSeen(clocks: readonly SeenClock[]): Seen {
  if (clocks.length === 0) return note('no server told its time, so ours could not be compared')
  const off = clocks.filter(({ aheadMs }) => Math.abs(aheadMs) > noticeableMs)
  const names = clocks.map(({ where }) => where).join(', ')
  if (off.length === 0) return ok(`our clock agrees with that of ${names}`)
  const text = off
    .map(
      ({ where, aheadMs }) =>
        `${where} is ${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of us' : 'behind us'}`,
    )
    .join('; ')
  const todo = 'look at the time synchronisation of both machines: timedatectl, chronyc tracking'
  const ours = off.length === clocks.length
  // Kafka compares the time of a record with its own.
  const refused = ours && off.every(({ aheadMs }) => aheadMs < -refusedMs)
  if (refused) return failure(`${text}: with our clock ahead by an hour Kafka may refuse events`, todo)
  return warning(ours ? text : `${text}; the others agree with us`, todo)
}

/** `45 s`, `10 min`, `3 h`, `2 d`. */
export function durationText(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 2 * hourMs) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / hourMs)} h` : `${Math.round(ms / 86_400_000)} d`
}
