import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionQueue } from '../../../../src/kafka/accumulator/partition-queue.ts'
import { Selection } from '../../../../src/kafka/accumulator/selection.ts'
import { entriesOf } from './entries.ts'

const batch = { records: 2, bytes: 1_000 }
const wide = { batch, request: { records: 100, bytes: 10_000 } }

function queuesOf(...counts: number[]): PartitionQueue[] {
  return counts.map((count, partition) => {
    const queue = new PartitionQueue(partition)
    for (const entry of entriesOf(Array(count).fill('x'))) queue.waiting.push(entry)
    return queue
  })
}

function makeSuspect(queue: PartitionQueue): void {
  queue.suspects.push(queue.freeze(batch))
}

const partitions = (batches: readonly { partition: number }[]): number[] =>
  batches.map(({ partition }) => partition)

test('puts every partition with something new into one request', () => {
  const group = new Selection(wide).next(queuesOf(3, 0, 1), 0, false)
  assert.deepEqual(partitions(group), [0, 2])
  assert.deepEqual(
    group.map(({ records }) => records.length),
    [2, 1],
  )
})

test('rule 6: sends a suspect alone, and takes turns with what is new', () => {
  const queues = queuesOf(9, 9)
  makeSuspect(queues[0] as PartitionQueue)
  const selection = new Selection(wide)
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [0])
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [1])
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [0])
})

test('takes nothing of a partition that has a batch in the air, or a suspect that is not due', () => {
  const queues = queuesOf(3, 3)
  const [flying, sick] = queues as [PartitionQueue, PartitionQueue]
  flying.flying = flying.freeze(batch)
  makeSuspect(sick)
  sick.retryAt = 10
  const selection = new Selection(wide)
  assert.deepEqual(selection.next(queues, 9, false), [])
  assert.deepEqual(partitions(selection.next(queues, 10, false)), [1])
})

test('sends no second half of a split batch while the first is in the air', () => {
  const [queue] = queuesOf(2) as [PartitionQueue]
  const [first, second] = queue.freeze(batch).halves()
  queue.flying = first
  queue.suspects.push(second)
  assert.deepEqual(new Selection(wide).next([queue], 0, false), [])
})

test('takes the suspect that is due for longest', () => {
  const queues = queuesOf(3, 3)
  queues.forEach((queue, i) => {
    makeSuspect(queue)
    queue.retryAt = 10 - i
  })
  assert.deepEqual(partitions(new Selection(wide).next(queues, 20, false)), [1])
})

test('sends nothing new when only suspects may go', () => {
  assert.deepEqual(new Selection(wide).next(queuesOf(1), 0, true), [])
})

test('rule 10: begins the next full request with the partitions that had no room in the last', () => {
  const selection = new Selection({ batch, request: { records: 4, bytes: 10_000 } })
  const queues = queuesOf(9, 9, 9)
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [0, 1])
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [2, 0])
  assert.deepEqual(partitions(selection.next(queues, 0, false)), [1, 2])
})

test('rule 10: keeps a request below its bytes, except for a single record that is larger', () => {
  const selection = new Selection({ batch, request: { records: 100, bytes: 25 } })
  const queues = queuesOf(9, 9)
  const request = selection.next(queues, 0, false)
  assert.ok(request.reduce((sum, { bytes }) => sum + bytes, 0) <= 25)
  const large = new PartitionQueue(0)
  for (const entry of entriesOf(['large'], 500)) large.waiting.push(entry)
  assert.equal(selection.next([large], 0, false)[0]?.bytes, 500)
})
