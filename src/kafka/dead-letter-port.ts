import type { ErrorCode } from '../errors.ts'
import type { ConsumedRecord } from './consumer-port.ts'

/** Why a record was given up, and how long it was tried. Nothing of the record's content. */
export interface DeadLetterReason {
  readonly code: ErrorCode
  /** What was wrong, in a sentence. */
  readonly message: string
  /** `decode`: its bytes cannot be read. `deliver`: the endpoint does not take it. */
  readonly stage: 'decode' | 'deliver'
  /** From 1. */
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly firstFailureAt: number
  readonly lastFailureAt: number
  /** What the endpoint answered last, where it answered. */
  readonly lastStatus?: number | undefined
}

/** Where a dead letter lies. */
export interface DeadLetterPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** Keeps records that are not delivered, as the bytes they are. */
export interface DeadLetters {
  /**
   * Resolved: all in-sync replicas have it, there; undefined where it is not kept but told. Rejected: not known to be there,
   * call again.
   */
  write(record: ConsumedRecord, reason: DeadLetterReason): Promise<DeadLetterPlace | undefined>
  /** Idempotent; waits for what is being written. */
  close(): Promise<void>
}
