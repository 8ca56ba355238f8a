import type { TopicSpec } from './topics.ts'

/** Names of topics by what is with them. */
export interface TopicsReport {
  readonly created: readonly string[]
  readonly existing: readonly string[]
  /** Only from {@link AdminPort.planTopics}. */
  readonly missing: readonly string[]
  /**
   * What is not as specified in topics that exist, a sentence each: topic, setting, found, wanted. Nothing is ever altered;
   * the operator decides.
   */
  readonly findings: readonly string[]
}

/** What the relay asks of a cluster beside writing and reading. Calls reject with KAFKA_UNAVAILABLE or KAFKA_CONFIGURATION. */
export interface AdminPort {
  /** Compares with what is there; changes nothing. */
  planTopics(specs: readonly TopicSpec[]): Promise<TopicsReport>
  /** Creates the topics that are missing. Those that exist are reported with what differs, and left as they are. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<TopicsReport>
  /** Undefined if there is no such topic. */
  partitionCount(topic: string): Promise<number | undefined>
  /** The topic's `max.message.bytes`; undefined if there is no such topic. */
  maxMessageBytes(topic: string): Promise<number | undefined>
  /** For each partition the offset that the next record will get. */
  latestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>>
  /** Idempotent. */
  close(): Promise<void>
}
