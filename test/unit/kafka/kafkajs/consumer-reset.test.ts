import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../../src/errors.ts'
import { settle } from '../../../support/manual-clock.ts'
import { type FakeConsumer, setUp } from './consumer-support.ts'

const place = { topic: 'events', partition: 3 }

async function take(fake: FakeConsumer): Promise<void> {
  await (await fake.fetch())()
}

function resetOf(fake: FakeConsumer): Promise<void> {
  return fake.hooks.reset('events', 3, async () => {
    fake.story.push('reset')
  })
}

test('a partition whose offset does not exist is given back first, so that no late commit undoes the reset', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  handler.givenBack.length = 0
  handler.holds = true
  const reset = resetOf(fake)
  await settle()
  assert.deepEqual(handler.givenBack, [place])
  assert.equal(fake.story.includes('reset'), false)
  handler.letGo()
  await reset
  assert.deepEqual(fake.story.slice(-2), ['reset', 'lost'])
  const late = consumer.commit([{ ...place, next: 6n, metadata: '' }])
  await assert.rejects(late, (error) => isRelayError(error, 'KAFKA_UNAVAILABLE'))
  assert.deepEqual([fake.committed, handler.taken[0]?.held.isHeld()], [[], false])
  handler.holds = false
  await consumer.close()
})

test('the group is kept alive by heartbeats while a partition is given back before a reset', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  handler.holds = true
  fake.story.length = 0
  const reset = resetOf(fake)
  await clock.advance(2_500)
  assert.deepEqual(fake.story, ['give back', 'beat', 'beat'])
  handler.letGo()
  await reset
  handler.holds = false
  await consumer.close()
})

test('what is lost lies between what was committed last and the earliest record', async () => {
  const { consumer, joined, handler, fake } = setUp()
  await joined()
  const remember = (offset: string): void => {
    fake().remembered = [{ topic: 'events', partitions: [{ partition: 3, offset, metadata: 'map' }] }]
  }
  remember('5')
  await fake().join()
  await take(fake())
  // Read ahead of what has an outcome.
  fake().position = '10'
  fake().range = ['30', '40']
  await resetOf(fake())
  assert.deepEqual(handler.losses.at(-1), { ...place, from: 5n, to: 30n, count: 25n })
  await fake().join()
  await take(fake())
  await consumer.commit([{ ...place, next: 7n, metadata: '' }])
  await resetOf(fake())
  assert.deepEqual(handler.losses.at(-1), { ...place, from: 7n, to: 30n, count: 23n })
  assert.deepEqual(fake().asked.at(-1), [
    { topic: 'events', partitions: [{ partition: 3 }], fromBeginning: true },
  ])
  await consumer.close()
})

test('where nothing was committed, the loss begins where reading would have gone on', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  fake.position = '12'
  fake.range = ['30', '40']
  await resetOf(fake)
  assert.deepEqual(handler.losses, [{ ...place, from: 12n, to: 30n, count: 18n }])
  await consumer.close()
})

test('of a topic that was made anew nothing can be counted, and what the group remembered of the old one is forgotten', async () => {
  const { consumer, joined, handler, fake } = setUp()
  await joined()
  fake().remembered = [{ topic: 'events', partitions: [{ partition: 3, offset: '100', metadata: 'map' }] }]
  await fake().join()
  fake().position = '100'
  await resetOf(fake())
  assert.deepEqual(handler.losses, [{ ...place, from: 100n, to: 0n, count: 0n }])
  await take(fake())
  assert.equal(handler.taken[0]?.held.committed, undefined)
  await consumer.close()
})

test('nothing is reset while nobody says where the partition begins: the loss would not be told', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  await consumer.commit([{ ...place, next: 5n, metadata: '' }])
  fake.askedBroker = () => Promise.reject(new Error('not the leader'))
  await assert.rejects(resetOf(fake), /not the leader/)
  assert.deepEqual([handler.losses, fake.story.includes('reset')], [[], false])
  fake.askedBroker = async () => {}
  fake.range = ['30', '40']
  await resetOf(fake)
  assert.deepEqual(handler.losses, [{ ...place, from: 5n, to: 30n, count: 25n }])
  await consumer.close()
})

test('nothing is reset when the group was joined meanwhile: the partition may be somebody else’s', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  fake.askedBroker = () => fake.join()
  await resetOf(fake)
  assert.deepEqual([handler.losses, fake.story.includes('reset')], [[], false])
  await consumer.close()
})
