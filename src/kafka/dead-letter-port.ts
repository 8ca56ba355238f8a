import type { ErrorCode } from '../errors.ts'
import type { ConsumedRecord } from './consumer-port.ts'

export interface DeadLetterReason {
  readonly code: ErrorCode
  /** What was wrong, in a sentence; nothing of the record's content. */
  readonly message: string
}

/** Keeps records that no attempt can ever deliver, as the bytes they are. */
export interface DeadLetters {
  /** Resolved: all in-sync replicas have it. Rejected: not known to be there, call again. */
  write(record: ConsumedRecord, reason: DeadLetterReason): Promise<void>
  /** Idempotent; waits for what is being written. */
  close(): Promise<void>
}
