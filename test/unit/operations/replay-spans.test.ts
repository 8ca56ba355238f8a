import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import type { ReplayPlan } from '../../../src/operations/replay-plan.ts'
import { recordFilter, sizeOf, spansOf } from '../../../src/operations/replay-spans.ts'
import { ScriptedOffsets } from './replay-bed.ts'

function cluster(): ScriptedOffsets {
  const offsets = new ScriptedOffsets('events')
  offsets.earliest = new Map([
    [0, 5n],
    [1, 0n],
  ])
  offsets.latest = new Map([
    [1, 0n],
    [0, 20n],
  ])
  offsets.at = new Map([
    [0, 12n],
    [1, 0n],
  ])
  return offsets
}

function planOf(over: Partial<ReplayPlan>): ReplayPlan {
  return {
    topic: 'events',
    target: { name: 'hook' },
    from: { text: 'earliest', moment: { kind: 'earliest' } },
    to: { text: 'latest', moment: { kind: 'latest' } },
    repositories: [],
    actions: [],
    ...over,
  }
}

const time = (ms: number) => ({ text: 'then', moment: { kind: 'time', ms } }) as const
const offset = (at: bigint) => ({ text: 'there', moment: { kind: 'offset', offset: at } }) as const

test('from the earliest to the latest is all there is, and nothing of an empty partition', async () => {
  const spans = await spansOf(planOf({}), cluster())
  assert.deepEqual(spans.get(0), { start: 5n, end: 20n })
  assert.deepEqual(spans.get(1), { start: 0n, end: 0n })
  assert.equal(sizeOf(spans), 15n)
  assert.deepEqual([...spans.keys()], [0, 1])
})

test('a span by time begins at the first record of that time and is read to the end of the topic', async () => {
  const spans = await spansOf(planOf({ from: time(100), to: time(200) }), cluster())
  assert.deepEqual(spans.get(0), { start: 12n, end: 20n })
})

test('offsets are those of the one partition, and none that the topic has not', async () => {
  const plan = planOf({ partition: 0, from: offset(0n), to: offset(99n) })
  assert.deepEqual((await spansOf(plan, cluster())).get(0), { start: 5n, end: 20n })
  const other = await spansOf(planOf({ partition: 1 }), cluster())
  assert.deepEqual(other.get(0), { start: 5n, end: 5n })
})

test('a span that ends before it begins is empty', async () => {
  const plan = planOf({ partition: 0, from: offset(15n), to: offset(7n) })
  assert.deepEqual((await spansOf(plan, cluster())).get(0), { start: 15n, end: 15n })
})

test('records are meant by their time, the end not included, and only of partitions that there were', async () => {
  const plan = planOf({ from: time(100), to: time(200) })
  const wants = recordFilter(plan, await spansOf(plan, cluster()))
  const record = (timestamp: number, partition = 0): ConsumedRecord =>
    ({ timestamp, partition }) as ConsumedRecord
  assert.deepEqual(
    [99, 100, 199, 200].map((timestamp) => wants(record(timestamp))),
    [false, true, true, false],
  )
  assert.equal(wants(record(150, 2)), false)
})
