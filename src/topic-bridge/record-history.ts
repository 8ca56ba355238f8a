import type { TraceSpan } from '../telemetry.ts'

/** What happened to a record that has no outcome yet. It outlives a rebalance, not the process. */
export interface RecordHistory {
  /** Requests that were begun, and failures to read the record. */
  attempts: number
  /** Those of them that failed in a way that counts against the limit of attempts. */
  failures: number
  /** Milliseconds by the monotonic clock. */
  begunAt?: number
  /** Milliseconds since the epoch. */
  firstFailureAt?: number
  lastFailureAt?: number
  /** What the endpoint answered last, where it answered. */
  lastStatus?: number | undefined
  /** Of the record, since its first attempt by whoever has it now. */
  span?: TraceSpan
}
