/** One record for a topic, given as the bytes that are to lie there. */
export interface WrittenRecord {
  readonly topic: string
  /** Default: by the key, as every publisher of Java's does; without a key any. */
  readonly partition?: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** By name, which may come several times. */
  readonly headers: ReadonlyMap<string, readonly (Buffer | string)[]>
}

/** Where a record came to lie. */
export interface WrittenPlace {
  readonly partition: number
  readonly offset: bigint
}

/** Writes single records, for what is rare: no batches, no order between calls that overlap. */
export interface TopicWriter {
  /**
   * Resolved: all in-sync replicas have it. Rejected: not known to be there, which does not mean that it is not. With
   * `KAFKA_CONFIGURATION` somebody must do what the message says first; with `KAFKA_UNAVAILABLE` it may pass.
   */
  write(record: WrittenRecord): Promise<WrittenPlace>
  /** Idempotent; waits for what is being written. Then every write rejects with `SINK_CLOSED`. */
  close(): Promise<void>
}
