import type { ConsumedRecord } from './consumer-port.ts'

/** Where the reading of a topic begins. */
export interface TopicStart {
  readonly topic: string
  /** The offset that comes first, by partition. Partitions that are left out are not read. */
  readonly partitions: ReadonlyMap<number, bigint>
  /** How many partitions the topic has, as far as is known; Infinity where further ones are of no interest. */
  readonly partitionCount: number
}

export interface FollowHandlers {
  /** One record at a time, those of a partition in their order, each once; waited for. */
  readonly onRecord: (record: ConsumedRecord) => void | Promise<void>
  /** Records that are written from now on come at once. Called again after every interruption that healed by itself. */
  readonly onReading?: () => void
  /**
   * Partitions hold less than was read of them, as those of a topic that was deleted and created again do. They are read from
   * these offsets on, the first that they hold. Not noticed where the new ones have grown beyond the old place already.
   */
  readonly onAnew?: (starts: ReadonlyMap<number, bigint>) => void
}

/** Reads topics as they grow, without any consumer group of others getting to know of it. */
export interface TopicFollower {
  /**
   * Calls `onRecord` for each record from the start on, also for those that are still to be written.
   *
   * Resolves only when the topic has got further partitions: go on with them, from where this one came. Rejects with what
   * `onRecord` throws, with the signal's reason once that is aborted, and with `KAFKA_UNAVAILABLE` (after some 10 s without
   * brokers) or `KAFKA_CONFIGURATION`.
   */
  follow(start: TopicStart, handlers: FollowHandlers, signal: AbortSignal): Promise<void>
}
