import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { SinkClosedError } from '../../../src/sink/sink.ts'
import { FlakySink } from '../../../src/testing/flaky-sink.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { SlowSink } from '../../../src/testing/slow-sink.ts'
import { range, watch } from '../sink/sink-bed.ts'

test('a manual clock runs what falls due in order, at its time, and what that leads to', async () => {
  const clock = new ManualClock(1_000)
  const ran: [string, number, number][] = []
  const note = (name: string) => (): void => {
    ran.push([name, clock.now(), clock.monotonic()])
  }
  clock.after(20, note('second'))
  clock.after(10, () => {
    note('first')()
    clock.after(5, note('within'))
  })
  const cancel = clock.after(12, note('cancelled'))
  cancel()
  cancel()
  clock.after(31, note('later'))
  await clock.advance(30)
  assert.deepEqual(ran, [
    ['first', 1_010, 10],
    ['within', 1_015, 15],
    ['second', 1_020, 20],
  ])
  assert.deepEqual([clock.now(), clock.pending], [1_030, 1])
})

test('a recording sink keeps items and writes, and its hook decides the outcome', async () => {
  const sink = new RecordingSink<number>({
    onWrite([item]) {
      if (item === 3) throw new Error('not three')
    },
  })
  assert.equal(await sink.write([1, 2]), 2)
  await assert.rejects(sink.write([3]), /not three/)
  assert.equal(await sink.write([4]), 3)
  assert.deepEqual(
    [sink.items, sink.writes],
    [
      [1, 2, 4],
      [[1, 2], [4]],
    ],
  )
})

test('a recording sink that is held up has its writes open until it is released', async () => {
  const sink = new RecordingSink<number>()
  const release = sink.hold()
  const written = watch(sink.write([1]))
  await settle()
  assert.deepEqual([written.state, sink.open, sink.items], ['open', 1, []])
  release()
  await sink.write([2])
  assert.deepEqual([written.state, sink.open, sink.items], ['resolved', 0, [1, 2]])
})

test('a flaky sink fails as often as it is told, and the same writes for the same seed', async () => {
  const run = async (seed: number): Promise<readonly number[]> => {
    const end = new RecordingSink<number>()
    const sink = new FlakySink(end, { errorRate: 0.3, seed })
    await Promise.allSettled(range(0, 1_000).map((n) => sink.write([n])))
    assert.equal(sink.attempts, 1_000)
    assert.equal(sink.failures, 1_000 - end.items.length)
    assert.ok(sink.failures > 250 && sink.failures < 350, `${sink.failures} of 1000`)
    return end.items
  }
  const first = await run(1)
  assert.deepEqual(await run(1), first)
  assert.notDeepEqual(await run(2), first)
})

test('a flaky sink can lose the answer instead of the write', async () => {
  const end = new RecordingSink<number>()
  const sink = new FlakySink(end, { errorRate: 1, fails: 'after', error: () => new Error('no answer') })
  await assert.rejects(sink.write([1]), /no answer/)
  assert.deepEqual(end.items, [1])
  await sink.close()
  await assert.rejects(sink.write([2]), SinkClosedError, 'closed is no chance')
})

test('a slow sink takes its time by the clock, and gives up at the deadline of close', async () => {
  const clock = new ManualClock()
  const end = new RecordingSink<number>({ clock })
  const sink = new SlowSink(end, { delayMs: 100, clock })
  const first = watch(sink.write([1]))
  await clock.advance(99)
  assert.equal(first.state, 'open')
  await clock.advance(1)
  assert.equal(first.state, 'resolved')
  const second = watch(sink.write([2]))
  const closing = watch(sink.close({ deadlineMs: 50 }))
  await assert.rejects(sink.write([3]), SinkClosedError)
  await clock.advance(50)
  assert.ok(isRelayError(closing.error, 'DEADLINE_EXCEEDED'))
  assert.ok(isRelayError(second.error, 'DEADLINE_EXCEEDED'))
  await clock.advance(1_000)
  assert.deepEqual(end.items, [1])
  assert.equal(clock.pending, 0)
})

test('random numbers of a seed are spread evenly from 0 up to 1', () => {
  const random = seededRandom(42)
  const tenths = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) {
    const number = random()
    assert.ok(number >= 0 && number < 1)
    tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] as number) + 1
  }
  assert.ok(
    tenths.every((count) => count > 850 && count < 1_150),
    tenths.join(' '),
  )
})
