import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type kafkajs from 'kafkajs'
import { classify, rootCause } from '../../../../src/kafka/classify.ts'
import {
  type InstructedMessage,
  type Instruction,
  LeaderMoved,
  leaderProbe,
  PartitionGuard,
} from '../../../../src/kafka/kafkajs/partition-guard.ts'
import { settle } from '../../../support/manual-clock.ts'
import { watch } from '../publisher-bed.ts'

const require = createRequire(import.meta.url)
const createSendMessages = require('kafkajs/src/producer/sendMessages')
const createRetry = require('kafkajs/src/retry')

type Partitioner = (args: kafkajs.PartitionerArgs) => number

/** kafkajs's own code for a send, over a cluster of two brokers whose answers the test gives. */
class TwoBrokers {
  readonly produced: { broker: number; fail(error: Error): void; answer(): void }[] = []
  refreshes = 0
  metadata: kafkajs.PartitionMetadata[]

  constructor(leaders: readonly number[]) {
    this.metadata = metadataOf(leaders)
  }

  send(partitioner: Partitioner, messages: kafkajs.Message[], retries = Number.NaN): Promise<unknown> {
    const silent = { debug() {}, error() {}, warn() {}, info() {} }
    const send = createSendMessages({
      logger: silent,
      cluster: {
        refreshMetadataIfNecessary: async () => {},
        refreshMetadata: async () => {
          this.refreshes += 1
        },
        addMultipleTargetTopics: async () => {},
        isConnected: () => true,
        targetTopics: new Set(['t']),
        findTopicPartitionMetadata: () => this.metadata,
        findLeaderForPartitions: (_topic: string, partitions: string[]) => {
          const byLeader: Record<string, number[]> = {}
          for (const partition of partitions.map(Number)) {
            const leader = this.metadata[partition]?.leader as number
            byLeader[leader] = [...(byLeader[leader] ?? []), partition]
          }
          return byLeader
        },
        findBroker: async ({ nodeId }: { nodeId: string }) => this.#broker(Number(nodeId)),
      },
      eosManager: {
        acquireBrokerLock: async () => {},
        releaseBrokerLock: async () => {},
        isTransactional: () => false,
        getSequence: () => 0,
        updateSequence: () => {},
        getProducerId: () => 1,
        getProducerEpoch: () => 0,
      },
      partitioner,
      retrier: createRetry({ initialRetryTime: 1, retries }),
    })
    return send({ acks: -1, timeout: 1_000, topicMessages: [{ topic: 't', messages }] })
  }

  readonly #brokers = new Map<number, object>()

  #broker(nodeId: number): object {
    const broker = this.#brokers.get(nodeId) ?? {
      nodeId,
      produce: () =>
        new Promise((resolve, reject) => {
          this.produced.push({ broker: nodeId, fail: reject, answer: () => resolve({ topics: [] }) })
        }),
    }
    this.#brokers.set(nodeId, broker)
    return broker
  }
}

function metadataOf(leaders: readonly number[]): kafkajs.PartitionMetadata[] {
  return leaders.map((leader, partitionId) => ({
    partitionId,
    leader,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }))
}

function messagesOf(instruction: Instruction, partitions: readonly number[]): InstructedMessage[] {
  return partitions.map((partition) => ({ value: 'x', partition, instruction }))
}

test('P1 (rule 2): a send that would span two brokers throws LeaderMoved before any request', async () => {
  const cluster = new TwoBrokers([1, 2])
  const guard = new PartitionGuard(() => {})
  const instruction: Instruction = { kind: 'produce', broker: 1, partitions: [0, 1] }
  await assert.rejects(cluster.send(guard.partition, messagesOf(instruction, [0, 1])), (error) => {
    assert.ok(rootCause(error) instanceof LeaderMoved)
    return true
  })
  assert.deepEqual(cluster.produced, [])
})

test('P1 (rule 2): the guard looks at every partition of the send, not only at that of the first message', async () => {
  const cluster = new TwoBrokers([1, 1, 1, -1])
  const guard = new PartitionGuard(() => {})
  const instruction: Instruction = { kind: 'produce', broker: 1, partitions: [0, 1, 3] }
  await assert.rejects(cluster.send(guard.partition, messagesOf(instruction, [0, 1, 3])), /led by nobody/)
  assert.deepEqual(cluster.produced, [])
})

test('P1: without the guard a send rejects while one of its requests is still under way', async () => {
  // What the guard is for. When this fails the client has changed, and the guard may be a brake for nothing.
  const cluster = new TwoBrokers([1, 2])
  const instruction: Instruction = { kind: 'look' }
  const naive: Partitioner = ({ message }) => message.partition as number
  const send = watch(cluster.send(naive, messagesOf(instruction, [0, 1])))
  await settle()
  assert.deepEqual(
    cluster.produced.map(({ broker }) => broker),
    [1, 2],
  )
  cluster.produced[0]?.fail(new Error('socket hang up'))
  await settle()
  assert.equal(send.state, 'rejected')
  cluster.produced[1]?.answer()
})

test('P1: a send to one broker settles only with its request', async () => {
  const cluster = new TwoBrokers([1, 1])
  const guard = new PartitionGuard(() => {})
  const instruction: Instruction = { kind: 'produce', broker: 1, partitions: [0, 1] }
  const send = watch(cluster.send(guard.partition, messagesOf(instruction, [0, 1])))
  await settle()
  assert.equal(cluster.produced.length, 1)
  assert.equal(send.state, 'open')
  cluster.produced[0]?.answer()
  await settle()
  assert.equal(send.state, 'resolved')
})

test('P1 (rule 3): the guard holds on every attempt, should somebody let the client retry', async () => {
  const cluster = new TwoBrokers([1, 1])
  const guard = new PartitionGuard(() => {})
  const instruction: Instruction = { kind: 'produce', broker: 1, partitions: [0, 1] }
  const send = watch(cluster.send(guard.partition, messagesOf(instruction, [0, 1]), 5))
  await settle()
  cluster.metadata = metadataOf([1, 2])
  cluster.produced[0]?.fail(
    Object.assign(new Error('moved'), { name: 'KafkaJSProtocolError', retriable: true }),
  )
  const end = performance.now() + 5_000
  while (send.state === 'open' && performance.now() < end) await settle()
  assert.equal(send.state, 'rejected')
  assert.ok(rootCause(send.error) instanceof LeaderMoved)
  assert.equal(cluster.produced.length, 1)
})

test('P4 (rule 3): one attempt per send with retries NaN: a failure that the client calls retriable is not repeated', async () => {
  const cluster = new TwoBrokers([1])
  const guard = new PartitionGuard(() => {})
  const instruction: Instruction = { kind: 'produce', broker: 1, partitions: [0] }
  const send = watch(cluster.send(guard.partition, messagesOf(instruction, [0])))
  await settle()
  cluster.produced[0]?.fail(Object.assign(new Error('again'), { retriable: true }))
  await settle()
  assert.equal(send.state, 'rejected')
  assert.equal(classify(send.error), 'retry')
  assert.equal(cluster.produced.length, 1)
})

test('rule 7: looking at leaders sends nothing, and a refresh makes the client fetch metadata', async () => {
  const cluster = new TwoBrokers([1, -1])
  const seen: unknown[] = []
  const guard = new PartitionGuard((leaders, count) => seen.push([[...leaders], count]))
  assert.ok(!guard.informed)
  const probe = async (instruction: Instruction): Promise<void> =>
    assert.rejects(
      cluster.send(guard.partition, [{ value: null, instruction } as InstructedMessage]),
      (error) => {
        assert.equal(rootCause(error).message, leaderProbe)
        return true
      },
    )
  await probe({ kind: 'look' })
  assert.equal(cluster.refreshes, 0)
  await probe({ kind: 'refresh' })
  assert.equal(cluster.refreshes, 1)
  await probe({ kind: 'look' })
  assert.deepEqual(seen, [[[[0, 1]], 2]], 'told once per metadata, and without partitions that nobody leads')
  assert.deepEqual(cluster.produced, [])
})
