/** What the relay keeps in a topic. `route`: events too, of those that a rule of the configuration sends elsewhere. */
export type TopicRole = 'events' | 'route' | 'dead-letters' | 'rejected'

/** A topic as it should be. Values of `settings` are Kafka's, as texts. */
export interface TopicSpec {
  readonly topic: string
  /** Says how much it matters when the topic is otherwise. Default `events`. */
  readonly role?: TopicRole
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
  /** Further topics of events: made like the one of events. Default: none. */
  readonly routes?: readonly { readonly topic: string }[]
  /** Copies of every record. 3 for a cluster; 1 on a single broker. */
  readonly replicationFactor: number
  /** Of the topics of events. Default 12; chosen once, because raising it moves repositories to other partitions. */
  readonly partitions?: number
}

const mebibyte = 1024 * 1024
const day = 24 * 60 * 60 * 1000

/** Longer than a consumer is ever down; a record older than this is gone whether or not it was read. */
const retentionMs = 14 * day
const maxMessageBytes = 2 * mebibyte
/** A dead letter is the record as it was and headers that say why. */
export const reasonBytes: number = mebibyte / 16
/** Few and rare: order matters only among the records of one repository, and one partition would hold them. */
const sidePartitions = 3

/** The topics of the relay: events, those of routes, what could not be delivered, and bodies that were no notification. */
export function relayTopics(options: RelayTopicsOptions): readonly TopicSpec[] {
  const { replicationFactor, partitions = 12, routes = [] } = options
  const spec = (role: TopicRole, topic: string, count: number, bytes: number): TopicSpec => ({
    topic,
    role,
    partitions: count,
    replicationFactor,
    settings: {
      'min.insync.replicas': String(minInSync(replicationFactor)),
      // A replica that lagged behind must not become leader: it would take acknowledged records away.
      'unclean.leader.election.enable': 'false',
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      // A limit that the cluster sets for all topics would end the time above when there is much to store.
      'retention.bytes': '-1',
      'compression.type': 'producer',
      'max.message.bytes': String(bytes),
      'message.timestamp.type': 'CreateTime',
    },
  })
  const events = options.events ?? 'registry.events.v1'
  const routed = new Set(routes.map(({ topic }) => topic).filter((topic) => topic !== events))
  return [
    spec('events', events, partitions, maxMessageBytes),
    ...[...routed].map((topic) => spec('route', topic, partitions, maxMessageBytes)),
    spec(
      'dead-letters',
      options.deadLetters ?? 'registry.events.dlq.v1',
      sidePartitions,
      maxMessageBytes + reasonBytes,
    ),
    spec(
      'rejected',
      options.rejected ?? 'registry.events.rejected.v1',
      sidePartitions,
      maxMessageBytes + reasonBytes,
    ),
  ]
}

/**
 * A write that is acknowledged is on at least two brokers wherever there are two copies, and with three and more one broker
 * may be down and writing goes on. (With two it stops then: better than an acknowledged event on one disk.)
 */
export function minInSync(replicationFactor: number): number {
  return replicationFactor === 1 ? 1 : Math.max(2, replicationFactor - 1)
}
