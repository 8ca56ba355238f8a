import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../../support/manual-clock.ts'
import { type FakeConsumer, fetched, setUp } from './consumer-support.ts'

async function take(fake: FakeConsumer): Promise<void> {
  await (await fake.fetch())()
}

test('hands a batch over, and reads on behind it, control records included', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  await take(fake)
  const [one] = handler.taken
  assert.deepEqual(
    [one?.batch.next, one?.batch.highWatermark, one?.batch.records.map(({ offset }) => offset)],
    [10n, 20n, [5n, 6n]],
  )
  assert.deepEqual([one?.batch.records[0]?.value?.toString(), one?.batch.records[1]?.key], ['x', null])
  assert.deepEqual(fake.resolved, ['9'])
  one?.held.pause()
  one?.held.pause()
  assert.deepEqual(fake.paused, ['[{"topic":"events","partitions":[3]}]'])
  one?.held.resume()
  one?.held.resume()
  assert.deepEqual(fake.paused, [])
  await consumer.close()
})

test('what was handed over does not keep the answer of the broker in memory', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  const answer = Buffer.from('akey-value')
  const message = { offset: '5', key: answer.subarray(0, 4), value: answer.subarray(5), timestamp: '17' }
  fake.batch = () => fetched({ messages: [message], lastOffset: () => '5' })
  await take(fake)
  answer.fill(0)
  const record = handler.taken[0]?.batch.records[0]
  assert.deepEqual([record?.key?.toString(), record?.value?.toString()], ['akey', 'value'])
  await consumer.close()
})

test('everything is given back before the group is joined again, with heartbeats all the while', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  const held = handler.taken[0]?.held
  handler.holds = true
  fake.story.length = 0
  const rejoined = fake.join()
  await clock.advance(2_500)
  assert.deepEqual(fake.story, ['give back', 'beat', 'beat'])
  // Until the join the group goes by the old assignment.
  assert.equal(held?.isHeld(), true)
  fake.story.length = 0
  handler.letGo()
  await rejoined
  assert.equal(fake.story[0], 'join')
  assert.equal(held?.isHeld(), false)
  handler.holds = false
  await consumer.close()
})

test('a handler that does not give back in time does not hold the group up for ever', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  handler.holds = true
  fake.story.length = 0
  void fake.join()
  await clock.advance(29_000)
  assert.equal(fake.story.includes('join'), false)
  await clock.advance(2_000)
  assert.equal(fake.story.includes('join'), true)
  handler.letGo()
  handler.holds = false
  await consumer.close()
})

test('a batch that was fetched before a join is not handed over after it', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  const handOver = await fake.fetch()
  await fake.join()
  await handOver()
  assert.deepEqual([handler.taken.length, fake.resolved], [0, []])
  await consumer.close()
})

test('a fetch that is under way during a join brings nothing', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  const brought = fake.hooks.fetch(async () => {
    await fake.join()
    return [fake.batch()]
  })
  assert.deepEqual(await brought, [])
  await consumer.close()
})

test('what is fetched while the group is being joined waits for the end of the join instead of being fetched over and over', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  let finish = (): void => {}
  const rejoined = fake.join(
    () =>
      new Promise((resolve) => {
        finish = resolve
      }),
  )
  await settle()
  const handOver = await fake.fetch()
  let over = false
  const handedOver = handOver().then(() => {
    over = true
  })
  await settle()
  assert.equal(over, false)
  finish()
  await rejoined
  await handedOver
  assert.deepEqual([handler.taken.length, fake.resolved], [0, []])
  await consumer.close()
})

test('two fetchers that want the group joined anew join it once', async () => {
  const { consumer, joined } = setUp()
  const fake = await joined()
  fake.story.length = 0
  await Promise.all([fake.join(), fake.join()])
  assert.equal(fake.story.filter((what) => what === 'join').length, 1)
  await consumer.close()
})

test('a join that fails ends the consumer: all was given back, and kafkajs would go on under the old assignment', async () => {
  const { consumer, joined, fake, made, clock } = setUp()
  const first = await joined()
  await assert.rejects(
    first.join(() => Promise.reject(new Error('no coordinator'))),
    /no coordinator/,
  )
  await clock.advance(1_000)
  assert.deepEqual([made.length, first.disconnects], [2, 1])
  await assert.rejects(first.fetch(), /given up/)
  await fake().join()
  assert.equal(consumer.readiness().ready, true)
  await consumer.close()
})

test('nothing is held by whom the group has not heard for nearly a session, counted from when it was asked', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  const held = handler.taken[0]?.held
  await clock.advance(8_999)
  assert.equal(held?.isHeld(), true)
  // The process was stopped: the answer lay in the socket all the while.
  await clock.advance(20_000)
  fake.hear(20_000)
  assert.equal(held?.isHeld(), false)
  fake.hear(3)
  assert.equal(held?.isHeld(), true)
  await consumer.close()
})

test('whom the group has thrown out holds nothing any more', async () => {
  const { consumer, joined, handler, clock } = setUp()
  const fake = await joined()
  await take(fake)
  const held = handler.taken[0]?.held
  fake.beat = () => Promise.reject(Object.assign(new Error('x'), { type: 'UNKNOWN_MEMBER_ID' }))
  handler.holds = true
  const rejoined = fake.join()
  await clock.advance(1_000)
  assert.equal(held?.isHeld(), false)
  handler.letGo()
  await rejoined
  handler.holds = false
  await consumer.close()
})

test('leaving the group waits until everything is given back', async () => {
  const { consumer, joined, handler } = setUp()
  const fake = await joined()
  handler.holds = true
  const left = fake.hooks.leave(async () => {
    fake.story.push('leave')
  })
  await settle()
  assert.notEqual(fake.story.at(-1), 'leave')
  handler.letGo()
  await left
  assert.equal(fake.story.at(-1), 'leave')
  handler.holds = false
  await consumer.close()
})

/** A consumer that was told to close, within 2 s, while its first join is under way; `finish` brings the join to its end. */
async function closedInJoin() {
  const made = setUp((fake) => {
    fake.hangs = true
  })
  const { consumer, fake, handler } = made
  consumer.start(handler).catch(() => {})
  await settle()
  let finish = (): void => {}
  const joining = fake().join(
    () =>
      new Promise((resolve) => {
        finish = resolve
      }),
  )
  const refused = assert.rejects(joining, /given up/)
  await settle()
  const closing = consumer.close({ deadlineMs: 2_000 })
  return {
    ...made,
    closing,
    async finish() {
      finish()
      await refused
    },
  }
}

test('closed while it joins for the first time: the connection stays until the member that comes of it has left', async () => {
  const { fake, clock, closing, finish } = await closedInJoin()
  await settle()
  assert.equal(fake().disconnects, 0)
  await finish()
  assert.equal(fake().left, 1)
  await settle()
  assert.equal(fake().disconnects, 1)
  await clock.advance(2_000)
  await closing
})

test('closed while it joins: the member that comes of it leaves again, and reads nothing', async () => {
  const { fake, handler, clock, closing, finish } = await closedInJoin()
  await clock.advance(1_000)
  await finish()
  assert.equal(fake().left, 1)
  await clock.advance(1_000)
  await closing
  await assert.rejects(fake().join(), /given up/)
  await assert.rejects(fake().fetch(), /given up/)
  assert.equal(handler.taken.length, 0)
})
