import { createRequire } from 'node:module'
import type kafkajs from 'kafkajs'
import {
  type GroupHooks,
  hookedAssigner,
  patchConsumerGroup,
} from '../../../../src/kafka/kafkajs/consumer-hooks.ts'

const require = createRequire(import.meta.url)
const createConsumer = require('kafkajs/src/consumer') as (options: object) => kafkajs.Consumer
const { MemberAssignment } = require('kafkajs/src/consumer/assignerProtocol') as {
  MemberAssignment: { encode(what: object): Buffer }
}

const silent = { namespace: () => silent, debug() {}, info() {}, warn() {}, error() {} }

/** A broker of one topic `t` with one partition, as kafkajs sees it: the test answers. */
export class ScriptedBroker {
  readonly commits: { groupGenerationId: number; memberId: string; topics: object[] }[] = []
  readonly fetchedFrom: string[] = []
  joins = 0
  leaves = 0
  heartbeats = 0
  assignment: Record<string, number[]> = { t: [0] }
  onJoin: () => Promise<void> = async () => {}
  onHeartbeat: () => Promise<void> = async () => {}
  /** Records of the partition by the offset asked for; none: an answer without records. */
  onFetch: (offset: number) => object[] = () => []

  isConnected(): boolean {
    return true
  }
  async joinGroup(): Promise<object> {
    await this.onJoin()
    this.joins++
    return { generationId: this.joins, leaderId: 'other', memberId: 'm', members: [], groupProtocol: 'any' }
  }
  async syncGroup(): Promise<object> {
    const { assignment } = this
    return {
      memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }),
    }
  }
  async heartbeat(): Promise<void> {
    this.heartbeats++
    await this.onHeartbeat()
  }
  async leaveGroup(): Promise<void> {
    this.leaves++
  }
  async offsetFetch({
    topics,
  }: {
    topics: { topic: string; partitions: { partition: number }[] }[]
  }): Promise<object> {
    const nothing = { offset: '-1', metadata: '' }
    return {
      responses: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((one) => ({ ...one, ...nothing })),
      })),
    }
  }
  async offsetCommit(commit: {
    groupGenerationId: number
    memberId: string
    topics: object[]
  }): Promise<void> {
    this.commits.push(commit)
  }
  async fetch({ topics }: { topics: { partitions: { fetchOffset: string }[] }[] }): Promise<object> {
    await new Promise((resolve) => setImmediate(resolve))
    const fetchOffset = topics[0]?.partitions[0]?.fetchOffset ?? '0'
    this.fetchedFrom.push(fetchOffset)
    const messages = this.onFetch(Number(fetchOffset))
    const partitions = [{ partition: 0, highWatermark: '100', abortedTransactions: [], messages }]
    return { responses: [{ topicName: 't', partitions }] }
  }
}

export function message(offset: number, isControlRecord = false): object {
  return {
    offset: String(offset),
    key: null,
    value: null,
    timestamp: '0',
    headers: {},
    attributes: 0,
    isControlRecord,
  }
}

/** What hooks see that change nothing. */
export class WatchingHooks implements GroupHooks {
  readonly seen: string[] = []

  join: GroupHooks['join'] = async (_, join) => {
    this.seen.push('join')
    await join()
  }
  leave: GroupHooks['leave'] = async (leave) => {
    this.seen.push('leave')
    await leave()
  }
  fetch: GroupHooks['fetch'] = (fetch) => fetch()
  reset: GroupHooks['reset'] = async (_topic, _partition, reset) => {
    this.seen.push('reset')
    await reset()
  }
}

/** kafkajs's own consumer over a scripted broker. Connects and joins with {@link kafkajs.Consumer.run}. */
export function ownConsumer(
  broker: ScriptedBroker,
  { hooks, restarts = false }: { readonly hooks: GroupHooks; readonly restarts?: boolean },
): kafkajs.Consumer {
  patchConsumerGroup()
  const committed = {}
  const cluster = {
    connect: async () => {},
    disconnect: async () => {},
    refreshMetadata: async () => {},
    refreshMetadataIfNecessary: async () => {},
    addMultipleTargetTopics: async () => {},
    getNodeIds: () => [1],
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
    findGroupCoordinator: async () => broker,
    findBroker: async () => broker,
    removeBroker: () => {},
    committedOffsets: () => committed,
    defaultOffset: () => '-2',
    fetchTopicsOffset: async (topics: { topic: string; partitions: object[] }[]) =>
      topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((one) => ({ ...one, offset: '0' })),
      })),
  }
  return createConsumer({
    ...{ cluster, groupId: 'g', logger: silent, metadataMaxAge: 300_000 },
    ...{ heartbeatInterval: 0, maxWaitTimeInMs: 1, partitionAssigners: [hookedAssigner(hooks)] },
    retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 2, restartOnFailure: async () => restarts },
  })
}
