import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FilterSink } from '../../../src/sink/filter-sink.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../../../src/sink/sink.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'

type Wrong = (end: RecordingSink<number>) => Sink<number>

/** The end, but for what is given. */
function but(end: RecordingSink<number>, changed: Partial<Sink<number>>): Sink<number> {
  return {
    write: (items: readonly number[], options?: WriteOptions) => end.write(items, options),
    close: (options?: CloseOptions) => end.close(options),
    ...changed,
  }
}

/** Names of the checks that a sink fails. */
async function failedBy(around: Wrong, timeoutMs = 10_000): Promise<string[]> {
  const create = () => {
    const clock = new ManualClock()
    const end = new RecordingSink<number>({ clock })
    const sink = around(end)
    const pass = (ms: number) => clock.advance(ms)
    return { end, sink, received: () => end.items, innerClosed: () => end.closed, pass }
  }
  const createHeldUp = () => {
    const made = create()
    return { ...made, release: made.end.hold() }
  }
  const failed: string[] = []
  const checks = sinkConformance({ create, createHeldUp, item: (n) => n, timeoutMs })
  for (const { name, run } of checks) await run().catch(() => failed.push(name))
  return failed
}

test('a sink that keeps the contract passes all checks', async () => {
  assert.deepEqual(await failedBy((end) => end), [])
})

const faults: readonly [fault: string, caught: RegExp, wrong: Wrong][] = [
  [
    'resolves before the item is there',
    /a write resolves when its items are where/,
    (end) =>
      but(end, {
        async write(items, options) {
          setImmediate(() => end.write(items, options).catch(() => {}))
        },
      }),
  ],
  [
    'loses every second item of a write',
    /the items of one write keep their order/,
    (end) =>
      but(end, {
        write: (items, options) =>
          end.write(
            items.filter((_, i) => i % 2 === 0),
            options,
          ),
      }),
  ],
  [
    'writes the later of two first',
    /keep their order, awaited or not/,
    (end) => {
      let turns = 0
      const later = async (items: readonly number[], options?: WriteOptions) => {
        if (turns++ % 2 === 1) await new Promise((resolve) => setImmediate(resolve))
        return end.write(items, options)
      }
      return but(end, { write: later })
    },
  ],
  [
    'dies of an empty write',
    /an empty write resolves and changes nothing/,
    (end) => {
      let dead = false
      return but(end, {
        async write(items, options) {
          dead ||= items.length === 0
          if (!dead) await end.write(items, options)
        },
      })
    },
  ],
  [
    'takes the items out of the array',
    /the array that was written is left as it was/,
    (end) => but(end, { write: (items, options) => end.write((items as number[]).splice(0), options) }),
  ],
  [
    'takes no notice of signals',
    /aborted before the call rejects/,
    (end) => but(end, { write: (items) => end.write(items) }),
  ],
  [
    'leaves listeners on signals',
    /leaves no listener/,
    (end) =>
      but(end, {
        write(items, options) {
          options?.signal?.addEventListener('abort', () => {})
          return end.write(items, options)
        },
      }),
  ],
  [
    'does not close what is inside',
    /close resolves, closes what is inside/,
    (end) => {
      let closed = false
      return but(end, {
        write: (items, options) =>
          closed ? Promise.reject(new SinkClosedError()) : end.write(items, options),
        close: async () => {
          closed = true
        },
      })
    },
  ],
  [
    'says that it is closed already when it is closed twice',
    /every further call has the same outcome/,
    (end) => {
      let closed = false
      return but(end, {
        close(options) {
          if (closed) return Promise.reject(new Error('already closed'))
          closed = true
          return end.close(options)
        },
      })
    },
  ],
  [
    'takes an empty write after close',
    /an empty one too/,
    (end) =>
      but(end, { write: async (items, options) => (items.length === 0 ? 0 : end.write(items, options)) }),
  ],
  [
    'says in its own words that it is closed',
    /refused with SINK_CLOSED/,
    (end) =>
      but(end, {
        write: (items, options) =>
          end.closed ? Promise.reject(new Error('sink: closed')) : end.write(items, options),
      }),
  ],
  [
    'does not wait for what is under way when it is closed',
    /close waits for what is under way/,
    (end) => but(end, { close: async (options) => void end.close(options).catch(() => {}) }),
  ],
  [
    'resolves writes that come after close',
    /races with close has arrived or is rejected/,
    (end) =>
      but(end, { write: (items, options) => (end.closed ? Promise.resolve() : end.write(items, options)) }),
  ],
  [
    'takes no notice of deadlines',
    /gives up at its deadline/,
    (end) => but(end, { close: () => end.close() }),
  ],
  [
    'takes no notice of an abort while a write is under way',
    /aborted while it is under way/,
    (end) =>
      but(end, {
        write(items, options) {
          options?.signal?.throwIfAborted()
          return end.write(items)
        },
      }),
  ],
  [
    'resolves a write that was aborted and never arrives',
    /aborted while it is under way/,
    (end) => but(end, { write: (items, options) => end.write(items, options).catch(() => 0) }),
  ],
]

for (const [fault, caught, wrong] of faults) {
  test(`a sink that ${fault} is caught`, async () => {
    const failed = await failedBy(wrong, 300)
    assert.ok(
      failed.some((name) => caught.test(name)),
      `caught only by: ${failed.join(', ') || 'nothing'}`,
    )
  })
}

test('a filter that swallows close is caught', async () => {
  class Swallowing extends FilterSink<number> {
    override async close(): Promise<void> {}
  }
  const failed = await failedBy((end) => new Swallowing(end, () => true))
  assert.ok(failed.some((name) => /closes what is inside/.test(name)))
})

test('checks that need a far end held up are listed only for a sink that can be', () => {
  const create = () => ({ sink: new RecordingSink<number>(), received: () => [] })
  const without = sinkConformance({ create, item: (n) => n })
  const createHeldUp = () => ({ ...create(), release: () => {} })
  const all = sinkConformance({ create, createHeldUp, item: (n) => n })
  assert.equal(all.length - without.length, 3)
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length)
})

test('what was made for a check is disposed of, whatever comes of it', async () => {
  let disposed = 0
  const checks = sinkConformance<number>({
    create: () => ({
      sink: { write: () => Promise.reject(new Error('no')), close: async () => {} },
      received: () => [],
      dispose: () => {
        disposed++
      },
    }),
    item: (n) => n,
  })
  await assert.rejects(async () => checks[0]?.run(), /a write rejected/)
  assert.equal(disposed, 1)
})
