import type { Servers } from '../../crash/topic-reader.ts'

/** What a member is told at its start. */
export interface MemberConfig {
  readonly servers: Servers
  readonly name: string
  readonly topic: string
  readonly deadLetterTopic: string
  readonly group: string
  readonly endpoint: string
  readonly url: string
  /** For one attempt, milliseconds. */
  readonly attemptMs: number
  readonly sessionTimeoutMs: number
}

/** Which member a request comes from. */
export const memberHeader = 'x-member'
/** When it was begun, by `machineTime`. */
export const begunHeader = 'x-begun'

/** What a member says on standard output, a JSON line for each join. */
export interface SaidJoin {
  readonly at: number
  readonly generation: number
  readonly partitions: readonly number[]
}
