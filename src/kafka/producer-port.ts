/** One record as it goes to the broker. `timestamp` is milliseconds since the epoch as text. */
export interface WireRecord {
  readonly key: Buffer
  readonly value: Buffer
  readonly timestamp: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The records of one partition in one request. A batch is sent again only with the same records in the same order. */
export interface ProduceBatch {
  readonly partition: number
  readonly records: readonly WireRecord[]
}

/** What the broker says about one partition of a request. `baseOffset` is the offset of the batch's first record. */
export interface ProduceReply {
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: string
}

/** Partition to the id of the broker that leads it. A partition without leader is left out. */
export type Leaders = ReadonlyMap<number, number>

/** Called whenever the producer sees newer metadata of its topic, from wherever it came. */
export type OnLeaders = (leaders: Leaders, partitionCount: number) => void

/**
 * An idempotent producer of one topic, as narrow as the lanes need it. A batch that is sent again unchanged through the
 * same producer, before anything newer of its partition, is written once, whatever became of the earlier attempt.
 */
export interface ProducerPort {
  /** Rejected: this producer is of no use any more (it may have no producer id); close it and make another. */
  connect(): Promise<void>
  /**
   * One attempt, one request, to one broker. Settles only when nothing of the request is under way in this process.
   * Resolves with what the broker said; rejects with LEADER_MOVED, and nothing sent, if this producer's
   * metadata does not say that `broker` leads all the partitions.
   */
  produce(broker: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceReply[]>
  /** Asks the cluster for fresh metadata and resolves when {@link OnLeaders} has been told. */
  refreshLeaders(): Promise<void>
  /** Closes the connections. What is under way may settle or not. */
  close(): Promise<void>
}

/** Makes a producer that is not connected yet; called again when the old one must be replaced. */
export type ProducerFactory = (onLeaders: OnLeaders) => ProducerPort
