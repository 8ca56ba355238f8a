import type { BrokerAddress } from '../rights-port.ts'
import type { PartitionCopies } from '../topic-state.ts'
import { Decoder, Encoder, type ProtocolRequest } from './protocol.ts'

/** The cluster as one of its brokers knows it. */
export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[]
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly name: string
  /** Kafka's, of the topic as a whole; 0 where there is nothing to say. */
  readonly errorCode: number
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionCopies[]
}

/**
 * Metadata of topics, which creates none of them; of no topic, only the brokers. The client's own request for it asks for all
 * topics of the cluster, and fails as a whole where a single partition among them has no leader.
 */
export function metadataRequest(topics: readonly string[]): ProtocolRequest<ClusterMetadata> {
  return {
    request: {
      // Of Kafka 1.0, with what is asked for here; every later one speaks it too.
      ...{ apiKey: 3, apiVersion: 5, apiName: 'Metadata' },
      encode: async () => new Encoder().writeArray(topics).writeBoolean(false),
    },
    response: { decode: async (bytes) => metadataOf(new Decoder(bytes)), parse: async (answer) => answer },
  }
}

function metadataOf(answer: Decoder): ClusterMetadata {
  answer.readInt32()
  const brokers = answer.readArray((broker): BrokerAddress => {
    const address = { id: broker.readInt32(), host: broker.readString() ?? '', port: broker.readInt32() }
    broker.readString()
    return address
  })
  answer.readString()
  answer.readInt32()
  const topics = answer.readArray((topic): TopicMetadata => {
    const errorCode = topic.readInt16()
    const name = topic.readString() ?? ''
    topic.readBoolean()
    const partitions = topic.readArray(partitionOf)
    return { name, errorCode, partitions: partitions.toSorted((a, b) => a.partition - b.partition) }
  })
  return { brokers, topics }
}

function partitionOf(answer: Decoder): PartitionCopies {
  // Its error says what the leader says, or that one of its copies is away.
  answer.readInt16()
  const partition = answer.readInt32()
  const hasLeader = answer.readInt32() >= 0
  const [copies, inSync] = [brokerCount(answer), brokerCount(answer)]
  // Those that are away.
  brokerCount(answer)
  return { partition, hasLeader, copies, inSync }
}

function brokerCount(answer: Decoder): number {
  return answer.readArray((broker) => broker.readInt32()).length
}
