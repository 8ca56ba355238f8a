// What the consumer takes for granted of the inside of its Kafka client, one test each, on the client's own code: a test that
// fails here says that the client has changed, and which rule rests on what it did.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type kafkajs from 'kafkajs'
import { until } from '../../../support/until.ts'
import { message, ownConsumer, ScriptedBroker, WatchingHooks } from './consumer-own-code.ts'

const require = createRequire(import.meta.url)
const OffsetManager = require('kafkajs/src/consumer/offsetManager')
const SubscriptionState = require('kafkajs/src/consumer/subscriptionState')
const { createErrorFromCode } = require('kafkajs/src/protocol/error')
const { KafkaJSOffsetOutOfRange } = require('kafkajs/src/errors')

type EachBatch = (payload: kafkajs.EachBatchPayload) => Promise<void>

const rebalanceInProgress = 27
const unknownMemberId = 25
const metadataTooLarge = 12

function setUp(options: { readonly restarts?: boolean } = {}) {
  const broker = new ScriptedBroker()
  const hooks = new WatchingHooks()
  const consumer = ownConsumer(broker, { hooks, ...options })
  const crashes: { readonly restart: boolean }[] = []
  consumer.on(consumer.events.CRASH, ({ payload }) => void crashes.push(payload))
  const run = async (eachBatch: EachBatch = async () => {}): Promise<void> => {
    await consumer.connect()
    await consumer.subscribe({ topics: ['t'], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
  }
  return { broker, hooks, consumer, crashes, run }
}

/** Fails once. */
function once(error: Error): () => Promise<void> {
  let left = 1
  return async () => {
    if (left-- > 0) throw error
  }
}

test('rules 1 and 2: joins for whatever reason go through the hook that the assigner brings', async () => {
  const { broker, hooks, consumer, run } = setUp()
  await run()
  assert.deepEqual(hooks.seen, ['join'])
  for (const code of [rebalanceInProgress, unknownMemberId]) {
    const { joins } = broker
    broker.onHeartbeat = once(createErrorFromCode(code))
    await until(() => broker.joins > joins)
  }
  assert.deepEqual(hooks.seen, ['join', 'join', 'join'])
  await consumer.disconnect()
})

test('rule 2: the event of a join comes before the join resolves, and the group then has what was assigned', async () => {
  const { hooks, consumer, run } = setUp()
  const told: unknown[] = []
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => void told.push(payload.memberAssignment))
  hooks.join = async (group, join) => {
    assert.equal(group.generationId, null)
    await join()
    assert.deepEqual([told, group.generationId, group.memberId], [[{ t: [0] }], 1, 'm'])
  }
  await run()
  await consumer.disconnect()
})

test('rule 8: a batch is handed over as the very object that the fetch brought, so that it can be marked', async () => {
  const { broker, hooks, consumer, run } = setUp()
  const seen: unknown[] = []
  const brought: unknown[] = []
  hooks.fetch = async (fetch) => {
    const batches = await fetch()
    brought.push(...batches.filter((batch) => !batch.isEmpty()))
    return batches
  }
  broker.onFetch = (offset) => (offset === 0 ? [message(0)] : [])
  await run(async ({ batch, resolveOffset }) => {
    seen.push(batch)
    resolveOffset(batch.lastOffset())
  })
  await until(() => seen.length === 1)
  assert.deepEqual(seen, brought)
  assert.equal(seen[0], brought[0])
  await consumer.disconnect()
})

test('rule 3: the group is left at a stop, at a disconnect and at a crash, each time through the hook', async () => {
  for (const end of ['stop', 'disconnect', 'crash']) {
    const { broker, hooks, consumer, crashes, run } = setUp()
    if (end === 'crash') {
      broker.onFetch = () => {
        throw new TypeError('bug')
      }
    }
    await run()
    if (end === 'crash') await until(() => crashes.length === 1)
    else if (end === 'stop') await consumer.stop()
    else await consumer.disconnect()
    assert.deepEqual([hooks.seen.at(-1), broker.leaves], ['leave', 1], end)
    if (end === 'stop') await consumer.disconnect()
  }
})

test('rule 4: the client’s own commit resolves without a commit once the consumer is being stopped', async () => {
  const { broker, hooks, consumer, run } = setUp()
  let lost = false
  hooks.leave = async (leave) => {
    await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1' }])
    lost = broker.commits.length === 0
    await leave()
  }
  await run()
  await consumer.disconnect()
  assert.equal(lost, true, 'the way around it would be superfluous')
})

test('rule 4: the offset manager of a join commits in one request under the generation of that join, also while stopping', async () => {
  const { broker, hooks, consumer, run } = setUp()
  const join = hooks.join
  let commit = async (_offset: string): Promise<void> => {}
  hooks.join = async (group, original) => {
    await join(group, original)
    const manager = group.offsetManager
    const partitions = (offset: string) => [{ partition: 0, offset, metadata: 'map' }]
    commit = async (offset) =>
      manager?.commitOffsets({ topics: [{ topic: 't', partitions: partitions(offset) }] })
  }
  await run()
  const former = commit
  const { joins } = broker
  broker.onHeartbeat = once(createErrorFromCode(rebalanceInProgress))
  await until(() => broker.joins > joins && commit !== former)
  await former('1')
  hooks.leave = async (leave) => {
    await commit('2')
    await leave()
  }
  await consumer.disconnect()
  const sent = (groupGenerationId: number, offset: string): object => ({
    ...{ groupId: 'g', memberId: 'm', groupGenerationId },
    topics: [{ topic: 't', partitions: [{ partition: 0, offset, metadata: 'map' }] }],
  })
  assert.deepEqual(broker.commits, [sent(1, '1'), sent(2, '2')])
})

test('a refusal of one entry of a commit is thrown as it is, once, with its name', async () => {
  const parse = require('kafkajs/src/protocol/requests/offsetCommit/v5/response').parse as (
    data: object,
  ) => Promise<unknown>
  const partitions = [
    { partition: 0, errorCode: 0 },
    { partition: 1, errorCode: metadataTooLarge },
  ]
  await assert.rejects(parse({ responses: [{ topic: 't', partitions }] }), {
    type: 'OFFSET_METADATA_TOO_LARGE',
  })
})

test('rule 6: the client commits -2 where an offset is out of range, although it is not to commit', async () => {
  const { broker, hooks, consumer, run } = setUp()
  let gone = true
  broker.onFetch = () => {
    if (!gone) return []
    gone = false
    throw new KafkaJSOffsetOutOfRange(createErrorFromCode(1), { topic: 't', partition: 0 })
  }
  await run()
  await until(() => broker.commits.length === 1)
  assert.equal(hooks.seen.includes('reset'), true)
  assert.deepEqual(broker.commits[0]?.topics, [{ topic: 't', partitions: [{ partition: 0, offset: '-2' }] }])
  await consumer.disconnect()
})

test('rule 6: the next offset is that of the fetch that failed', async () => {
  const { broker, hooks, consumer, run } = setUp()
  const join = hooks.join
  let next = (): string => ''
  hooks.join = async (group, original) => {
    await join(group, original)
    next = () => String(group.offsetManager?.nextOffset('t', 0))
  }
  let position: string | undefined
  hooks.reset = async (_topic, _partition, reset) => {
    position = next()
    await reset()
  }
  broker.onFetch = (offset) => {
    if (offset === 0) return [message(0), message(41)]
    if (position !== undefined) return []
    throw new KafkaJSOffsetOutOfRange(createErrorFromCode(1), { topic: 't', partition: 0 })
  }
  await run(async ({ batch, resolveOffset }) => resolveOffset(batch.lastOffset()))
  await until(() => position !== undefined)
  assert.equal(position, '42')
  await consumer.disconnect()
})

test('rule 7: to the client a pause outlives a join', () => {
  const state = new SubscriptionState()
  state.assign([{ topic: 't', partitions: [0] }])
  state.pause([{ topic: 't', partitions: [0] }])
  state.assign([{ topic: 't', partitions: [0] }])
  assert.equal(state.isPaused('t', 0), true, 'the resume at the end of a tenure would be superfluous')
  state.resume([{ topic: 't', partitions: [0] }])
  assert.equal(state.isPaused('t', 0), false)
})

test('rule 8: after a join reading begins at what is committed, so a batch from before it would skip what lies between', async () => {
  const { broker, consumer, run } = setUp()
  broker.onFetch = (offset) => (offset === 0 ? [message(0), message(41)] : [])
  await run(async ({ batch, resolveOffset }) => resolveOffset(batch.lastOffset()))
  await until(() => broker.fetchedFrom.at(-1) === '42')
  broker.onHeartbeat = once(createErrorFromCode(rebalanceInProgress))
  const read = broker.fetchedFrom.length
  await until(() => broker.fetchedFrom.slice(read).includes('0'))
  await consumer.disconnect()
})

test('rule 8: the client calls a batch stale after a seek only, not after a join', async () => {
  const { broker, hooks, consumer, run } = setUp()
  let rejoin = async (): Promise<void> => {}
  const join = hooks.join
  hooks.join = async (group, original) => {
    rejoin = original
    await join(group, original)
  }
  const stale: boolean[] = []
  broker.onFetch = (offset) => (offset === 0 && stale.length === 0 ? [message(0)] : [])
  await run(async ({ isStale }) => {
    await rejoin()
    stale.push(isStale())
    consumer.seek({ topic: 't', partition: 0, offset: '7' })
    stale.push(isStale())
  })
  await until(() => stale.length === 2)
  assert.deepEqual([broker.joins, stale], [2, [false, true]])
  await consumer.disconnect()
})

test('rule 9: an offset that is resolved without an assignment throws a TypeError, and kills the consumer', async () => {
  const manager = new OffsetManager({
    cluster: { committedOffsets: () => ({}) },
    memberAssignment: {},
    groupId: 'g',
  })
  assert.throws(() => manager.resolveOffset({ topic: 't', partition: 0, offset: '1' }), TypeError)
  const { broker, crashes, run } = setUp({ restarts: true })
  broker.onFetch = () => [message(0)]
  await run(async () => {
    throw new TypeError('as it throws it')
  })
  await until(() => crashes.length === 1)
  assert.equal(crashes[0]?.restart, false, 'the supervisor would be superfluous')
})

test('rule 9: a pause keeps back what is fetched, and not what was fetched', async () => {
  const { broker, consumer, run } = setUp()
  let paused = false
  let handedOver = 0
  broker.onFetch = (offset) => {
    if (offset === 0 && !paused) {
      paused = true
      consumer.pause([{ topic: 't', partitions: [0] }])
    }
    return [message(offset)]
  }
  await run(async ({ batch, resolveOffset }) => {
    handedOver++
    resolveOffset(batch.lastOffset())
  })
  const beats = broker.heartbeats
  await until(() => broker.heartbeats > beats + 3)
  assert.equal(handedOver, 0, 'the answer to a fetch of a paused partition is dropped')
  consumer.resume([{ topic: 't', partitions: [0] }])
  await until(() => handedOver > 0)
  assert.equal(broker.fetchedFrom[1], '0', 'and fetched again')
  await consumer.disconnect()
})

test('the client goes on behind control records by itself unless they are shown as records', async () => {
  const { broker, consumer, run } = setUp()
  let handedOver = 0
  broker.onFetch = (offset) => (offset === 0 ? [message(0, true)] : [])
  await run(async () => {
    handedOver++
  })
  await until(() => broker.fetchedFrom.includes('1'))
  assert.equal(handedOver, 0, 'the change of such batches would be superfluous')
  await consumer.disconnect()
})

test('rule 13: a coordinator that is not found ends the consumer for good', async () => {
  const { broker, crashes, run } = setUp({ restarts: true })
  broker.onJoin = () =>
    Promise.reject(
      Object.assign(new Error('not found'), { name: 'KafkaJSGroupCoordinatorNotFound', retriable: false }),
    )
  await run()
  await until(() => crashes.length === 1)
  assert.equal(crashes[0]?.restart, false, 'the supervisor would be superfluous')
})

test('a client that may not restart itself does not come back, whatever the error', async () => {
  const { broker, crashes, run } = setUp()
  broker.onFetch = () => {
    throw Object.assign(new Error('again'), { retriable: true })
  }
  await run()
  await until(() => crashes.length === 1)
  assert.deepEqual([crashes[0]?.restart, broker.joins], [false, 1])
})

test('failures are counted over the whole life of a consumer between two joins, so it is replaced, not patched up', async () => {
  const { broker, crashes, run } = setUp()
  let turn = 0
  // Every second fetch is good.
  broker.onFetch = () => {
    turn++
    if (turn % 2 === 1) throw Object.assign(new Error('now and then'), { retriable: true })
    return []
  }
  await run()
  await until(() => crashes.length === 1)
  assert.equal(turn, 5, 'the third failure ends it, although the fetches between them were good')
})

test('a stop while the group is joined waits for nothing: the join ends later, and the consumer goes on', async () => {
  const { broker, hooks, consumer, crashes, run } = setUp()
  let finish = (): void => {}
  broker.onJoin = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  const running = run()
  await until(() => hooks.seen.length === 1)
  await consumer.disconnect()
  assert.deepEqual([hooks.seen, broker.leaves], [['join'], 0])
  finish()
  await running
  await until(() => broker.fetchedFrom.length > 1, {
    what: () => 'the leave after a late join would be superfluous',
  })
  // Nothing else ends it.
  broker.onFetch = () => {
    throw new TypeError('the end')
  }
  await until(() => crashes.length === 1)
})
