import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Batch } from '../../../../src/kafka/accumulator/batch.ts'
import { EntryList } from '../../../../src/kafka/accumulator/entry.ts'
import { PartitionQueue } from '../../../../src/kafka/accumulator/partition-queue.ts'
import { entriesOf } from './entries.ts'

const textsOf = (batch: Batch): string[] => batch.records.map(({ value }) => value.toString())

function queueOf(texts: readonly (string | undefined)[], bytes?: number): PartitionQueue {
  const queue = new PartitionQueue(0)
  for (const entry of entriesOf(texts, bytes)) queue.waiting.push(entry)
  return queue
}

test('rule 10: freezes as many records as both limits allow', () => {
  const queue = queueOf(['a', 'b', 'c', 'd'])
  assert.deepEqual(textsOf(queue.freeze({ records: 2, bytes: 1_000 })), ['a', 'b'])
  assert.deepEqual(textsOf(queue.freeze({ records: 9, bytes: 19 })), ['c'])
  assert.deepEqual(textsOf(queue.freeze({ records: 9, bytes: 1_000 })), ['d'])
})

test('freezes one record above the limit alone', () => {
  const queue = queueOf(['large', 'next'], 500)
  assert.deepEqual(textsOf(queue.freeze({ records: 9, bytes: 100 })), ['large'])
})

test('stops at the first record whose value is not there yet, so that none overtakes it', () => {
  const queue = queueOf(['a', undefined, 'c'])
  assert.deepEqual(textsOf(queue.freeze({ records: 9, bytes: 1_000 })), ['a'])
  assert.ok(!queue.flushable)
  assert.equal(queue.waiting.size, 2)
})

test('halves of a batch hold the same records in the same order', () => {
  const batch = queueOf(['a', 'b', 'c']).freeze({ records: 9, bytes: 1_000 })
  const [left, right] = batch.halves()
  assert.deepEqual([...textsOf(left), ...textsOf(right)], ['a', 'b', 'c'])
  assert.equal(left.bytes + right.bytes, batch.bytes)
  assert.ok(left.entries.length > 0 && right.entries.length > 0)
})

test('a list keeps order whatever is taken out of its middle', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (keep) => {
      const list = new EntryList()
      const entries = entriesOf(keep.map(String))
      for (const entry of entries) list.push(entry)
      entries.forEach((entry, i) => {
        if (keep[i]) return
        list.remove(entry)
        list.remove(entry)
      })
      const left = []
      for (let entry = list.shift(); entry !== undefined; entry = list.shift()) left.push(entry)
      assert.deepEqual(
        left,
        entries.filter((_, i) => keep[i]),
      )
      assert.equal(list.size, 0)
    }),
  )
})
