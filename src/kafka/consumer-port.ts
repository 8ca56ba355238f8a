/** One record as it lies in a topic. */
export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** By name, which may come several times. */
  readonly headers: ReadonlyMap<string, readonly Buffer[]>
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

/** Names a partition. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition as long as this member of the group has it: from one join of the group to the next. */
export interface HeldPartition {
  /**
   * False as soon as it may be somebody else's: the group was joined anew, or has not heard of this member for
   * nearly a session. Then no work may begin. It may become true again in the latter case.
   */
  isHeld(): boolean
  /**
   * Writes `next` into the group: whoever gets the partition begins there. Does nothing once the group was
   * joined anew. Rejects when the group refuses or cannot be reached.
   */
  commit(next: bigint): Promise<void>
  /** Nothing more is fetched, until {@link resume}; a batch that is under way may still come. */
  pause(): void
  resume(): void
}

/** What is done with the records; the consumer calls it, never for one partition twice at the same time. */
export interface BatchHandler {
  /**
   * Takes a batch over and returns at once; reading goes on behind it. Batches of a partition come in order,
   * without overlap as long as it is held. Commits, and how much is in hand before {@link HeldPartition.pause},
   * are the handler's.
   */
  take(batch: RecordBatch, held: HeldPartition): void
  /**
   * Ends the work on all partitions, or on the one given, and commits what may be committed. Resolves within
   * `withinMs` at the latest, never rejects. Until then the partitions are held, no batch comes, and the group
   * waits; what has no outcome by then is read again, by whoever gets the partition.
   */
  giveBack(withinMs: number, only?: TopicPartition): Promise<void>
}

/** One member of a consumer group. */
export interface ConsumerPort {
  /**
   * Joins the group and hands batches to `handler` until closed. Resolves when the group has been joined for
   * the first time; with the brokers down it goes on trying. Rejects only when closed before. Later failures
   * are healed by joining again.
   */
  start(handler: BatchHandler): Promise<void>
  /** Ready: a member of the group, with the last sign of life no older than a session. */
  readiness(): { readonly ready: boolean; readonly reason?: string }
  /**
   * Lets the handler give everything back and leaves the group. Idempotent. After the deadline (default 10 s)
   * it resolves all the same; from then on nothing is held any more.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>
}
