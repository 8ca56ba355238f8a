import type { CommittedOffset } from './consumer-port.ts'
import type { ClusterState, TopicFinding } from './topic-state.ts'
import type { TopicSpec } from './topics.ts'

/** Names of topics by what is with them. */
export interface TopicsReport {
  readonly created: readonly string[]
  readonly existing: readonly string[]
  /** Only from {@link AdminPort.planTopics}. */
  readonly missing: readonly string[]
  /** What is not as it should be. Nothing is ever altered; the operator decides. */
  readonly findings: readonly TopicFinding[]
}

/** What the relay asks of a cluster beside writing and reading. Calls reject with KAFKA_UNAVAILABLE or KAFKA_CONFIGURATION. */
export interface AdminPort {
  /** Topics that do not exist are left out of the answer. */
  describeTopics(topics: readonly string[]): Promise<ClusterState>
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
  /** For each partition the offset of the earliest record that is there; that of the next record where there is none. */
  earliestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>>
  /**
   * For each partition the offset of the first record whose timestamp is at `timestampMs` (since the epoch) or later; that of
   * the next record where there is none.
   */
  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>>
  /** What a consumer group remembers of a topic; partitions of which it remembers nothing are left out. */
  groupOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>>
  /** Makes a group without members remember these offsets. Rejects when it has members. */
  presetOffsets(groupId: string, topic: string, offsets: ReadonlyMap<number, CommittedOffset>): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}
