/** A topic as it is. */
export interface TopicState {
  readonly partitions: number
  /** Of the partition that has the fewest copies. */
  readonly replicationFactor: number
  /** By Kafka's names, those from the brokers' defaults included; undefined where we are not permitted to see them. */
  readonly settings: ReadonlyMap<string, string> | undefined
  /** Of each partition, in their order. */
  readonly copies: readonly PartitionCopies[]
}

/** How much of a partition there is at the moment. */
export interface PartitionCopies {
  readonly partition: number
  /** Without one nothing can be read from it or written to it. */
  readonly hasLeader: boolean
  readonly copies: number
  /** Those that have all of it, the leader's own included. */
  readonly inSync: number
}

/** What is there of the topics that were asked for. */
export interface ClusterState {
  /** That answer at the moment. */
  readonly brokers: number
  readonly topics: ReadonlyMap<string, TopicState>
}

/** One thing about a topic that is not as it should be. */
export interface TopicFinding {
  readonly topic: string
  /**
   * Kafka's name of the setting, or `partitions`, `replicationFactor`, `leaders`, `inSync` (copies of partitions), `settings`
   * (not visible), `topic` (missing), `brokers` (too few for a topic that is missing).
   */
  readonly setting: string
  readonly found: string
  /** The value to give to `setting`; it may be more than the specification asks, when another topic's value does. */
  readonly wanted: string
  /** `danger`: events are lost, out of order or held up, now or at the next fault. `notice`: worth knowing. */
  readonly severity: TopicSeverity
  /** What happens because of it, in a sentence. */
  readonly why: string
  /** What the operator can do, in a sentence. */
  readonly action: string
}

export type TopicSeverity = 'danger' | 'notice'
