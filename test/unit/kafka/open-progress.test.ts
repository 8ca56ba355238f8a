import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenProgress } from '../../../src/kafka/open-progress.ts'

const start = (partitionCount: number): OpenProgress =>
  new OpenProgress({ topic: 't', partitions: new Map([[0, 5n]]), partitionCount })

test('is never done, however far it came and whatever was deleted', () => {
  const progress = start(1)
  assert.equal(progress.wants(0, 4n), false)
  assert.equal(progress.wants(0, 5n), true)
  progress.passed(0, 2n ** 62n)
  progress.found(0, 2n ** 62n, 2n ** 62n)
  assert.equal(progress.done, false)
  assert.deepEqual(progress.unfinished, [[0, 2n ** 62n]])
})

test('is done as soon as a partition shows that nobody knew of, in an answer or by a record', () => {
  const asked = start(1)
  asked.found(1, 0n, 0n)
  assert.equal(asked.done, true)
  const met = start(1)
  assert.equal(met.wants(1, 0n), false)
  assert.equal(met.done, true)
})

test('one that follows some partitions only does not care for others', () => {
  const progress = start(Number.POSITIVE_INFINITY)
  assert.equal(progress.wants(7, 0n), false)
  assert.equal(progress.done, false)
})

test('a partition that ends before what was read of it is read anew, from the first offset that it holds', () => {
  const progress = start(1)
  progress.passed(0, 9n)
  assert.equal(progress.found(0, 0n, 9n), false)
  assert.deepEqual(progress.unfinished, [[0, 9n]])
  assert.equal(progress.found(0, 1n, 3n), true)
  assert.deepEqual(progress.unfinished, [[0, 1n]])
  assert.equal(progress.wants(0, 1n), true)
  assert.equal(progress.found(0, 1n, 3n), false)
})
