/** A topic as it should be. Values of `settings` are Kafka's, as texts. */
export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly settings: Readonly<Record<string, string>>
}

export interface RelayTopicsOptions {
  /** Default `registry.events.v1`. */
  readonly events?: string
  /** Default `registry.events.dlq.v1`. */
  readonly deadLetters?: string
  /** Default `registry.events.rejected.v1`. */
  readonly rejected?: string
  /** Copies of every record. 3 for a cluster; 1 on a single broker. */
  readonly replicationFactor: number
  /** Of the topic of events. Default 12; chosen once, because raising it moves repositories to other partitions. */
  readonly partitions?: number
}

const mebibyte = 1024 * 1024
const day = 24 * 60 * 60 * 1000

/** Longer than a consumer is ever down; a record older than this is gone whether or not it was read. */
const retentionMs = 14 * day
const maxMessageBytes = 2 * mebibyte
/** A dead letter is the record as it was and headers that say why. */
const reasonBytes = mebibyte / 16
/** Few and rare: order matters only among the records of one repository, and one partition would hold them. */
const sidePartitions = 3

/** The topics of the relay: events, what could not be delivered, and bodies that were no notification. */
export function relayTopics(options: RelayTopicsOptions): readonly TopicSpec[] {
  const { replicationFactor, partitions = 12 } = options
  const spec = (topic: string, count: number, bytes: number): TopicSpec => ({
    topic,
    partitions: count,
    replicationFactor,
    settings: {
      // One broker may be down and writing goes on; a write that is acknowledged is on at least two.
      'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
      // A replica that lagged behind must not become leader: it would take acknowledged records away.
      'unclean.leader.election.enable': 'false',
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'compression.type': 'producer',
      'max.message.bytes': String(bytes),
      'message.timestamp.type': 'CreateTime',
    },
  })
  return [
    spec(options.events ?? 'registry.events.v1', partitions, maxMessageBytes),
    spec(options.deadLetters ?? 'registry.events.dlq.v1', sidePartitions, maxMessageBytes + reasonBytes),
    spec(options.rejected ?? 'registry.events.rejected.v1', sidePartitions, maxMessageBytes + reasonBytes),
  ]
}
