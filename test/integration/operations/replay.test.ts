import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type kafkajs from 'kafkajs'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import type { PlannedMoment, ReplayPlan } from '../../../src/operations/replay-plan.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, eventOf, TestReceiver } from '../topic-bridge/bridge-bed.ts'
import { type ReplayRun, replayOnce } from './replay-run.ts'

let bed: BridgeBed
let admin: KafkaAdmin
let receiver: TestReceiver

before(async () => {
  bed = await BridgeBed.start()
  admin = new KafkaAdmin(bed.kafka)
})

after(async () => {
  await admin.close()
  await bed.stop()
})

const earliest: PlannedMoment = { text: 'earliest', moment: { kind: 'earliest' } }
const latest: PlannedMoment = { text: 'latest', moment: { kind: 'latest' } }
const time = (ms: number): PlannedMoment => ({ text: String(ms), moment: { kind: 'time', ms } })
const offset = (at: bigint): PlannedMoment => ({ text: String(at), moment: { kind: 'offset', offset: at } })

async function newReceiver(t: { after(run: () => Promise<void>): void }): Promise<TestReceiver> {
  receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  return receiver
}

function planOf(topic: string, over: Partial<ReplayPlan> = {}): ReplayPlan {
  return {
    topic,
    target: { name: 'hook' },
    from: earliest,
    to: latest,
    repositories: [],
    actions: [],
    ...over,
  }
}

function runOf(topic: string, over: Partial<ReplayRun> = {}): ReplayRun {
  const { brokers, schemaRegistryUrl } = bed.stack
  const plan = planOf(topic)
  return { brokers, schemaRegistryUrl, group: topic, id: 'r1', topic, url: receiver.url, plan, ...over }
}

function messageOf(repository: string, sequence: number, timestamp: number): kafkajs.Message {
  return { key: repository, value: bed.value(eventOf(repository, sequence)), timestamp: String(timestamp) }
}

function takenIds(): readonly string[] {
  return receiver.taken.map(({ id }) => id).toSorted()
}

test('delivers all there is in order per repository, and leaves the offsets of the live group as they are', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(3)
  await bed.produce(topic, ['a/x', 'b/y', 'c/z', 'd/w'], 50)
  const live = new Map([
    [0, { next: 3n, metadata: 'mine' }],
    [1, { next: 5n, metadata: '' }],
  ])
  await admin.presetOffsets(`${topic}.hook`, topic, live)
  const end = await replayOnce(runOf(topic))
  assert.deepEqual(
    [end.end, end.delivered, end.filtered, end.refused, end.done, end.total],
    ['done', 200, 0, 0, 200n, 200n],
  )
  assert.equal(receiver.taken.length, 200)
  assert.deepEqual(receiver.outOfOrder(), [])
  assert.deepEqual(await admin.groupOffsets(`${topic}.hook`, topic), live)

  const again = await replayOnce(runOf(topic, { plan: undefined }))
  assert.deepEqual([again.end, again.delivered, receiver.taken.length], ['done', 0, 200])
})

test('a span by time holds what was received in it, also what was written late, and nothing that comes afterwards', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(2)
  const start = Date.now() - 3_600_000
  await bed.send(
    topic,
    [0, 1, 2, 3, 4].map((at) => messageOf('a/x', at, start + at * 1_000)),
  )
  // Received by a gateway that was cut off, and written behind what others received later.
  await bed.send(topic, [messageOf('a/x', 5, start + 2_500)])
  const plan = planOf(topic, { from: time(start + 1_000), to: time(start + 3_000) })
  receiver.answer = async () => {
    if (receiver.taken.length === 0) await bed.send(topic, [messageOf('a/x', 6, start + 2_000)])
    return 204
  }
  const end = await replayOnce(runOf(topic, { plan }))
  assert.deepEqual(
    receiver.taken.map(({ sequence }) => sequence),
    [1, 2, 5],
  )
  assert.deepEqual([end.end, end.delivered, end.filtered, end.total], ['done', 3, 2, 5n])
})

test('a span by offset holds these offsets of this partition', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(2)
  const messages = [0, 1, 2, 3, 4, 5].map((at) => messageOf('a/x', at, Date.now()))
  await bed.send(
    topic,
    messages.map((message) => ({ ...message, partition: 1 })),
  )
  await bed.send(topic, [{ ...messageOf('b/y', 0, Date.now()), partition: 0 }])
  const plan = planOf(topic, { partition: 1, from: offset(2n), to: offset(4n) })
  const end = await replayOnce(runOf(topic, { plan }))
  assert.deepEqual(takenIds(), ['a/x#2', 'a/x#3'])
  assert.deepEqual([end.end, end.total], ['done', 2n])
})

test('filters by repository and action are met, and the rest is counted', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(1)
  const pulled = { ...eventOf('team/app', 1), action: 'pull' }
  await bed.produce(topic, ['team/app', 'team/deep/app', 'other/app'], 1)
  await bed.send(topic, [{ key: 'team/app', value: bed.value(pulled) }])
  const plan = planOf(topic, { repositories: ['team/**'], actions: ['push'] })
  const end = await replayOnce(runOf(topic, { plan }))
  assert.deepEqual(takenIds(), ['team/app#0', 'team/deep/app#0'])
  assert.deepEqual([end.end, end.total, end.delivered, end.filtered], ['done', 4n, 2, 2])
})

test('what the endpoint refuses and what cannot be read is named with its place, and the rest goes on', async (t) => {
  await newReceiver(t)
  const { topic, deadLetterTopic } = await bed.topic(1)
  await bed.produce(topic, ['a/x', 'b/y'], 2)
  await bed.send(topic, [{ key: 'c/z', value: Buffer.from('no record of the relay') }])
  receiver.answer = ({ id }) => (id === 'a/x#0' ? 422 : 204)
  const end = await replayOnce(runOf(topic))
  assert.deepEqual([end.end, end.delivered, end.refused], ['done', 3, 2])
  assert.deepEqual(end.refusals.map(({ record, code, status }) => [record, code, status]).toSorted(), [
    [`${topic}-0@0`, 'DELIVERY_REFUSED', 422],
    [`${topic}-0@4`, 'RECORD_UNDECODABLE', undefined],
  ])
  assert.deepEqual(await bed.ends(deadLetterTopic), new Map([[0, 0]]))
})

test('an endpoint that refuses the credentials is waited for, with the reason in the progress', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(1)
  const repositories = Array.from({ length: 8 }, (_, at) => `r/${at}`)
  await bed.produce(topic, repositories, 1)
  receiver.answer = () => 401
  const stopping = new AbortController()
  const end = await replayOnce(runOf(topic), stopping.signal, ({ waiting }) => {
    if (waiting?.includes('401')) stopping.abort()
  })
  assert.deepEqual([end.end, end.delivered, end.refused, end.done], ['interrupted', 0, 0, 0n])
})

test('after a kill it goes on by its id alone, and repeats at most what was in flight', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(3)
  const repositories = Array.from({ length: 20 }, (_, at) => `r/${at}`)
  await bed.produce(topic, repositories, 20)
  const inFlight = 8
  let posts = 0
  let held = 0
  receiver.answer = () => {
    posts++
    if (receiver.taken.length < 150) return 204
    held++
    return 'hold'
  }
  const run = runOf(topic, { concurrency: inFlight })
  const program = fileURLToPath(new URL('replay-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(run)], {
    stdio: 'inherit',
  })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  t.after(() => child.kill('SIGKILL'))
  // The endpoint holds all that may be in flight, and what it took before is committed.
  const committed = async (): Promise<number> => {
    const offsets = await admin.groupOffsets(`${topic}.replay.r1`, topic)
    const done = [...offsets.values()].map(
      ({ next, metadata }) => Number(next) + [...completedOffsets(next, metadata)].length,
    )
    return done.reduce((sum, count) => sum + count, 0)
  }
  await until(async () => held === inFlight && (await committed()) === receiver.taken.length, {
    what: () => `${held} held, ${receiver.taken.length} taken`,
  })
  child.kill('SIGKILL')
  await gone
  receiver.answer = () => {
    posts++
    return 204
  }
  await bed.produce(topic, repositories, 21, 20)

  const end = await replayOnce({ ...run, plan: undefined })
  assert.deepEqual([end.end, end.done, end.total], ['done', 400n, 400n])
  assert.deepEqual(receiver.outOfOrder(), [])
  assert.deepEqual([receiver.distinct, receiver.taken.length, posts], [400, 400, 400 + inFlight])
})

test('a stop lets deliveries end and commits them, so that nothing is repeated', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(2)
  await bed.produce(topic, ['a/x', 'b/y', 'c/z'], 40)
  const stopping = new AbortController()
  receiver.answer = () => {
    if (receiver.taken.length === 30) stopping.abort()
    return 204
  }
  const run = runOf(topic, { maxPerSecond: 100 })
  const first = await replayOnce(run, stopping.signal)
  assert.equal(first.end, 'interrupted')
  const second = await replayOnce({ ...run, plan: undefined })
  assert.equal(second.end, 'done')
  assert.equal(receiver.taken.length, 120)
  assert.equal(first.delivered + second.delivered, 120)
  assert.deepEqual(receiver.outOfOrder(), [])
})

test('no more begin in a second than the rate allows', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(1)
  await bed.produce(topic, ['a/x', 'b/y', 'c/z', 'd/w'], 1)
  const clock = new ManualClock()
  const times: number[] = []
  receiver.answer = () => {
    times.push(clock.monotonic())
    return 204
  }
  const running = replayOnce(runOf(topic, { maxPerSecond: 2, gateClock: clock }))
  for (let count = 1; count < 4; count++) {
    await until(() => times.length >= count)
    await clock.advance(500)
  }
  assert.equal((await running).end, 'done')
  assert.deepEqual(times, [0, 500, 1_000, 1_500])
})

test('the same id with other options is refused, naming what differs', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(1)
  await bed.produce(topic, ['a/x'], 1)
  await replayOnce(runOf(topic, { plan: planOf(topic, { actions: ['push'] }) }))
  await assert.rejects(
    replayOnce(runOf(topic, { plan: planOf(topic, { actions: ['pull'], target: { name: 'other' } }) })),
    /was begun with other options: --to-endpoint was hook, now other; --action was push, now pull/,
  )
  await assert.rejects(replayOnce(runOf(topic, { id: 'r2', plan: undefined })), /no replay of that id/)
})

test('records that the topic lost before they were delivered do not keep a replay waiting, and are counted', async (t) => {
  await newReceiver(t)
  const { topic } = await bed.topic(1)
  await bed.produce(topic, ['a/x'], 5)
  const stopping = new AbortController()
  stopping.abort()
  await replayOnce(runOf(topic), stopping.signal)
  await bed.admin.fetchTopicOffsets(topic)
  await bed.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '5' }] })
  const end = await replayOnce(runOf(topic, { plan: undefined }))
  assert.deepEqual([end.end, end.delivered, end.lost, end.done], ['done', 0, 5n, 5n])
})
