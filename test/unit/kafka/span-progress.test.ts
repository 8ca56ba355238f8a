import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpanProgress } from '../../../src/kafka/span-progress.ts'

function progress(spans: Readonly<Record<number, readonly [bigint, bigint]>>): SpanProgress {
  const partitions = Object.entries(spans).map(
    ([partition, [from, to]]) => [Number(partition), { from, to }] as const,
  )
  return new SpanProgress({ topic: 't', partitions: new Map(partitions) })
}

test('nothing to read is done from the start', () => {
  assert.ok(progress({ 0: [5n, 5n], 1: [7n, 3n] }).done)
  assert.ok(!progress({ 0: [4n, 5n] }).done)
})

test('only what lies in the span and has not been passed is wanted', () => {
  const span = progress({ 0: [2n, 4n] })
  assert.deepEqual(
    [1n, 2n, 3n, 4n].map((offset) => span.wants(0, offset)),
    [false, true, true, false],
  )
  assert.ok(!span.wants(1, 2n))
  span.passed(0, 3n)
  assert.ok(!span.wants(0, 2n))
  span.passed(0, 1n)
  assert.deepEqual(span.unfinished, [[0, 3n]])
  span.passed(0, 9n)
  assert.ok(span.done)
})

test('what was deleted is passed over, and what was cut off is not waited for', () => {
  const deleted = progress({ 0: [0n, 10n] })
  deleted.found(0, 4n, 20n)
  assert.deepEqual(deleted.unfinished, [[0, 4n]])
  deleted.found(0, 15n, 20n)
  assert.ok(deleted.done)
  const cut = progress({ 0: [0n, 10n] })
  cut.passed(0, 3n)
  cut.found(0, 0n, 3n)
  assert.ok(cut.done)
})
