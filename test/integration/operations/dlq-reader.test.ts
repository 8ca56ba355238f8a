import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { isRelayError } from '../../../src/errors.ts'
import type { KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaTopicReader } from '../../../src/kafka/kafkajs/topic-reader.ts'
import { wholeTopic } from '../../../src/operations/dead-letters.ts'
import { until } from '../../support/until.ts'
import { DlqBed } from './dlq-bed.ts'

let bed: DlqBed

before(async () => {
  bed = await DlqBed.start()
})

after(() => bed.stop())

async function produce(topic: string, partition: number, values: readonly string[]): Promise<void> {
  const producer = bed.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
  await producer.disconnect()
}

/** A record of a transaction that is open until `abort` is called. */
async function transaction(topic: string): Promise<{ abort(): Promise<void> }> {
  const producer = bed.kafka.producer({
    transactionalId: `${topic}-t`,
    maxInFlightRequests: 1,
    idempotent: true,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const begun = await producer.transaction()
  await begun.send({ topic, messages: [{ value: 'not committed' }] })
  return {
    async abort() {
      await begun.abort()
      await producer.disconnect()
    },
  }
}

test('a span is read from its first to its last record, each once, and nothing that came later', async () => {
  const { events: topic } = await bed.topics()
  await produce(topic, 0, ['a', 'b', 'c', 'd'])
  await produce(topic, 1, ['e', 'f'])
  const partitions = new Map([
    [0, { from: 1n, to: 3n }],
    [1, { from: 0n, to: 2n }],
  ])
  await produce(topic, 0, ['later'])
  const seen: string[] = []
  await bed.reader.read({ topic, partitions }, ({ value }) => {
    seen.push(String(value))
  })
  assert.deepEqual(seen.toSorted(), ['b', 'c', 'e', 'f'])
})

test('an empty topic, and empty partitions, end at once, and no offset is committed', async () => {
  const { events: topic } = await bed.topics(3)
  await bed.reader.read(await wholeTopic({ topic, admin: bed.admin }), () => assert.fail('there is none'))
  await produce(topic, 1, ['only'])
  const reader = new KafkaTopicReader({ kafka: bed.kafka, group: topic })
  const span = await wholeTopic({ topic, admin: bed.admin })
  const seen: string[] = []
  await reader.read(span, ({ value }) => {
    seen.push(String(value))
  })
  assert.deepEqual(seen, ['only'])
  const groups = (await bed.client.listGroups()).groups.map(({ groupId }) => groupId)
  const [group = '', ...others] = groups.filter((groupId) => groupId.startsWith(`${topic}.reader.`))
  assert.deepEqual(others, [])
  assert.deepEqual(await bed.admin.groupOffsets(group, topic), new Map())
  await until(async () => (await bed.client.describeGroups([group])).groups[0]?.members.length === 0)
})

test('records of an aborted transaction at the end are not shown and do not keep it waiting', async () => {
  const { events: topic } = await bed.topics(1)
  await produce(topic, 0, ['before'])
  await (await transaction(topic)).abort()
  const records = await bed.recordsOf(topic)
  assert.deepEqual(
    records.map(({ value }) => String(value)),
    ['before'],
  )
  assert.equal((await bed.admin.latestOffsets(topic)).get(0), 3n)
})

test('an open transaction at the end does not keep it waiting: what is not committed yet is not of the span', async () => {
  const { events: topic } = await bed.topics(1)
  await produce(topic, 0, ['before'])
  const open = await transaction(topic)
  const records = await bed.recordsOf(topic)
  await open.abort()
  assert.deepEqual(
    records.map(({ value }) => String(value)),
    ['before'],
  )
})

test('records that are deleted while it reads are passed over, also when they are all that was left', async () => {
  const { events: topic } = await bed.topics(1)
  await produce(topic, 0, ['a', 'b', 'c'])
  const span = await wholeTopic({ topic, admin: bed.admin })
  await bed.client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
  await bed.reader.read(span, () => assert.fail('they are deleted'))
})

test('a rejoin in the middle repeats nothing and leaves nothing out', async () => {
  const { events: topic } = await bed.topics(1)
  const values = Array.from({ length: 30 }, (_, index) => String(index))
  await produce(topic, 0, values.slice(0, 15))
  await produce(topic, 0, values.slice(15))
  let joins = 0
  let heartbeats = 0
  const kafka: KafkaClient = {
    ...bed.kafka,
    consumer(config) {
      const consumer = bed.kafka.consumer({ ...config, heartbeatInterval: 100 })
      consumer.on(consumer.events.GROUP_JOIN, () => joins++)
      consumer.on(consumer.events.REQUEST, ({ payload }) => {
        if (payload.apiName === 'Heartbeat') heartbeats++
      })
      return consumer
    },
  }
  const clock: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) }
  const reader = new KafkaTopicReader({ kafka, group: topic, clock })
  const other = new OtherMember()
  const seen: string[] = []
  await reader.read(await wholeTopic({ topic, admin: bed.admin }), async ({ value }) => {
    seen.push(String(value))
    if (seen.length !== 5) return
    const { groups } = await bed.client.listGroups()
    const group =
      groups.map(({ groupId }) => groupId).find((name) => name.startsWith(`${topic}.reader.`)) ?? ''
    await other.join(group, topic)
    await until(
      async () => (await bed.client.describeGroups([group])).groups[0]?.state === 'PreparingRebalance',
    )
    const before = heartbeats
    await until(() => heartbeats > before)
  })
  await other.left
  assert.ok(joins >= 2, `joined ${joins} times`)
  assert.deepEqual(seen, values)
})

/** Makes the others of a group join anew, and leaves it as soon as it is in. */
class OtherMember {
  left: Promise<void> | undefined

  async join(groupId: string, topic: string): Promise<void> {
    const consumer = bed.kafka.consumer({ groupId, sessionTimeout: 6_000 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    // Not from the event of the join: what is stopped before its join is over goes on consuming for ever.
    const joined = consumer.run({ autoCommit: false, eachMessage: async () => {} })
    this.left = joined.then(() => consumer.disconnect())
  }
}

test('what the taker throws ends it, and so does a signal', async () => {
  const { events: topic } = await bed.topics(1)
  await produce(topic, 0, ['a', 'b'])
  const span = await wholeTopic({ topic, admin: bed.admin })
  const failing = bed.reader.read(span, () => {
    throw new Error('enough')
  })
  await assert.rejects(failing, /^Error: enough$/)
  const stopping = new AbortController()
  const stopped = bed.reader.read(
    span,
    async () => {
      stopping.abort(new Error('stopped'))
    },
    stopping.signal,
  )
  await assert.rejects(stopped, /^Error: stopped$/)
})

test('a topic that does not exist is named, with what to do', async () => {
  const topic = `nowhere-${process.pid}`
  const span = { topic, partitions: new Map([[0, { from: 0n, to: 1n }]]) }
  await assert.rejects(
    bed.reader.read(span, () => {}),
    (error) => {
      assert.ok(isRelayError(error, 'KAFKA_CONFIGURATION'))
      assert.match(error.message, new RegExp(`${topic}.*topics apply`))
      return true
    },
  )
  await assert.rejects(wholeTopic({ topic, admin: bed.admin }), /nowhere.*topics apply/)
})
