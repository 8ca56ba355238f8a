import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventQueue } from '../../../src/sink/event-queue.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { watch } from './sink-bed.ts'

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('write' as const),
      items: fc.integer({ min: 0, max: 5 }),
      abort: fc.boolean(),
    }),
    fc.record({ do: fc.constant('hold' as const) }),
    fc.record({ do: fc.constant('release' as const) }),
    fc.record({ do: fc.constant('turn' as const) }),
  ),
  { maxLength: 40 },
)

test('whatever is written, aborted and held up: each item of a resolved write arrives or is reported, in order, once', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.constantFrom('block' as const, 'reject' as const, 'drop-oldest' as const, 'drop-newest' as const),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (script, whenFull, maxItems, maxInFlight, dead) => {
        const clock = new ManualClock()
        const end = new RecordingSink<number>({ clock })
        let entered = 0
        let left = 0
        const reported: number[] = []
        const queue = new EventQueue<number>(end, {
          clock,
          whenFull,
          maxItems,
          maxInFlight,
          observers: [
            {
              ingress: (items) => {
                entered += items.length
              },
              egress: (items) => {
                left += items.length
              },
              lost: (items) => reported.push(...items),
              drop(items) {
                left += items.length
                reported.push(...items)
              },
            },
          ],
        })
        let release = (): void => {}
        let next = 0
        const writes = []
        for (const step of script) {
          if (step.do === 'hold') release = end.hold()
          if (step.do === 'release') release()
          if (step.do === 'turn') await settle()
          if (step.do !== 'write') continue
          const items = Array.from({ length: step.items }, () => next++)
          const abort = new AbortController()
          writes.push({ items, outcome: watch(queue.write(items, { signal: abort.signal })) })
          if (step.abort) abort.abort(new Error('aborted'))
          assert.ok(queue.pending.items <= maxItems)
        }
        if (!dead) release()
        const closing = watch(queue.close())
        await clock.advance(10_000)
        assert.notEqual(closing.state, 'open')
        assert.equal(entered, left)
        assert.deepEqual(queue.pending, { items: 0, bytes: 0, inFlight: 0 })
        assert.deepEqual(
          end.items,
          [...new Set(end.items)].sort((a, b) => a - b),
        )
        const known = new Set([...end.items, ...reported])
        for (const { items, outcome } of writes) {
          assert.notEqual(outcome.state, 'open')
          if (outcome.state === 'resolved')
            assert.deepEqual(
              items.filter((item) => !known.has(item)),
              [],
            )
        }
      },
    ),
    { numRuns: 200 },
  )
})
