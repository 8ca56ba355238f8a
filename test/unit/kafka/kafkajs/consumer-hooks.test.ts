import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import {
  type GroupHooks,
  hookedAssigner,
  patchConsumerGroup,
} from '../../../../src/kafka/kafkajs/consumer-hooks.ts'

interface RealGroup {
  joinAndSync(): Promise<void>
  leave(): Promise<void>
  fetch(node: number): Promise<unknown>
  recoverFromFetch(error: Error): Promise<void>
  memberId: string | null
  offsetManager: unknown
}

const ConsumerGroup = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as new (
  options: object,
) => RealGroup

/** kafkajs's own class, with a broker that fails everything. */
function groupWith(assigners: unknown[]): RealGroup {
  const logger = { namespace: () => logger, info() {}, error() {}, debug() {}, warn() {} }
  const fail = async (): Promise<never> => {
    throw new Error('no broker')
  }
  return new ConsumerGroup({
    retry: { retries: 0 },
    cluster: { findGroupCoordinator: fail, refreshMetadataIfNecessary: fail },
    groupId: 'g',
    topics: ['events'],
    topicConfigurations: {},
    logger,
    instrumentationEmitter: { emit() {} },
    assigners,
  })
}

function hooked(): { group: RealGroup; calls: string[] } {
  const calls: string[] = []
  const hooks: GroupHooks = {
    async join(_, join) {
      calls.push('join')
      await join()
    },
    async leave(leave) {
      calls.push('leave')
      await leave()
    },
    async fetch(fetch) {
      calls.push('fetch')
      return fetch()
    },
    async reset(topic, partition, reset) {
      calls.push(`reset ${topic} ${partition}`)
      await reset()
    },
  }
  patchConsumerGroup()
  patchConsumerGroup()
  const given = {
    cluster: {},
    groupId: 'g',
    logger: {},
  } as unknown as Parameters<kafkajs.PartitionAssigner>[0]
  return { group: groupWith([hookedAssigner(hooks)(given)]), calls }
}

test('what kafkajs does with a group on its own passes through the hooks, once, and is done', async () => {
  const { group, calls } = hooked()
  await assert.rejects(group.joinAndSync(), /no broker/)
  await group.leave()
  await assert.rejects(group.fetch(1), /no broker/)
  assert.deepEqual(calls, ['join', 'leave', 'fetch'])
})

test('the joins that kafkajs makes from within a fetch pass through the hooks too', async () => {
  const { group, calls } = hooked()
  const stale = Object.assign(new Error('stale'), { name: 'KafkaJSStaleTopicMetadataAssignment' })
  await assert.rejects(group.recoverFromFetch(stale), /no broker/)
  assert.deepEqual(calls, ['join'])
})

test('so does the reset of an offset that does not exist', async () => {
  const { group, calls } = hooked()
  const defaults: unknown[] = []
  group.offsetManager = { setDefaultOffset: async (which: unknown) => defaults.push(which) }
  const gone = Object.assign(new Error('gone'), {
    name: 'KafkaJSOffsetOutOfRange',
    topic: 'events',
    partition: 3,
  })
  await group.recoverFromFetch(gone)
  assert.deepEqual([calls, defaults], [['reset events 3'], [{ topic: 'events', partition: 3 }]])
})

test('a consumer of somebody else is left alone', async () => {
  patchConsumerGroup()
  const plain = kafkajs.PartitionAssigners.roundRobin(
    {} as unknown as Parameters<kafkajs.PartitionAssigner>[0],
  )
  const group = groupWith([plain])
  await assert.rejects(group.joinAndSync(), /no broker/)
  await group.leave()
})
