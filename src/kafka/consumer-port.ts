/** One record as it lies in a topic. */
export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Milliseconds since the epoch; for records of the relay: when the event was received. */
  readonly timestamp: number
}

/** What one fetch brought of one partition, in order of offset. */
export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ConsumedRecord[]
  /**
   * Where reading goes on: after the last record, and after what is no record (control records, compacted
   * offsets).
   */
  readonly next: bigint
  /** Offset after the last record of the partition that may be read. */
  readonly highWatermark: bigint
}

/** A member of a consumer group that holds a partition while its handler runs. */
export interface BatchContext {
  /**
   * Tells the group that this member lives; to be called at least every third of the session, cheap to call
   * more often. Rejects when the group rebalances, has thrown the member out, or cannot be reached: then the
   * handler ends.
   */
  heartbeat(): Promise<void>
  /**
   * Every record below `next` has its outcome: reading goes on there, should the handler end before the batch
   * does.
   */
  resolve(next: bigint): void
  /**
   * Writes `next` into the group: whoever gets the partition begins there. Rejects as {@link heartbeat} does.
   */
  commit(next: bigint): Promise<void>
  /**
   * False when the partition is not this member's any more, or the consumer stops: start nothing, commit
   * nothing new.
   */
  isActive(): boolean
}

/**
 * Gets the batches of one partition one after another, those of several partitions at the same time. It
 * resolves when the batch is dealt with or the consumer stops; it rejects only with what a method of its
 * context rejected with, so that the group can be joined again. A rebalance waits until all handlers have
 * ended.
 */
export type BatchHandler = (batch: RecordBatch, context: BatchContext) => Promise<void>

/** One member of a consumer group. */
export interface ConsumerPort {
  /**
   * Joins the group and calls `handler` until closed. Resolves when the group has been joined for the first
   * time; with the brokers down it goes on trying. Rejects only when closed before. Later failures are healed
   * by joining again.
   */
  start(handler: BatchHandler): Promise<void>
  /** Ready: a member of the group, with the last sign of life no older than a session. */
  readiness(): { readonly ready: boolean; readonly reason?: string }
  /**
   * Leaves the group after the running handlers have ended, for which {@link BatchContext.isActive} turns
   * false. Idempotent. After the deadline (default 10 s) it resolves all the same: from then on a handler
   * finds itself inactive.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>
}
