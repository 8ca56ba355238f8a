import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../../src/errors.ts'
import { rootCause } from '../../../../src/kafka/classify.ts'
import type { PartitionCommit } from '../../../../src/kafka/consumer-port.ts'
import { settle } from '../../../support/manual-clock.ts'
import { type FakeConsumer, setUp } from './consumer-support.ts'

const sixth: PartitionCommit = { topic: 'events', partition: 3, next: 6n, metadata: 'm' }

async function take(fake: FakeConsumer): Promise<void> {
  await (await fake.fetch())()
}

function answerOf(type: string): Error {
  return Object.assign(new Error(`said ${type}`), { type })
}

function unavailable(error: unknown): boolean {
  return isRelayError(error, 'KAFKA_UNAVAILABLE')
}

test('commits everything by one request, metadata beside it', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  await take(fake)
  const batch = fake.batch()
  fake.batch = () => ({ ...batch, partition: 4 })
  await take(fake)
  await consumer.commit([sixth, { ...sixth, partition: 4, next: 2n ** 53n + 1n, metadata: '' }])
  assert.deepEqual(fake.committed, [
    {
      topics: [
        {
          topic: 'events',
          partitions: [
            { partition: 3, offset: '6', metadata: 'm' },
            { partition: 4, offset: '9007199254740993', metadata: '' },
          ],
        },
      ],
    },
  ])
  await consumer.close()
})

test('a commit before the group was joined is rejected, and so is one after the consumer was closed', async () => {
  const { consumer, joined } = setUp()
  await assert.rejects(consumer.commit([sixth]), unavailable)
  const fake = await joined()
  await take(fake)
  await consumer.close()
  await assert.rejects(consumer.commit([sixth]), unavailable)
  assert.deepEqual(fake.committed, [])
})

test('of a commit for several partitions those that are held are written, and it is rejected for the others', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  await take(fake)
  await assert.rejects(consumer.commit([{ ...sixth, partition: 4 }, sixth]), unavailable)
  assert.deepEqual(fake.committed, [
    { topics: [{ topic: 'events', partitions: [{ partition: 3, offset: '6', metadata: 'm' }] }] },
  ])
  await consumer.close()
})

test('after a join nothing is committed for what was handed over before it', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  await take(fake)
  await fake.join()
  await assert.rejects(consumer.commit([sixth]), unavailable)
  assert.deepEqual(fake.committed, [])
  await take(fake)
  await consumer.commit([sixth])
  assert.equal(fake.committed.length, 1)
  await consumer.close()
})

test('commits are taken until everything is given back, and none is open while the group is joined', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  handler.holds = true
  let answer = (): void => {}
  fake.commit = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  fake.story.length = 0
  const rejoined = fake.join(async () => {
    await assert.rejects(consumer.commit([sixth]), unavailable)
  })
  const last = consumer.commit([sixth])
  handler.letGo()
  await settle()
  assert.deepEqual(fake.story, ['give back', 'commit'], 'the join must wait for the commit')
  answer()
  await last
  await rejoined
  assert.deepEqual(fake.story.slice(0, 3), ['give back', 'commit', 'join'])
  assert.equal(fake.committed.length, 1)
  handler.holds = false
  await consumer.close()
})

test('a commit that never ends holds the group up no longer than a handler may', async () => {
  const { consumer, joined, clock } = setUp()
  const fake = await joined()
  await take(fake)
  fake.commit = () => new Promise(() => {})
  void consumer.commit([sixth])
  fake.story.length = 0
  void fake.join()
  await clock.advance(29_000)
  assert.equal(fake.story.includes('join'), false)
  await clock.advance(2_000)
  assert.equal(fake.story.includes('join'), true)
  await consumer.close()
})

test('a late handler cannot commit while the group is joined, nor when it is left', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  handler.holds = true
  let refused = 0
  const late = (): Promise<void> =>
    assert.rejects(consumer.commit([sixth]), unavailable).then(() => void refused++)
  void fake.join(late)
  await clock.advance(31_000)
  assert.equal(refused, 1)
  await take(fake)
  void fake.hooks.leave(late)
  await clock.advance(31_000)
  assert.deepEqual([refused, fake.committed], [2, []])
  handler.letGo()
  handler.holds = false
  await consumer.close()
})

test('metadata that is too long for the group has a code of its own', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  fake.commit = () => Promise.reject(answerOf('OFFSET_METADATA_TOO_LARGE'))
  await assert.rejects(consumer.commit([sixth]), (error) => isRelayError(error, 'COMMIT_METADATA_TOO_LARGE'))
  assert.equal(handler.taken[0]?.held.isHeld(), true)
  await consumer.close()
})

test('any other refusal keeps what the group said', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  await take(fake)
  const said = answerOf('GROUP_LOAD_IN_PROGRESS')
  fake.commit = () => Promise.reject(said)
  await assert.rejects(consumer.commit([sixth]), (error) => unavailable(error) && rootCause(error) === said)
  await consumer.close()
})

test('a member that learns by a commit that it was thrown out holds nothing, and takes nothing until it has joined', async () => {
  for (const type of ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']) {
    const { consumer, joined, handler } = setUp()
    const fake = await joined()
    await take(fake)
    fake.commit = () => Promise.reject(answerOf(type))
    await assert.rejects(consumer.commit([sixth]), unavailable)
    assert.equal(handler.taken[0]?.held.isHeld(), false)
    assert.equal(consumer.readiness().ready, false)
    await take(fake)
    assert.equal(handler.taken.length, 1)
    await fake.join()
    await take(fake)
    assert.equal(handler.taken.length, 2)
    await consumer.close()
  }
})

test('tells where partitions end, those that are not known left out', async () => {
  const { consumer, joined } = setUp()
  const places = [
    { topic: 'events', partition: 3 },
    { topic: 'events', partition: 4 },
    { topic: 'other', partition: 0 },
  ]
  await assert.rejects(consumer.ends(places), unavailable)
  const fake = await joined()
  fake.range = ['0', '9007199254740993']
  assert.deepEqual(
    await consumer.ends(places),
    places.map((place) => ({ ...place, end: 9_007_199_254_740_993n })),
  )
  assert.deepEqual(fake.asked, [
    [
      { topic: 'events', partitions: [{ partition: 3 }, { partition: 4 }], fromBeginning: false },
      { topic: 'other', partitions: [{ partition: 0 }], fromBeginning: false },
    ],
  ])
  fake.range = ['0', '-1']
  assert.deepEqual(await consumer.ends(places), [])
  const said = answerOf('NOT_LEADER_FOR_PARTITION')
  fake.askedBroker = () => Promise.reject(said)
  await assert.rejects(consumer.ends(places), (error) => unavailable(error) && rootCause(error) === said)
  await consumer.close()
  fake.askedBroker = async () => {}
  await assert.rejects(consumer.ends(places), unavailable, 'the client would connect again')
})
