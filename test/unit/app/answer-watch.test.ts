import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { AnswerWatch } from '../../../src/app/answer-watch.ts'
import { takesConnections } from '../../../src/app/broker-connection.ts'
import type { AdminPort } from '../../../src/kafka/admin-port.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

class WatchBed {
  readonly clock = new ManualClock()
  readonly told: string[] = []
  readonly watch: AnswerWatch

  constructor(brokers: readonly string[], taking: readonly string[] = brokers) {
    this.watch = new AnswerWatch({
      brokers,
      onWait: (names) => this.told.push(names.join(' ')),
      takesConnections: async (broker) => taking.includes(broker),
      clock: this.clock,
    })
  }
}

const never = new Promise<never>(() => {})

test('after three seconds it is said once who is waited for, and within half a minute it is over', async () => {
  const bed = new WatchBed(['127.0.0.1:9092'])
  const over = assert.rejects(bed.watch.answer(never), {
    code: 'KAFKA_UNAVAILABLE',
    message: /^127\.0\.0\.1:9092 takes connections and does not answer, or a broker that it names does not$/,
  })
  await bed.clock.advance(2_999)
  assert.deepEqual(bed.told, [])
  await bed.clock.advance(1)
  assert.deepEqual(bed.told, ['127.0.0.1:9092'])
  await bed.clock.advance(17_000)
  await over

  const second = bed.watch.answer(never).catch(() => {})
  await bed.clock.advance(20_000)
  await second
  assert.equal(bed.told.length, 1)
})

test('an answer, or an error of its own, comes through, and leaves no timer behind', async () => {
  const bed = new WatchBed(['a:1'])
  assert.equal(await bed.watch.answer(Promise.resolve(7)), 7)
  await assert.rejects(bed.watch.answer(Promise.reject(new Error('refused'))), /refused/)
  assert.deepEqual([bed.clock.pending, bed.told], [0, []])
})

test('brokers that take no connection are told from those that are silent', async () => {
  for (const [brokers, taking, message] of [
    [
      ['a:1', 'b:2', 'c:3'],
      ['a:1', 'b:2'],
      /^a:1, b:2 take connections and do not answer.*; no connection to c:3$/,
    ],
    [['a:1', 'b:2'], [], /^no connection to a:1, b:2$/],
  ] as const) {
    const bed = new WatchBed(brokers, taking)
    const over = assert.rejects(bed.watch.answer(never), { message })
    await bed.clock.advance(20_000)
    await over
  }
})

test('every question to a cluster is watched; creating topics may take longer, since leaders are waited for', async () => {
  const bed = new WatchBed(['a:1'])
  const silent = new Proxy({}, { get: () => () => never }) as AdminPort
  const admin = bed.watch.watched(silent)
  const offsets = new Map()
  const questions = [
    admin.describeTopics([]),
    admin.planTopics([]),
    admin.partitionCount('t'),
    admin.maxMessageBytes('t'),
    admin.latestOffsets('t'),
    admin.earliestOffsets('t'),
    admin.offsetsAt('t', 0),
    admin.groupOffsets('g', 't'),
    admin.presetOffsets('g', 't', offsets),
  ]
  const over = Promise.allSettled(questions)
  let created = 'waits'
  const creating = admin.ensureTopics([]).catch(() => {
    created = 'over'
  })
  await bed.clock.advance(20_000)
  assert.deepEqual(
    (await over).map(({ status }) => status),
    questions.map(() => 'rejected'),
  )
  assert.equal(created, 'waits')
  await bed.clock.advance(40_000)
  await creating
  assert.equal(created, 'over')
})

test('a port that listens takes connections, and one that is closed does not', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  assert.equal(await takesConnections(`127.0.0.1:${port}`), true)
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await takesConnections(`127.0.0.1:${port}`), false)
})
