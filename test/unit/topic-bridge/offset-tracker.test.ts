import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetTracker, type TrackedOffset } from '../../../src/topic-bridge/offset-tracker.ts'

function entry(offset: bigint, done = false): TrackedOffset {
  return { offset, done }
}

/** A tracker with these begun, and their entries. */
function begun(...offsets: readonly bigint[]) {
  const tracker = new OffsetTracker(offsets[0] ?? 0n)
  const entries = offsets.map((offset) => entry(offset))
  for (const one of entries) tracker.begin(one)
  const finish = (offset: bigint): void => {
    tracker.finish(entries.find((one) => one.offset === offset) ?? entry(offset))
  }
  return { tracker, entries, finish }
}

test('low stays at the first unfinished offset however much above it is finished', () => {
  const { tracker, entries, finish } = begun(10n, 11n, 12n)
  finish(12n)
  finish(11n)
  assert.deepEqual([tracker.low, tracker.oldest, tracker.open, tracker.unfinished], [10n, entries[0], 3, 1])
  finish(10n)
  assert.deepEqual([tracker.low, tracker.oldest, tracker.open, tracker.unfinished], [13n, undefined, 0, 0])
})

test('an empty tracker says where reading began, and a sealed one where it goes on', () => {
  const tracker = new OffsetTracker(7n)
  assert.deepEqual([tracker.low, tracker.next], [7n, 7n])
  tracker.seal(9n)
  assert.deepEqual([tracker.low, tracker.next], [9n, 9n])
  tracker.seal(8n)
  assert.deepEqual([tracker.low, tracker.next], [9n, 9n])
})

test('an offset that does not ascend is refused', () => {
  const { tracker } = begun(5n)
  assert.throws(() => tracker.begin(entry(5n)), RangeError)
  assert.throws(() => tracker.begin(entry(4n)), RangeError)
  tracker.seal(9n)
  assert.throws(() => tracker.begin(entry(8n)), RangeError)
})

test('finishing twice changes nothing', () => {
  const { tracker, finish } = begun(0n, 1n)
  finish(0n)
  finish(0n)
  assert.deepEqual([tracker.low, tracker.unfinished], [1n, 1])
})

test('what begins as done moves low when nothing below it is open, and is told above low otherwise', () => {
  const tracker = new OffsetTracker(0n)
  tracker.begin(entry(0n, true))
  assert.deepEqual([tracker.low, tracker.unfinished], [1n, 0])
  const open = entry(1n)
  tracker.begin(open)
  tracker.begin(entry(4n, true))
  assert.deepEqual([tracker.low, tracker.doneAbove()], [1n, [3]])
  tracker.finish(open)
  assert.deepEqual([tracker.low, tracker.doneAbove()], [5n, []])
})

test('those without outcome are told in order', () => {
  const { tracker, entries, finish } = begun(3n, 4n, 8n, 9n)
  finish(3n)
  finish(8n)
  assert.deepEqual(tracker.openEntries(), [entries[1], entries[3]])
})

test('behaves as a plain list of offsets does, over any gaps and any order of finishing', () => {
  const step = fc.oneof(
    fc.record({ begin: fc.integer({ min: 1, max: 5 }), done: fc.boolean() }),
    fc.record({ seal: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ finish: fc.nat() }),
  )
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 62n }),
      fc.array(step, { maxLength: 200 }),
      (start, steps) => {
        const tracker = new OffsetTracker(start)
        const all: TrackedOffset[] = []
        let next = start
        for (const one of steps) {
          const open = all.filter(({ done }) => !done)
          if ('begin' in one) {
            const given = entry(next + BigInt(one.begin - 1), one.done)
            tracker.begin(given)
            all.push(given)
            next = given.offset + 1n
          } else if ('seal' in one) {
            next += BigInt(one.seal)
            tracker.seal(next)
          } else {
            const chosen = open[one.finish % open.length]
            if (chosen !== undefined) tracker.finish(chosen)
          }
          const left = all.filter(({ done }) => !done)
          const low = left[0]?.offset ?? next
          assert.deepEqual([tracker.low, tracker.next, tracker.unfinished], [low, next, left.length])
          assert.deepEqual([tracker.openEntries(), tracker.oldest], [left, left[0]])
          const above = all.filter(({ offset, done }) => done && offset > low)
          assert.deepEqual(
            tracker.doneAbove(),
            above.map(({ offset }) => Number(offset - low)),
          )
          assert.equal(tracker.open, left.length + above.length)
        }
      },
    ),
  )
})

test('keeps its place over more offsets than it holds on to', () => {
  const offsets = Array.from({ length: 5_000 }, (_, at) => BigInt(at))
  const { tracker, finish, entries } = begun(...offsets)
  for (const one of entries.toReversed()) if (one.offset !== 3_000n) tracker.finish(one)
  assert.equal(tracker.low, 3_000n)
  tracker.begin(entry(5_000n))
  assert.deepEqual([tracker.open, tracker.doneAbove().length], [2_001, 1_999])
  finish(3_000n)
  assert.deepEqual([tracker.low, tracker.open], [5_000n, 1])
})
