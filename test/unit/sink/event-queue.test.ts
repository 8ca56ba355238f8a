import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { Breaker } from '../../../src/sink/breaker.ts'
import { EventQueue, type EventQueueOptions } from '../../../src/sink/event-queue.ts'
import type { DropReason } from '../../../src/sink/observe.ts'
import { RetryingSink } from '../../../src/sink/retrying-sink.ts'
import { type Sink, SinkClosedError } from '../../../src/sink/sink.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { SlowSink } from '../../../src/testing/slow-sink.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { range, watch } from './sink-bed.ts'

/** A queue in front of a recording sink, with everything that it tells. */
function bedOf(options: EventQueueOptions<number> = {}) {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const end = new RecordingSink<number>({ clock })
  const heard = {
    ingress: [] as number[],
    egress: [] as number[],
    lost: [] as number[],
    drops: [] as [number, DropReason][],
  }
  const queue = new EventQueue<number>(end, {
    clock,
    telemetry,
    observers: [
      {
        ingress: (items) => heard.ingress.push(...items),
        egress: (items) => heard.egress.push(...items),
        lost: (items) => heard.lost.push(...items),
        drop(items, reason) {
          for (const item of items) heard.drops.push([item, reason])
        },
      },
    ],
    ...options,
  })
  return { clock, telemetry, end, queue, heard }
}

test('a thousand events in a hundred concurrent writes to a slow sink are all there after close, in order', async () => {
  const clock = new ManualClock()
  const end = new RecordingSink<number>()
  const queue = new EventQueue<number>(new SlowSink(end, { delayMs: 1, clock }), { clock })
  await Promise.all(range(0, 100).map((block) => queue.write(range(block * 10, block * 10 + 10))))
  const closing = queue.close()
  await clock.advance(100)
  await closing
  assert.deepEqual(end.items, range(0, 1_000))
  assert.equal(end.writes.length, 100, 'each write goes inwards as it came')
  assert.equal(end.closed, true)
})

test('what enters leaves: every item is told on the way in and on the way out, and none is pending after close', async () => {
  const { queue, heard, telemetry } = bedOf()
  for (const n of range(0, 10)) await queue.write([n])
  await queue.close()
  assert.deepEqual(heard.ingress, range(0, 10))
  assert.deepEqual(heard.egress, range(0, 10))
  assert.deepEqual(queue.pending, { items: 0, bytes: 0, inFlight: 0 })
  assert.equal(telemetry.values.get('registry_relay_sink_pending_items queue'), 0)
})

test('a write resolves while the sink behind has not answered', async () => {
  const { queue, end } = bedOf()
  const release = end.hold()
  await queue.write([1])
  assert.deepEqual(end.items, [])
  release()
  await queue.close()
  assert.deepEqual(end.items, [1])
})

test('an empty write is not taken for the end of the queue', async () => {
  const { queue, end, heard } = bedOf()
  await queue.write([])
  await queue.write([1])
  await queue.write([])
  await queue.write([2])
  await queue.close()
  assert.deepEqual(end.items, [1, 2])
  assert.equal(end.writes.length, 2, 'the sink behind is not asked about nothing')
  assert.deepEqual(heard.ingress, [1, 2])
})

test('blocking, a write waits until all of its items have room, and those behind it wait their turn', async () => {
  const { queue, end } = bedOf({ maxItems: 2 })
  const release = end.hold()
  await queue.write([1])
  const long = watch(queue.write([2, 3, 4, 5]))
  const short = watch(queue.write([6]))
  await settle()
  assert.deepEqual([long.state, short.state], ['open', 'open'])
  assert.deepEqual(queue.pending, { items: 2, bytes: 0, inFlight: 1 })
  release()
  await settle()
  assert.deepEqual([long.state, short.state], ['resolved', 'resolved'])
  await queue.close()
  assert.deepEqual(end.items, range(1, 7))
})

test('blocking, an aborted write is taken back as far as it is not in hand, and the next one moves up', async () => {
  const { queue, end, heard } = bedOf({ maxItems: 2 })
  const release = end.hold()
  await queue.write([1])
  const abort = new AbortController()
  const aborted = queue.write([2, 3, 4], { signal: abort.signal })
  const next = queue.write([5])
  abort.abort(new Error('enough'))
  await assert.rejects(aborted, /enough/)
  await next
  release()
  await queue.close()
  assert.deepEqual(end.items, [1, 5])
  assert.deepEqual([...heard.egress].sort(), heard.ingress.sort(), 'what was taken back has left, too')
})

test('a write that is aborted just as it finds room has either arrived or been rejected, never neither', async () => {
  const seen = new Set<boolean>()
  for (let at = 0; at < 25; at++) {
    const { queue, end } = bedOf({ maxItems: 1 })
    const release = end.hold()
    await queue.write([1])
    await queue.write([2])
    await settle()
    const abort = new AbortController()
    const third = watch(queue.write([3], { signal: abort.signal }))
    release()
    for (let i = 0; i < at; i++) await Promise.resolve()
    abort.abort(new Error('enough'))
    await queue.close()
    assert.equal(end.items.includes(3), third.state === 'resolved', `aborted at microtask ${at}`)
    seen.add(third.state === 'resolved')
  }
  assert.equal(seen.size, 2, 'the abort fell only before, or only after')
})

test('rejecting, a full queue says so and takes nothing of the write', async () => {
  const { queue, end, heard } = bedOf({ maxItems: 2, whenFull: 'reject' })
  const release = end.hold()
  await queue.write([1])
  await queue.write([2])
  await assert.rejects(queue.write([3, 4]), (error) => {
    assert.ok(isRelayError(error, 'QUEUE_FULL'))
    assert.equal(error.retriable, true)
    assert.match(error.message, /1 of maxItems 2/)
    return true
  })
  await queue.write([5])
  await assert.rejects(queue.write([6, 7, 8]), (error) => isRelayError(error, 'TOO_LARGE'))
  release()
  await queue.close()
  assert.deepEqual(end.items, [1, 2, 5])
  assert.deepEqual(heard.ingress, [1, 2, 5])
})

test('dropping the newest, as many as the limit and the one in hand are kept, and each further one is reported', async () => {
  const { queue, end, heard, telemetry } = bedOf({ maxItems: 5, whenFull: 'drop-newest' })
  const release = end.hold()
  for (const n of range(1, 8)) await queue.write([n])
  assert.deepEqual(heard.drops, [[7, 'full']])
  assert.deepEqual(heard.ingress, range(1, 8), 'what is dropped has entered')
  assert.equal(telemetry.values.get('registry_relay_sink_dropped_items_total queue full'), 1)
  assert.equal(telemetry.values.get('registry_relay_sink_pending_items queue'), 6, 'a drop is not pending')
  assert.deepEqual(telemetry.logged('warn', /dropped/)[0]?.facts['reason'], 'full')
  release()
  await queue.close()
  assert.deepEqual(end.items, range(1, 7))
})

test('dropping the oldest, the queue keeps the newest and what is in hand', async () => {
  const { queue, end, heard } = bedOf({ maxItems: 2, whenFull: 'drop-oldest' })
  const release = end.hold()
  await queue.write([1])
  await queue.write([2, 3])
  await queue.write([4])
  await queue.write([5])
  assert.deepEqual(heard.drops, [
    [2, 'full'],
    [3, 'full'],
  ])
  release()
  await queue.close()
  assert.deepEqual(end.items, [1, 4, 5])
})

for (const whenFull of ['drop-newest', 'drop-oldest'] as const) {
  test(`with ${whenFull} a queue of one item under concurrent writes has every item arrive or reported`, async () => {
    const { queue, end, heard } = bedOf({ maxItems: 1, whenFull })
    await Promise.all(range(0, 100).map((n) => queue.write([n])))
    await queue.close()
    const dropped = heard.drops.map(([item]) => item)
    assert.ok(end.items.length > 0 && dropped.length > 0)
    assert.deepEqual(
      [...end.items, ...dropped].sort((a, b) => a - b),
      range(0, 100),
    )
    assert.deepEqual(
      [...end.items].sort((a, b) => a - b),
      end.items,
      'order holds among those that are left',
    )
  })
}

test('bytes are a limit of their own, by the size that the option tells', async () => {
  const { queue, end } = bedOf({ maxBytes: 10, sizeOf: (item) => item })
  const release = end.hold()
  await queue.write([1])
  await queue.write([6, 4])
  assert.equal(queue.pending.bytes, 10)
  const waiting = watch(queue.write([1]))
  await settle()
  assert.equal(waiting.state, 'open')
  release()
  await settle()
  await queue.close()
  assert.deepEqual(end.items, [1, 6, 4, 1])
})

test('a small item does not slip past a large one that waits for room', async () => {
  const { queue, end } = bedOf({ maxBytes: 10, sizeOf: (item) => item })
  const release = end.hold()
  await queue.write([1])
  await queue.write([5])
  const large = watch(queue.write([6]))
  const small = watch(queue.write([2]))
  await settle()
  assert.deepEqual([large.state, small.state], ['open', 'open'])
  release()
  await settle()
  await queue.close()
  assert.deepEqual(end.items, [1, 5, 6, 2])
})

test('an item that is larger than the limit is refused at once, or dropped and reported', async () => {
  for (const whenFull of ['block', 'reject'] as const) {
    const { queue } = bedOf({ maxBytes: 10, sizeOf: (item) => item, whenFull })
    await assert.rejects(queue.write([1, 11]), (error) => {
      assert.ok(isRelayError(error, 'TOO_LARGE'))
      assert.match(error.message, /item 1 of the write has 11 bytes, maxBytes is 10/)
      return true
    })
    await queue.close()
  }
  for (const whenFull of ['drop-newest', 'drop-oldest'] as const) {
    const { queue, end, heard } = bedOf({ maxBytes: 10, sizeOf: (item) => item, whenFull })
    await queue.write([1, 11, 2])
    await queue.close()
    assert.deepEqual(end.items, [1, 2])
    assert.deepEqual(heard.drops, [[11, 'too-large']])
  }
})

test('a size that is no number, and a size function that throws, reject the write', async () => {
  const { queue } = bedOf({ sizeOf: () => Number.NaN })
  await assert.rejects(queue.write([1]), (error) => isRelayError(error, 'CONFIG_INVALID'))
  const throwing = bedOf({
    sizeOf() {
      throw new Error('no size')
    },
  })
  await assert.rejects(throwing.queue.write([1]), /no size/)
})

test('an item that the sink behind rejects is reported as lost with its error, and the next one is sent', async () => {
  const telemetry = new CountedTelemetry()
  const end = new RecordingSink<number>({
    onWrite([item]) {
      if (item === 1) throw new Error('no')
    },
  })
  const lost: unknown[] = []
  const left: number[] = []
  const queue = new EventQueue<number>(end, {
    telemetry,
    observers: [
      { lost: (items, error) => lost.push([items, error.message]), egress: (items) => left.push(...items) },
    ],
  })
  await queue.write([1])
  await queue.write([2])
  await queue.close()
  assert.deepEqual(end.items, [2])
  assert.deepEqual(lost, [[[1], 'no']])
  assert.deepEqual(left, [1, 2])
  assert.equal(telemetry.values.get('registry_relay_sink_lost_items_total queue'), 1)
  assert.equal(telemetry.logged('warn', /lost/).length, 1)
})

test('a sink behind that throws instead of rejecting does not stop the queue', async () => {
  let calls = 0
  const rude: Sink<number> = {
    write() {
      calls++
      throw new Error('thrown')
    },
    close: async () => {},
  }
  const queue = new EventQueue<number>(rude)
  await queue.write([1])
  await queue.write([2])
  await queue.close()
  assert.equal(calls, 2)
})

test('close refuses writes at once and drains for as long as the purge takes, then reports what is left', async () => {
  const { queue, end, heard, clock, telemetry } = bedOf({ purgeTimeoutMs: 2_000 })
  end.hold()
  for (const n of range(1, 6)) await queue.write([n])
  const closing = watch(queue.close())
  await assert.rejects(queue.write([6]), SinkClosedError)
  await clock.advance(1_999)
  assert.equal(closing.state, 'open')
  await clock.advance(1)
  assert.ok(isRelayError(closing.error, 'DEADLINE_EXCEEDED'))
  assert.deepEqual(closing.error.facts, { dropped: 4, lost: 1 })
  assert.match(closing.error.message, /after 2000 ms, 4 items had not been sent and 1 had no answer/)
  assert.deepEqual(heard.lost, [1])
  assert.deepEqual(
    heard.drops,
    range(2, 6).map((n) => [n, 'deadline']),
  )
  assert.equal(heard.ingress.length, heard.egress.length + heard.drops.length)
  assert.equal(telemetry.values.get('registry_relay_sink_dropped_items_total queue deadline'), 4)
  assert.equal(telemetry.values.get('registry_relay_sink_lost_items_total queue'), 1)
  assert.equal(
    telemetry.values.get('registry_relay_sink_pending_items queue'),
    0,
    'nothing is pending for ever',
  )
  assert.equal(telemetry.logged('warn', /dropped/)[0]?.facts['items'], 4)
  assert.equal(end.closed, true)
})

test('without a purge time close takes the deadline it is given, and five seconds without one', async () => {
  for (const [deadlineMs, expected] of [
    [60_000, 60_000],
    [undefined, 5_000],
  ] as const) {
    const { queue, end, clock } = bedOf()
    end.hold()
    await queue.write([1])
    const closing = watch(queue.close(deadlineMs === undefined ? {} : { deadlineMs }))
    await clock.advance(expected - 1)
    assert.equal(closing.state, 'open')
    await clock.advance(1)
    assert.equal(closing.state, 'rejected')
  }
})

test('a purge time that is over leaves the rest of the deadline to the sink behind', async () => {
  const clock = new ManualClock()
  let given: number | undefined
  const inner: Sink<number> = {
    write: () => new Promise(() => {}),
    close: async (options = {}) => {
      given = options.deadlineMs
    },
  }
  const queue = new EventQueue<number>(inner, { clock, purgeTimeoutMs: 1_000 })
  await queue.write([1])
  const closing = watch(queue.close({ deadlineMs: 3_000 }))
  await clock.advance(1_000)
  assert.equal(closing.state, 'rejected')
  assert.equal(given, 2_000)
})

test('close with a dead endpoint behind retries returns at its deadline', async () => {
  const clock = new ManualClock()
  const dead = new RecordingSink<number>({ clock, onWrite: () => Promise.reject(new Error('refused')) })
  const retrying = new RetryingSink<number>(dead, { clock, strategy: new Breaker({ clock, threshold: 3 }) })
  const queue = new EventQueue<number>(retrying, { clock })
  await queue.write([1])
  await queue.write([2])
  await clock.advance(10_000)
  const closing = watch(queue.close({ deadlineMs: 500 }))
  await clock.advance(500)
  assert.ok(isRelayError(closing.error, 'DEADLINE_EXCEEDED'))
  assert.deepEqual(closing.error.facts, { dropped: 1, lost: 1 })
  assert.equal(dead.closed, true)
  assert.equal(clock.pending, 0, 'a timer is left')
})

test('close with a sink behind that never answers, nor closes, returns all the same', async () => {
  const clock = new ManualClock()
  const inner: Sink<number> = { write: () => new Promise(() => {}), close: () => new Promise(() => {}) }
  const queue = new EventQueue<number>(inner, { clock })
  await queue.write([1])
  const closing = watch(queue.close({ deadlineMs: 500 }))
  await clock.advance(600)
  assert.ok(closing.error instanceof AggregateError)
  assert.match(closing.error.message, /1 had no answer.*did not close/)
})

test('a write that waits for room when the queue closes is rejected and taken back', async () => {
  const { queue, end } = bedOf({ maxItems: 1 })
  const release = end.hold()
  await queue.write([1])
  const waiting = queue.write([2, 3])
  const closing = queue.close()
  await assert.rejects(waiting, SinkClosedError)
  release()
  await closing
  assert.deepEqual(end.items, [1])
})

test('when the sink behind says it is closed, the rest is dropped with report and the queue says the same', async () => {
  const { queue, end, heard } = bedOf({ maxItems: 2 })
  const release = end.hold()
  await queue.write([1])
  await queue.write([2])
  const closedByOthers = end.close()
  await queue.write([3])
  const waiting = queue.write([4, 5])
  release()
  await assert.rejects(waiting, SinkClosedError)
  await closedByOthers
  assert.deepEqual(end.items, [1])
  assert.deepEqual(heard.lost, [2])
  assert.deepEqual(heard.drops, [[3, 'sink-closed']])
  assert.equal(heard.egress.includes(4), true, 'what is taken back has left')
  await assert.rejects(queue.write([6]), SinkClosedError)
  await queue.close()
})

test('with several writes in flight the sink behind is called in order, and no more of them at a time', async () => {
  const { queue, end } = bedOf({ maxInFlight: 3 })
  const release = end.hold()
  for (const n of range(0, 5)) await queue.write([n])
  await settle()
  assert.equal(end.open, 3)
  assert.deepEqual(queue.pending, { items: 2, bytes: 0, inFlight: 3 })
  release()
  await queue.close()
  assert.deepEqual(end.items, range(0, 5))
})

test('an overflow that goes on is one line in ten seconds, and the last line says how many it left out', async () => {
  const { queue, end, clock, telemetry } = bedOf({ maxItems: 1, whenFull: 'drop-newest' })
  const release = end.hold()
  const warnings = () =>
    telemetry.logged('warn', /dropped/).map(({ facts }) => [facts['items'], facts['alike']])
  for (const n of range(0, 12)) await queue.write([n])
  assert.deepEqual(warnings(), [[1, 0]])
  await clock.advance(10_000)
  await queue.write([12])
  assert.deepEqual(warnings(), [
    [1, 0],
    [1, 9],
  ])
  await queue.write([13])
  release()
  await queue.close()
  assert.deepEqual(warnings(), [
    [1, 0],
    [1, 9],
    [1, 0],
  ])
  assert.equal(telemetry.values.get('registry_relay_sink_dropped_items_total queue full'), 12)
})

test('an option that makes no sense is refused by name', () => {
  for (const options of [{ maxItems: 0 }, { maxBytes: 0 }, { maxInFlight: 0 }, { purgeTimeoutMs: -1 }]) {
    const [name] = Object.keys(options) as [string]
    assert.throws(
      () => new EventQueue<number>(new RecordingSink(), options),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(name),
    )
  }
})
