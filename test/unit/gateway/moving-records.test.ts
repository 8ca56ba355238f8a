import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Moving, MovingRecords } from '../../../src/gateway/moving-records.ts'
import type { SpooledRecord } from '../../../src/spool/spool.ts'

function record(sequence: number): SpooledRecord {
  return { sequence, appendedAt: 0, content: Buffer.alloc(10) }
}

test('all have arrived up to the one before the oldest that waits, in whatever order they arrive', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), (choices) => {
      const moving = new MovingRecords()
      const under = choices.map((_, sequence) => moving.add(record(sequence)))
      const arrived = new Set<number>()
      for (const choice of choices) {
        const [next] = under.splice(choice % under.length, 1) as [Moving]
        const before = reached(arrived)
        arrived.add(next.sequence)
        const now = reached(arrived)
        assert.equal(moving.arrived(next), now === before ? undefined : now)
        assert.equal(moving.size, under.length)
        assert.equal(moving.events.bytes, under.length * 10)
      }
    }),
  )
})

test('a damaged record that was left out holds nothing up', () => {
  const moving = new MovingRecords()
  const [first, , third] = [0, 2, 3].map((sequence) => moving.add(record(sequence)))
  assert.ok(first && third)
  assert.equal(moving.arrived(third), undefined)
  // Up to 1, which is no record.
  assert.equal(moving.arrived(first), 1)
})

test('a million pass one that waits, and what is under way stays one', () => {
  const moving = new MovingRecords()
  const waiting = moving.add(record(0))
  for (let sequence = 1; sequence <= 1_000_000; sequence += 1) {
    const next = moving.add(record(sequence))
    assert.equal(moving.arrived(next), undefined)
  }
  assert.equal(moving.size, 1)
  assert.equal(moving.arrived(waiting), 1_000_000)
})

test('what has arrived is not held any more, whether something waits before it or not', () => {
  const moving = new MovingRecords()
  const waiting = moving.add(record(0))
  const next = moving.add(record(1), moving.rejected)
  assert.deepEqual(moving.rejected, { records: 1, bytes: 10 })
  moving.arrived(next)
  assert.equal(next.record, undefined)
  assert.deepEqual(moving.rejected, { records: 0, bytes: 0 })
  assert.deepEqual(moving.events, { records: 1, bytes: 10 })
  moving.arrived(waiting)
  assert.equal(waiting.record, undefined)
})

function reached(arrived: ReadonlySet<number>): number {
  let sequence = -1
  while (arrived.has(sequence + 1)) sequence += 1
  return sequence
}
