import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetTracker } from '../../../src/topic-bridge/offset-tracker.ts'

test('low stays at the first unfinished offset however much above it is finished', () => {
  const tracker = new OffsetTracker(10n)
  for (const offset of [10n, 11n, 12n]) tracker.begin(offset)
  assert.equal(tracker.finish(12n), false)
  assert.equal(tracker.finish(11n), false)
  assert.equal(tracker.low, 10n)
  assert.equal(tracker.finish(10n), true)
  assert.equal(tracker.low, 13n)
})

test('an empty tracker says where reading began, and a sealed one where it goes on', () => {
  const tracker = new OffsetTracker(7n)
  assert.equal(tracker.low, 7n)
  tracker.seal(9n)
  assert.equal(tracker.low, 9n)
  tracker.seal(8n)
  assert.equal(tracker.low, 9n)
})

test('an offset that does not ascend is refused', () => {
  const tracker = new OffsetTracker(5n)
  tracker.begin(5n)
  assert.throws(() => tracker.begin(5n), RangeError)
  assert.throws(() => tracker.begin(4n), RangeError)
})

test('finishing twice changes nothing', () => {
  const tracker = new OffsetTracker(0n)
  tracker.begin(0n)
  tracker.begin(1n)
  assert.equal(tracker.finish(0n), true)
  assert.equal(tracker.finish(0n), false)
  assert.equal(tracker.low, 1n)
  assert.equal(tracker.unfinished, 1)
})

test('behaves as a plain list of open offsets does, over any gaps and any order of finishing', () => {
  const step = fc.oneof(
    fc.record({ begin: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ seal: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ finish: fc.nat() }),
  )
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 62n }),
      fc.array(step, { maxLength: 200 }),
      (start, steps) => {
        const tracker = new OffsetTracker(start)
        let next = start
        let open: bigint[] = []
        for (const one of steps) {
          const lowBefore = tracker.low
          if ('begin' in one) {
            const offset = next + BigInt(one.begin - 1)
            tracker.begin(offset)
            open.push(offset)
            next = offset + 1n
          } else if ('seal' in one) {
            next += BigInt(one.seal)
            tracker.seal(next)
          } else if (open.length > 0) {
            const offset = open[one.finish % open.length]
            open = open.filter((other) => other !== offset)
            const moved = tracker.finish(offset ?? 0n)
            assert.equal(moved, tracker.low > lowBefore)
          }
          assert.equal(tracker.low, open[0] ?? next)
          assert.equal(tracker.unfinished, open.length)
        }
      },
    ),
  )
})

test('keeps its place over more offsets than it holds on to', () => {
  const tracker = new OffsetTracker(0n)
  for (let offset = 0n; offset < 5_000n; offset++) tracker.begin(offset)
  for (let offset = 4_999n; offset >= 0n; offset--) if (offset !== 3_000n) tracker.finish(offset)
  assert.equal(tracker.low, 3_000n)
  tracker.begin(5_000n)
  tracker.finish(3_000n)
  assert.equal(tracker.low, 5_000n)
})
