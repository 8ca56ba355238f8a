import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { Broadcaster } from '../../../src/sink/broadcaster.ts'
import { type Sink, SinkClosedError } from '../../../src/sink/sink.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { SlowSink } from '../../../src/testing/slow-sink.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { range, watch } from './sink-bed.ts'

function recorders(count: number): RecordingSink<number>[] {
  return range(0, count).map(() => new RecordingSink<number>())
}

const closedSink = (): RecordingSink<number> => {
  const sink = new RecordingSink<number>()
  void sink.close()
  return sink
}

test('a thousand events in a hundred concurrent writes reach ten sinks, all in the same order', async () => {
  const sinks = recorders(10)
  const broadcaster = new Broadcaster(sinks)
  await Promise.all(range(0, 100).map((block) => broadcaster.write(range(block * 10, block * 10 + 10))))
  await broadcaster.close()
  for (const sink of sinks) {
    assert.deepEqual(sink.items, range(0, 1_000))
    assert.equal(sink.writes.length, 100)
    assert.equal(sink.closeCalls, 1)
  }
})

test('a sink is in the set once, however often it is added, and adding it again keeps its place', async () => {
  const [first, second] = recorders(2) as [RecordingSink<number>, RecordingSink<number>]
  const broadcaster = new Broadcaster([first, first])
  broadcaster.add(first)
  broadcaster.add(second)
  broadcaster.add(second)
  assert.equal(broadcaster.size, 2)
  await broadcaster.write([1])
  await broadcaster.close()
  assert.deepEqual([first.items, second.items], [[1], [1]])
  assert.deepEqual([first.closeCalls, second.closeCalls], [1, 1])
})

test('a removed sink gets what was accepted before and nothing after, and is not closed', async () => {
  const [gone, kept] = recorders(2) as [RecordingSink<number>, RecordingSink<number>]
  const broadcaster = new Broadcaster([gone, kept])
  const release = gone.hold()
  await broadcaster.write([1])
  await broadcaster.write([2])
  const removing = watch(broadcaster.remove(gone))
  assert.equal(broadcaster.has(gone), false)
  await broadcaster.write([3])
  await settle()
  assert.equal(removing.state, 'open')
  release()
  await settle()
  assert.equal(removing.state, 'resolved')
  await broadcaster.close()
  assert.deepEqual(gone.items, [1, 2])
  assert.deepEqual(kept.items, [1, 2, 3])
  assert.equal(gone.closed, false)
})

test('removing a sink that is not in the set changes nothing', async () => {
  const [sink, stranger] = recorders(2) as [RecordingSink<number>, RecordingSink<number>]
  const broadcaster = new Broadcaster([sink])
  await broadcaster.remove(stranger)
  await broadcaster.write([1])
  await broadcaster.close()
  assert.deepEqual(sink.items, [1])
})

test('after all are removed a write reaches nobody, and sinks that are added again are closed by close', async () => {
  const sinks = recorders(3)
  const broadcaster = new Broadcaster(sinks)
  await Promise.all(sinks.map((sink) => broadcaster.remove(sink)))
  await broadcaster.write([1])
  for (const sink of sinks) broadcaster.add(sink)
  await broadcaster.close()
  assert.deepEqual(
    sinks.map(({ items }) => items),
    [[], [], []],
  )
  assert.ok(sinks.every(({ closed }) => closed))
})

test('a sink that is added again while it is still being given the rest keeps its order', async () => {
  const sink = new RecordingSink<number>()
  const broadcaster = new Broadcaster([sink])
  const release = sink.hold()
  await broadcaster.write([1])
  await broadcaster.write([2])
  const removing = broadcaster.remove(sink)
  await broadcaster.write([3])
  broadcaster.add(sink)
  await broadcaster.write([4])
  await removing
  release()
  await broadcaster.close()
  assert.deepEqual(sink.items, [1, 2, 4])
})

test('removed, added and removed again, a sink is waited for by the last removal', async () => {
  const sink = new RecordingSink<number>()
  const broadcaster = new Broadcaster([sink])
  const release = sink.hold()
  await broadcaster.write([1])
  const first = watch(broadcaster.remove(sink))
  broadcaster.add(sink)
  const second = watch(broadcaster.remove(sink))
  await settle()
  assert.deepEqual([first.state, second.state], ['resolved', 'open'])
  broadcaster.add(sink)
  await broadcaster.write([2])
  release()
  await broadcaster.close()
  assert.equal(second.state, 'resolved')
  assert.deepEqual(sink.items, [1, 2])
})

test('a removal gives up at its deadline, and reports what the sink did not get', async () => {
  const clock = new ManualClock()
  const sink = new RecordingSink<number>({ clock })
  const dropped: number[] = []
  const lost: number[] = []
  const broadcaster = new Broadcaster<number>([sink], {
    clock,
    observers: [
      { drop: (_sink, items) => dropped.push(...items), lost: (_sink, items) => lost.push(...items) },
    ],
  })
  sink.hold()
  await broadcaster.write([1])
  await broadcaster.write([2])
  const removing = watch(broadcaster.remove(sink, { deadlineMs: 100 }))
  await clock.advance(100)
  assert.ok(isRelayError(removing.error, 'DEADLINE_EXCEEDED'))
  assert.deepEqual([lost, dropped], [[1], [2]])
  await broadcaster.close()
})

test('a sink that is closed is taken out during a broadcast, and nobody misses the event or gets it twice', async () => {
  const telemetry = new CountedTelemetry()
  const [a, c, d] = recorders(3) as [RecordingSink<number>, RecordingSink<number>, RecordingSink<number>]
  const b = closedSink()
  const removed: Sink<number>[] = []
  const broadcaster = new Broadcaster<number>([a, b, c, d], {
    telemetry,
    observers: [{ removed: (sink) => removed.push(sink) }],
  })
  await broadcaster.write([1])
  await settle()
  assert.deepEqual([a.items, b.items, c.items, d.items], [[1], [], [1], [1]])
  assert.equal(broadcaster.has(b), false)
  assert.deepEqual(removed, [b])
  assert.equal(telemetry.values.get('registry_relay_broadcaster_removed_sinks_total broadcaster'), 1)
  assert.equal(telemetry.values.get('registry_relay_sink_lost_items_total broadcaster'), 1)
  assert.equal(telemetry.logged('warn', /taken out/)[0]?.facts['to'], 'sink-2')
  await broadcaster.write([2])
  await broadcaster.close()
  assert.deepEqual(
    [a.items, c.items, d.items],
    [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
  )
  assert.equal(b.closeCalls, 1, 'a sink that said it is closed is not closed again')
})

test('a closed sink is known by the code of its error, whichever copy of the package made it', async () => {
  const foreign = Object.assign(new Error('events: sink closed'), { code: 'SINK_CLOSED', retriable: false })
  const broadcaster = new Broadcaster<number>([
    { write: () => Promise.reject(foreign), close: async () => {} },
  ])
  await broadcaster.write([1])
  await settle()
  assert.equal(broadcaster.size, 0)
})

test('sinks that add and remove sinks while they are written to disturb nobody', async () => {
  const late = new RecordingSink<number>()
  const last = new RecordingSink<number>()
  const broadcaster: Broadcaster<number> = new Broadcaster<number>()
  const first = new RecordingSink<number>({
    onWrite: () => {
      broadcaster.add(late)
      void broadcaster.remove(first)
    },
  })
  broadcaster.add(first)
  broadcaster.add(last)
  await broadcaster.write([1])
  await settle()
  await broadcaster.write([2])
  await broadcaster.close()
  assert.deepEqual([first.items, last.items, late.items], [[1], [1, 2], [2]])
})

test('the error of one sink is reported with the items and reaches neither the writer nor the others', async () => {
  const telemetry = new CountedTelemetry()
  const failing = new RecordingSink<number>({
    onWrite: ([item]) => {
      if (item === 1) throw new Error('no')
    },
  })
  const healthy = new RecordingSink<number>()
  const lost: unknown[] = []
  const broadcaster = new Broadcaster<number>([failing, healthy], {
    telemetry,
    observers: [{ lost: (sink, items, error) => lost.push([sink, items, error.message]) }],
  })
  await broadcaster.write([1])
  await broadcaster.write([2])
  await broadcaster.close()
  assert.deepEqual([failing.items, healthy.items], [[2], [1, 2]])
  assert.deepEqual(lost, [[failing, [1], 'no']])
  assert.equal(telemetry.values.get('registry_relay_sink_lost_items_total broadcaster'), 1)
  const [line] = telemetry.logged('warn', /lost/)
  assert.deepEqual([line?.facts['to'], line?.facts['items']], ['sink-1', 1])
})

test('a slow sink does not hold up the others, until it lags by the limit; then writes wait for it', async () => {
  const clock = new ManualClock()
  const behind = new RecordingSink<number>()
  const slow = new SlowSink<number>(behind, { delayMs: 100, clock })
  const fast = new RecordingSink<number>()
  const broadcaster = new Broadcaster<number>([slow, fast], { clock, maxLagItems: 2 })
  const writes = range(1, 5).map((n) => watch(broadcaster.write([n])))
  await settle()
  // One in hand, two waiting.
  assert.deepEqual(
    writes.map(({ state }) => state),
    ['resolved', 'resolved', 'resolved', 'open'],
  )
  assert.deepEqual([behind.items, fast.items], [[], [1, 2, 3, 4]])
  await clock.advance(100)
  assert.equal(writes[3]?.state, 'resolved')
  const closing = broadcaster.close()
  await clock.advance(1_000)
  await closing
  assert.deepEqual(behind.items, [1, 2, 3, 4])
})

test('a slow sink that is removed no longer holds up the write that waits for it', async () => {
  const slow = new RecordingSink<number>()
  const broadcaster = new Broadcaster<number>([slow], { maxLagItems: 1 })
  const release = slow.hold()
  await broadcaster.write([1])
  await broadcaster.write([2])
  const waiting = watch(broadcaster.write([3]))
  await settle()
  assert.equal(waiting.state, 'open')
  const removing = broadcaster.remove(slow)
  await settle()
  assert.equal(waiting.state, 'resolved')
  release()
  await removing
  assert.deepEqual(slow.items, [1, 2])
})

for (const [whenLagging, kept] of [
  ['drop-oldest', [1, 4, 5]],
  ['drop-newest', [1, 2, 3]],
] as const) {
  test(`with ${whenLagging} only the slow sink misses items, and each is reported`, async () => {
    const telemetry = new CountedTelemetry()
    const [slow, fast] = recorders(2) as [RecordingSink<number>, RecordingSink<number>]
    const dropped: [Sink<number>, number][] = []
    const broadcaster = new Broadcaster<number>([slow, fast], {
      maxLagItems: 2,
      whenLagging,
      telemetry,
      observers: [
        {
          drop(sink, items) {
            for (const item of items) dropped.push([sink, item])
          },
        },
      ],
    })
    const release = slow.hold()
    for (const n of range(1, 6)) {
      await broadcaster.write([n])
      await settle()
    }
    release()
    await broadcaster.close()
    assert.deepEqual(slow.items, kept)
    assert.deepEqual(fast.items, [1, 2, 3, 4, 5])
    assert.deepEqual(
      dropped,
      range(1, 6)
        .filter((n) => !(kept as readonly number[]).includes(n))
        .map((n) => [slow, n]),
    )
    assert.equal(telemetry.values.get('registry_relay_sink_dropped_items_total broadcaster full'), 2)
    const said = telemetry.logged('warn', /dropped/).map(({ facts }) => facts['items'])
    assert.deepEqual(said, [1, 1], 'the second is said at the latest on close')
  })
}

test('a sink that is removed in the middle of a broadcast, for lagging, leaves its neighbours as they were', async () => {
  const sinks = recorders(4)
  const [, lagging] = sinks as [RecordingSink<number>, RecordingSink<number>]
  const broadcaster: Broadcaster<number> = new Broadcaster<number>(sinks, {
    maxLagItems: 1,
    whenLagging: 'drop-newest',
    // Called while the write goes round.
    observers: [{ drop: (sink) => broadcaster.remove(sink) }],
  })
  const release = lagging.hold()
  for (const n of [1, 2, 3, 4]) {
    await broadcaster.write([n])
    await settle()
  }
  release()
  await broadcaster.close()
  assert.deepEqual(
    sinks.map(({ items }) => items),
    [
      [1, 2, 3, 4],
      [1, 2],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
  )
})

test('an aborted write takes back what no sink has in hand, from the fast ones too', async () => {
  const [slow, fast] = recorders(2) as [RecordingSink<number>, RecordingSink<number>]
  const broadcaster = new Broadcaster<number>([slow, fast], { maxLagItems: 2 })
  const releases = [slow.hold(), fast.hold()]
  await broadcaster.write([1])
  await broadcaster.write([2])
  const abort = new AbortController()
  const aborted = broadcaster.write([3, 4], { signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(aborted, /enough/)
  for (const release of releases) release()
  await broadcaster.write([5])
  await broadcaster.close()
  assert.deepEqual(
    [slow.items, fast.items],
    [
      [1, 2, 5],
      [1, 2, 5],
    ],
  )
})

test('a write that is aborted just as it finds room has either arrived or been rejected, never neither', async () => {
  const seen = new Set<boolean>()
  // One run for each microtask at which the abort may fall around the one in which there is room.
  for (let at = 0; at < 25; at++) {
    const sink = new RecordingSink<number>()
    const broadcaster = new Broadcaster<number>([sink], { maxLagItems: 1 })
    const release = sink.hold()
    await broadcaster.write([1])
    await broadcaster.write([2])
    await settle()
    const abort = new AbortController()
    const third = watch(broadcaster.write([3], { signal: abort.signal }))
    release()
    for (let i = 0; i < at; i++) await Promise.resolve()
    abort.abort(new Error('enough'))
    await broadcaster.close()
    assert.equal(sink.items.includes(3), third.state === 'resolved', `aborted at microtask ${at}`)
    seen.add(third.state === 'resolved')
  }
  assert.equal(seen.size, 2, 'the abort fell only before, or only after')
})

test('with no sink at all writes resolve', async () => {
  const broadcaster = new Broadcaster<number>()
  await broadcaster.write([1])
  await broadcaster.close()
  await assert.rejects(broadcaster.write([]), SinkClosedError)
})

test('close closes every sink though some fail, side by side, and gathers what they say', async () => {
  const failing = (message: string): Sink<number> => ({
    write: async () => {},
    close: () => Promise.reject(new Error(message)),
  })
  const [healthy] = recorders(1) as [RecordingSink<number>]
  const broadcaster = new Broadcaster<number>([failing('one'), healthy, failing('two')])
  await assert.rejects(broadcaster.close(), (error) => {
    assert.ok(error instanceof AggregateError)
    assert.deepEqual(
      error.errors.map(({ message }) => message),
      ['one', 'two'],
    )
    assert.match(error.message, /closing broadcaster: one; two/)
    return true
  })
  assert.equal(healthy.closed, true)
  await assert.rejects(broadcaster.close(), AggregateError)
})

test('close with a dead sink gives up at its default limit, and the healthy ones have everything', async () => {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const dead = new RecordingSink<number>({ clock })
  dead.hold()
  const healthy = new RecordingSink<number>({ clock })
  const broadcaster = new Broadcaster<number>([dead, healthy], { clock, telemetry })
  for (const n of range(0, 10)) await broadcaster.write([n])
  const closing = watch(broadcaster.close())
  await clock.advance(14_999)
  assert.equal(closing.state, 'open')
  assert.equal(healthy.closed, true, 'the healthy sink does not wait for the dead one')
  await clock.advance(1)
  assert.ok(closing.error instanceof AggregateError)
  const [first] = closing.error.errors
  assert.ok(isRelayError(first, 'DEADLINE_EXCEEDED'))
  assert.deepEqual(first.facts, { sink: 'sink-1', dropped: 9, lost: 1 })
  assert.equal(telemetry.values.get('registry_relay_sink_dropped_items_total broadcaster deadline'), 9)
  assert.equal(telemetry.values.get('registry_relay_sink_lost_items_total broadcaster'), 1)
  assert.deepEqual(healthy.items, range(0, 10))
})

test('after close no sink can be added: nobody would close it', async () => {
  const broadcaster = new Broadcaster<number>()
  await broadcaster.close()
  assert.throws(() => broadcaster.add(new RecordingSink()), SinkClosedError)
})

test('each sink has an array of its own, so one that changes it changes nothing for the others', async () => {
  const vandal: Sink<number> = {
    write: async (items) => {
      ;(items as number[]).length = 0
    },
    close: async () => {},
  }
  const sink = new RecordingSink<number>()
  const broadcaster = new Broadcaster<number>([vandal, sink])
  await broadcaster.write([1, 2])
  await broadcaster.close()
  assert.deepEqual(sink.items, [1, 2])
})

test('an observer that throws, or rejects, is logged and changes nothing', async () => {
  const telemetry = new CountedTelemetry()
  const failing = new RecordingSink<number>({ onWrite: () => Promise.reject(new Error('no')) })
  const healthy = new RecordingSink<number>()
  const broadcaster = new Broadcaster<number>([failing, healthy], {
    telemetry,
    observers: [
      {
        lost() {
          throw new Error('observer')
        },
      },
      { lost: async () => Promise.reject(new Error('async observer')) },
    ],
  })
  await broadcaster.write([1])
  await broadcaster.close()
  await settle()
  assert.deepEqual(healthy.items, [1])
  assert.equal(telemetry.logged('error', /observer/).length, 2)
})

test('an option that makes no sense is refused by name', () => {
  for (const options of [{ maxLagItems: 0 }, { maxInFlight: 1.5 }, { closeTimeoutMs: -1 }]) {
    const [name] = Object.keys(options) as [string]
    assert.throws(
      () => new Broadcaster<number>([], options),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(name),
    )
  }
})
