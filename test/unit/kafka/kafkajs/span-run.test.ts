import assert from 'node:assert/strict'
import { test } from 'node:test'
import type kafkajs from 'kafkajs'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import { SpanRun } from '../../../../src/kafka/kafkajs/span-run.ts'
import { OpenProgress } from '../../../../src/kafka/open-progress.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { until } from '../../../support/until.ts'

type Offsets = readonly { readonly partition: number; readonly low: string; readonly high: string }[]

/** A follower of one partition that has read up to offset 5, at a Kafka in memory. */
function start() {
  const clock = new ManualClock()
  const stop = new AbortController()
  const progress = new OpenProgress({ topic: 't', partitions: new Map([[0, 5n]]), partitionCount: 1 })
  const taken: bigint[] = []
  const anew: ReadonlyMap<number, bigint>[] = []
  const sought: string[] = []
  let eachBatch: kafkajs.EachBatchHandler | undefined
  const kafka = { answer: (): Promise<Offsets> => Promise.resolve([]), asked: 0 }
  const consumer = {
    events: { CRASH: 'crash', GROUP_JOIN: 'join', END_BATCH_PROCESS: 'end' },
    on: () => {},
    connect: async () => {},
    subscribe: async () => {},
    run: async (config: kafkajs.ConsumerRunConfig) => {
      eachBatch = config.eachBatch
    },
    seek: ({ offset }: { readonly offset: string }) => sought.push(offset),
    disconnect: async () => {},
  }
  const admin = {
    connect: async () => {},
    fetchTopicOffsets: () => {
      kafka.asked += 1
      return kafka.answer()
    },
    disconnect: async () => {},
  }
  const client = { consumer: () => consumer, admin: () => admin } as unknown as KafkaClient
  const run = new SpanRun({
    kafka: client,
    groupId: 'g',
    topic: 't',
    progress,
    onRecord: ({ offset }) => {
      taken.push(offset)
    },
    onAnew: (starts) => anew.push(starts),
    lookMs: 1_000,
    clock,
    signal: stop.signal,
  })
  const ended = run.finished().catch((thrown: unknown) => thrown)
  const batch = async (offsets: readonly number[], highWatermark: number): Promise<void> => {
    await until(() => eachBatch !== undefined)
    const messages = offsets.map((offset) => ({
      ...{ key: null, value: null, headers: {}, attributes: 0 },
      ...{ offset: String(offset), timestamp: '0' },
    }))
    const last = String(offsets.at(-1))
    await eachBatch?.({
      batch: {
        ...{ topic: 't', partition: 0, highWatermark: String(highWatermark), messages },
        lastOffset: () => last,
      },
      resolveOffset: () => {},
      heartbeat: async () => {},
    } as unknown as kafkajs.EachBatchPayload)
  }
  const end = async (): Promise<void> => {
    stop.abort(new Error('enough'))
    await ended
  }
  return { clock, kafka, progress, taken, anew, sought, batch, end }
}

test('a topic that was made anew is found out by its first batch, which is taken whole', async () => {
  const { kafka, taken, anew, sought, batch, end } = start()
  kafka.answer = async () => [{ partition: 0, low: '0', high: '2' }]
  await batch([0, 1], 2)
  assert.deepEqual(anew, [new Map([[0, 0n]])])
  assert.deepEqual([taken, sought], [[0n, 1n], ['0']])
  await batch([0, 1, 2], 3)
  assert.deepEqual(taken, [0n, 1n, 2n])
  assert.equal(kafka.asked, 1)
  await end()
})

test('a topic that was made anew and is empty is found out once nothing has come for a time', async () => {
  const { clock, kafka, progress, anew, sought, end } = start()
  kafka.answer = async () => [{ partition: 0, low: '0', high: '0' }]
  await clock.advance(2_000)
  assert.deepEqual(anew, [new Map([[0, 0n]])])
  assert.deepEqual(sought, ['0'])
  await clock.advance(4_000)
  assert.equal(anew.length, 1)
  assert.deepEqual(progress.unfinished, [[0, 0n]])
  await end()
})

test('what is read while it asks for the end of a partition does not make its topic another one', async () => {
  const { clock, kafka, progress, anew, sought, batch, end } = start()
  let answer: (offsets: Offsets) => void = () => {}
  kafka.answer = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  await clock.advance(2_000)
  assert.equal(kafka.asked, 1)
  await batch([5, 6], 7)
  answer([{ partition: 0, low: '0', high: '6' }])
  await clock.advance(0)
  assert.deepEqual(progress.unfinished, [[0, 7n]])
  assert.deepEqual([anew, sought], [[], []])
  await end()
})
