/** What is looked at, in this order. */
export const doctorParts = [
  'config',
  'process',
  'kafka',
  'topics',
  'rights',
  'schema',
  'spool',
  'gateway',
  'endpoints',
  'clock',
] as const

export type DoctorPart = (typeof doctorParts)[number]

/**
 * - `error`: the relay does not work like this, or not for long.
 * - `warning`: it works, and at the next fault or in a while it does not.
 * - `note`: worth knowing; nothing is to be done.
 */
export type SeenState = 'ok' | 'note' | 'warning' | 'error'

/** One line: what was seen, and of what is not well what to do about it. Neither ever holds a secret. */
export interface Seen {
  readonly state: SeenState
  readonly text: string
  readonly todo?: string
}

export interface Check {
  /** Names it once and for all, for those that need it and for programs. */
  readonly name: string
  readonly part: DoctorPart
  /** A check before this one without which it makes no sense: where that one ended with an error, this one is skipped. */
  readonly needs?: string | undefined
  /** Checks before this one whose end is waited for, whatever it is. */
  readonly after?: readonly string[]
  /** For those that need it, when it ended with an error: why they are skipped. */
  readonly otherwise: string
  /** What it means when the time is over and nothing is known. */
  readonly late?: Seen
  /** Leaves nothing behind. What it rejects with becomes a line. */
  run(): Promise<readonly Seen[]>
}

export interface CheckResult {
  readonly name: string
  readonly part: DoctorPart
  /** The worst of what was seen. */
  readonly state: SeenState | 'skipped'
  readonly seen: readonly Seen[]
  /** Why it was skipped: the first cause, not the last consequence. */
  readonly because?: string
  readonly tookMs: number
}

const rank: readonly SeenState[] = ['ok', 'note', 'warning', 'error']

export function worst(seen: readonly Seen[]): SeenState {
  return seen.reduce<SeenState>(
    (state, one) => (rank.indexOf(one.state) > rank.indexOf(state) ? one.state : state),
    'ok',
  )
}

export const ok = (text: string): Seen => ({ state: 'ok', text })
export const note = (text: string): Seen => ({ state: 'note', text })
export const warning = (text: string, todo: string): Seen => ({ state: 'warning', text, todo })
export const failure = (text: string, todo: string): Seen => ({ state: 'error', text, todo })
