import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../../../src/config/schema.ts'
import type { PartitionCopies, TopicState } from '../../../../src/kafka/topic-state.ts'
import type { Seen } from '../../../../src/operations/doctor/check.ts'
import { topicsCheck } from '../../../../src/operations/doctor/topics-check.ts'
import { topicSpecsOf } from '../../../../src/operations/topics.ts'

const config = configSchema.parse({ kafka: { brokers: 'k:9092' }, schemaRegistry: { url: 'http://r' } })
const { events } = config.topics

/** What is seen of the topic of events where its first partition is like this, and all else is well. */
async function see(partition: Omit<PartitionCopies, 'partition' | 'copies'>): Promise<readonly Seen[]> {
  const states = topicSpecsOf(config).map(({ topic, partitions, replicationFactor, settings }) => {
    const copies = topic === events ? [{ ...partition, partition: 0, copies: replicationFactor }] : []
    const state: TopicState = {
      ...{ partitions, replicationFactor, copies, settings: new Map(Object.entries(settings)) },
    }
    return [topic, state] as const
  })
  const check = topicsCheck({
    ...{ config, roles: ['events'], configOption: '' },
    admin: { describeTopics: async () => ({ brokers: 3, topics: new Map(states) }) },
    rightsOnTopics: async () => new Map(),
  })
  return (await check.run()).filter(({ text }) => text.startsWith(events))
}

test('copies in sync that are fewer than there are are a warning, and fewer than must be an error', async () => {
  assert.equal((await see({ hasLeader: true, inSync: 3 }))[0]?.state, 'ok')
  const [behind] = await see({ hasLeader: true, inSync: 2 })
  assert.equal(behind?.state, 'warning')
  assert.match(String(behind?.todo), /which broker is down or slow/)
  assert.equal((await see({ hasLeader: true, inSync: 1 }))[0]?.state, 'error')
})

test('a partition without a leader is an error that names it, and no command sets that', async () => {
  const [seen] = await see({ hasLeader: false, inSync: 0 })
  assert.equal(seen?.state, 'error')
  assert.match(String(seen?.text), /leaders is none in partition 0/)
  assert.doesNotMatch(String(seen?.todo), /add-config/)
})
