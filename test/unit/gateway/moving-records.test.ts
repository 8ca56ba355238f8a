import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Moving, MovingRecords } from '../../../src/gateway/moving-records.ts'
import type { SpooledRecord } from '../../../src/spool/spool.ts'

function record(sequence: number): SpooledRecord {
  return { sequence, appendedAt: 0, content: Buffer.alloc(10) }
}

test('the oldest is the first that has not arrived, in whatever order they arrive', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), (choices) => {
      const moving = new MovingRecords()
      const under = choices.map((_, sequence) => moving.add(record(sequence)))
      for (const choice of choices) {
        const [next] = under.splice(choice % under.length, 1) as [Moving]
        const wasOldest = next.sequence === moving.oldest
        assert.equal(moving.arrived(next), wasOldest)
        assert.equal(moving.oldest, under[0]?.sequence)
        assert.equal(moving.size, under.length)
        assert.equal(moving.bytes, under.length * 10)
      }
    }),
  )
})

test('a million pass one that waits, and what is under way stays one', () => {
  const moving = new MovingRecords()
  const waiting = moving.add(record(0))
  for (let sequence = 1; sequence <= 1_000_000; sequence += 1) {
    assert.equal(moving.arrived(moving.add(record(sequence))), false)
  }
  assert.equal(moving.size, 1)
  assert.equal(moving.oldest, 0)
  assert.equal(moving.arrived(waiting), true)
  assert.equal(moving.oldest, undefined)
})

test('what has arrived is not held any more, whether something waits before it or not', () => {
  const moving = new MovingRecords()
  const waiting = moving.add(record(0))
  const next = moving.add(record(1))
  moving.arrived(next)
  assert.equal(next.record, undefined)
  assert.deepEqual([moving.size, moving.bytes], [1, 10])
  moving.arrived(waiting)
  assert.equal(waiting.record, undefined)
})
