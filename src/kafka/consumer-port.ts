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

/** What a group remembers of a partition. */
export interface CommittedOffset {
  /** Where whoever gets the partition begins. */
  readonly next: bigint
  /** Whatever was written beside it; empty where nothing was. */
  readonly metadata: string
}

/** A partition as long as this member of the group has it: from one join of the group to the next. */
export interface HeldPartition {
  /**
   * What the group remembered when it was joined. Undefined: nothing (a new group, or one that was reset), or it could not
   * be asked; reading then begins where the first batch does.
   */
  readonly committed: CommittedOffset | undefined
  /**
   * False as soon as it may be somebody else's: the group was joined anew, or has not heard of this member for
   * nearly a session. Then no work may begin. It may become true again in the latter case.
   */
  isHeld(): boolean
  /** Nothing more is fetched, until {@link resume}; a batch that is under way may still come. */
  pause(): void
  resume(): void
}

/** How far one partition is. */
export interface PartitionCommit extends TopicPartition, CommittedOffset {}

/** Records that are gone before anybody read them. */
export interface LostRecords extends TopicPartition {
  /** Where the group would have gone on. */
  readonly from: bigint
  /** The earliest record that is there: reading goes on here. */
  readonly to: bigint
  /**
   * How many offsets lie between. 0: `from` lies behind `to`, so the topic was made anew or cut off, and what was in the old
   * one cannot be counted.
   */
  readonly count: bigint
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
  /** What the group remembered does not exist any more. Called after {@link giveBack} of that partition. */
  lost(records: LostRecords): void
}

/** One member of a consumer group. */
export interface ConsumerPort {
  /**
   * Joins the group and hands batches to `handler` until closed. Resolves when the group has been joined for
   * the first time; with the brokers down it goes on trying. Rejects only when closed before. Later failures
   * are healed by joining again.
   */
  start(handler: BatchHandler): Promise<void>
  /**
   * Writes all of it into the group by one request: whoever gets the partitions begins there, and gets the metadata. Rejects
   * when the group refuses or cannot be reached, and once the partitions are not held any more; then some of them may be
   * written and others not. With COMMIT_METADATA_TOO_LARGE the group takes no metadata of that length, and none of those
   * entries is written.
   */
  commit(offsets: readonly PartitionCommit[]): Promise<void>
  /**
   * For each of these partitions the offset that its next record will get. Rejects when Kafka cannot be asked. Partitions
   * whose end is not known are left out.
   */
  ends(partitions: readonly TopicPartition[]): Promise<readonly (TopicPartition & { readonly end: bigint })[]>
  /** Ready: a member of the group, with the last sign of life no older than a session. */
  readiness(): { readonly ready: boolean; readonly reason?: string }
  /**
   * Lets the handler give everything back and leaves the group. Idempotent. After the deadline (default 10 s)
   * it resolves all the same; from then on nothing is held any more. False: the group did not answer the leave, and may count
   * the member until its session is over.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>
}
