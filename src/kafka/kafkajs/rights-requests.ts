import type { KafkaOperation, Rights } from '../rights-port.ts'
import { Decoder, Encoder, type ProtocolRequest } from './protocol.ts'

/** A name with the code that Kafka answered for it, and with what we may do where that is 0. */
export interface Answered {
  readonly name: string
  readonly errorCode: number
  readonly rights: Rights
}

/** The first versions that say what we may do; the client knows older ones only. They need Kafka 2.3. */
export const rightsVersions = { metadata: { key: 3, version: 8 }, groups: { key: 15, version: 3 } } as const

/** Kafka's numbers for operations are the places of their bits. */
const operations: readonly (readonly [bit: number, name: KafkaOperation])[] = [
  [3, 'READ'],
  [4, 'WRITE'],
  [5, 'CREATE'],
  [6, 'DELETE'],
  [7, 'ALTER'],
  [8, 'DESCRIBE'],
  [10, 'DESCRIBE_CONFIGS'],
  [11, 'ALTER_CONFIGS'],
]

/** What stands there when nobody asked, and when the broker does not know. */
const notSaid = -(2 ** 31)

export function rightsOf(bits: number): Rights {
  if (bits === notSaid) return 'unknown'
  return new Set(operations.filter(([bit]) => (bits & (1 << bit)) !== 0).map(([, name]) => name))
}

/** Metadata of topics, which creates none of them. */
export function topicRightsRequest(topics: readonly string[]): ProtocolRequest<readonly Answered[]> {
  const { key, version } = rightsVersions.metadata
  return {
    request: {
      ...{ apiKey: key, apiVersion: version, apiName: 'Metadata' },
      // No automatic creation, nothing about the cluster, the rights on each topic.
      encode: async () =>
        new Encoder().writeNullableArray(topics).writeBoolean(false).writeBoolean(false).writeBoolean(true),
    },
    response: { decode: async (bytes) => topicRights(new Decoder(bytes)), parse: async (answer) => answer },
  }
}

/** Descriptions of groups. One that does not exist is described as dead, and stays so. */
export function groupRightsRequest(groups: readonly string[]): ProtocolRequest<readonly Answered[]> {
  const { key, version } = rightsVersions.groups
  return {
    request: {
      ...{ apiKey: key, apiVersion: version, apiName: 'DescribeGroups' },
      encode: async () => new Encoder().writeArray(groups).writeBoolean(true),
    },
    response: { decode: async (bytes) => groupRights(new Decoder(bytes)), parse: async (answer) => answer },
  }
}

function topicRights(answer: Decoder): readonly Answered[] {
  answer.readInt32()
  answer.readArray((broker) => [
    broker.readInt32(),
    broker.readString(),
    broker.readInt32(),
    broker.readString(),
  ])
  answer.readString()
  answer.readInt32()
  return answer.readArray((topic) => {
    const errorCode = topic.readInt16()
    const name = topic.readString() ?? ''
    topic.readBoolean()
    topic.readArray(skipPartition)
    return { name, errorCode, rights: rightsOf(topic.readInt32()) }
  })
}

function skipPartition(partition: Decoder): void {
  partition.readInt16()
  // Its number, its leader and the epoch of that one.
  for (let field = 0; field < 3; field += 1) partition.readInt32()
  // Replicas, those in sync and those that are away.
  for (let field = 0; field < 3; field += 1) partition.readArray((replica) => replica.readInt32())
}

function groupRights(answer: Decoder): readonly Answered[] {
  answer.readInt32()
  return answer.readArray((group) => {
    const errorCode = group.readInt16()
    const name = group.readString() ?? ''
    for (let field = 0; field < 3; field += 1) group.readString()
    group.readArray((member) => {
      for (let field = 0; field < 3; field += 1) member.readString()
      return [member.readBytes(), member.readBytes()]
    })
    return { name, errorCode, rights: rightsOf(group.readInt32()) }
  })
}
