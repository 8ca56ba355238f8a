import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../../support/manual-clock.ts'
import { type FakeConsumer, fetched, setUp } from './consumer-support.ts'

async function take(fake: FakeConsumer): Promise<void> {
  await (await fake.fetch())()
}

function remembered(offset: string, metadata: string | null): { topic: string; partitions: object[] }[] {
  return [{ topic: 'events', partitions: [{ partition: 3, offset, metadata }] }]
}

test('after a join the group is asked once what it remembers, before anything is handed over', async () => {
  const { consumer, joined, handler, fake } = setUp()
  await joined()
  let answer = (): void => {}
  fake().recall = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  fake().remembered = remembered('41', 'map')
  fake().story.length = 0
  const rejoined = fake().join()
  await settle()
  const handedOver = (await fake().fetch())()
  await settle()
  assert.deepEqual([fake().story, handler.taken.length], [['give back', 'join', 'recall', 'beat'], 0])
  answer()
  await Promise.all([rejoined, handedOver])
  assert.deepEqual(handler.taken[0]?.held.committed, { next: 41n, metadata: 'map' })
  assert.deepEqual(fake().recalled.at(-1), {
    groupId: 'g',
    topics: [{ topic: 'events', partitions: [{ partition: 3 }] }],
  })
  await consumer.close()
})

test('what was never committed, or reset to the beginning, is not remembered; metadata that is none is empty', async () => {
  const { consumer, joined, handler, fake } = setUp()
  await joined()
  for (const offset of ['-1', '-2', '0']) {
    fake().remembered = remembered(offset, null)
    await fake().join()
    await take(fake())
  }
  assert.deepEqual(
    handler.taken.map(({ held }) => held.committed),
    [undefined, undefined, { next: 0n, metadata: '' }],
  )
  await consumer.close()
})

test('a group that does not say what it remembers is read all the same, and it is told', async () => {
  const { consumer, joined, handler, telemetry } = setUp((made) => {
    made.recall = () => Promise.reject(new Error('no coordinator'))
  })
  await take(await joined())
  assert.deepEqual([handler.taken.length, handler.taken[0]?.held.committed], [1, undefined])
  assert.equal(telemetry.lines.filter(({ level }) => level === 'warn').length, 1)
  await consumer.close()
})

test('a group that never says it holds nothing up for ever; heartbeats go on until then', async () => {
  const { consumer, handler, fake, clock } = setUp((made) => {
    made.recall = () => new Promise(() => {})
  })
  consumer.start(handler).catch(() => {})
  await settle()
  const joining = fake().join()
  await clock.advance(9_000)
  const handedOver = (await fake().fetch())()
  await settle()
  assert.equal(handler.taken.length, 0)
  assert.ok(fake().story.filter((what) => what === 'beat').length >= 5)
  await clock.advance(1_000)
  await Promise.all([joining, handedOver])
  assert.equal(handler.taken.length, 1)
  await consumer.close()
})

test('the lease begins with a heartbeat after the join, because a join can take longer than a session', async () => {
  const { consumer, joined, handler, fake, clock } = setUp()
  await joined()
  const rejoined = fake().join(async () => {
    await clock.advance(30_000)
    fake().syncTookMs = 30_000
  })
  await clock.advance(0)
  await rejoined
  await take(fake())
  assert.equal(handler.taken[0]?.held.isHeld(), true)
  await consumer.close()
})

test('a member that is thrown out as soon as it has joined takes nothing until it has joined anew', async () => {
  const { consumer, joined, handler, fake } = setUp()
  await joined()
  fake().beat = () => Promise.reject(Object.assign(new Error('x'), { type: 'UNKNOWN_MEMBER_ID' }))
  await fake().join()
  await take(fake())
  assert.deepEqual([handler.taken.length, fake().resolved], [0, []])
  await consumer.close()
})

test('a pause that a handler has left behind ends with the join: to the client it would go on', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  const held = handler.taken[0]?.held
  held?.pause()
  await fake.join()
  assert.deepEqual(fake.paused, [])
  held?.pause()
  assert.deepEqual(fake.paused, [], 'it would pause the partition for whoever works on it now')
  await take(fake)
  handler.taken[1]?.held.pause()
  held?.resume()
  assert.equal(fake.paused.length, 1)
  await consumer.close()
})

test('batches of nothing but control records are handed over too: kafkajs would go on behind one from before a join', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  fake.batch = () => fetched({ messages: [], lastOffset: () => '11' }, true)
  const handOver = await fake.fetch()
  await take(fake)
  assert.deepEqual([handler.taken[0]?.batch.records, handler.taken[0]?.batch.next], [[], 12n])
  await fake.join()
  fake.resolved.length = 0
  await handOver()
  assert.deepEqual([handler.taken.length, fake.resolved], [1, []])
  await consumer.close()
})

test('nothing is held any more when the group is left, also by whom did not give back in time', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  handler.holds = true
  let held: boolean | undefined
  void fake.hooks.leave(async () => {
    held = handler.taken[0]?.held.isHeld()
  })
  await clock.advance(29_000)
  fake.hear()
  assert.equal(held, undefined)
  await clock.advance(1_000)
  assert.equal(held, false)
  handler.letGo()
  handler.holds = false
  await consumer.close()
})
