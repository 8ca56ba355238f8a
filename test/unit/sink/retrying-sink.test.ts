import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { Breaker } from '../../../src/sink/breaker.ts'
import { Exponential } from '../../../src/sink/exponential.ts'
import type { RetryStrategy } from '../../../src/sink/retry-strategy.ts'
import { RetryingSink, type RetryingSinkOptions } from '../../../src/sink/retrying-sink.ts'
import { type Sink, SinkClosedError } from '../../../src/sink/sink.ts'
import { FlakySink } from '../../../src/testing/flaky-sink.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { range, watch } from './sink-bed.ts'

/** A retrying sink in front of one that fails as `fails` says, by the number of the attempt. */
function bedOf(
  fails: (attempt: number, item: number) => Error | undefined,
  options: Partial<RetryingSinkOptions<number>> = {},
) {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const attemptsAt: number[] = []
  const end = new RecordingSink<number>({
    clock,
    onWrite([item]) {
      attemptsAt.push(clock.monotonic())
      const error = fails(attemptsAt.length, item as number)
      if (error !== undefined) throw error
    },
  })
  const heard: unknown[][] = []
  const sink = new RetryingSink<number, number>(end, {
    clock,
    telemetry,
    strategy: new Breaker({ clock, threshold: 3, backoffMs: 50 }),
    observers: [
      {
        retry: (items, error, attempts) => heard.push(['retry', [...items], error.message, attempts]),
        delivered: (items, retries) => heard.push(['delivered', [...items], retries]),
        lost: (items, error, retries) => heard.push(['lost', [...items], error.message, retries]),
      },
    ],
    ...options,
  })
  return { clock, telemetry, attemptsAt, end, sink, heard }
}

const failing = (): Error => new Error('refused')
const until = (attempts: number) => (attempt: number) => (attempt <= attempts ? failing() : undefined)
const counted = {
  given: 'registry_relay_sink_given_up_items_total retry',
  retries: 'registry_relay_sink_retries_total retry',
}

test('the breaker tries without delay up to the threshold, then once per backoff', async () => {
  const { clock, sink, attemptsAt } = bedOf(until(6))
  const written = sink.write([1])
  // Attempts without delay let the event loop go round between them, but no time pass.
  for (let i = 0; i < 10; i++) await settle()
  await clock.advance(500)
  assert.equal(await written, 1)
  assert.deepEqual(attemptsAt, [0, 0, 0, 50, 100, 150, 200])
})

test('after a success the breaker is closed again', async () => {
  const { clock, sink, attemptsAt, end } = bedOf((attempt) =>
    attempt <= 4 || attempt === 6 ? failing() : undefined,
  )
  const written = Promise.all([sink.write([1]), sink.write([2])])
  await clock.advance(1_000)
  await written
  assert.deepEqual(attemptsAt, [0, 0, 0, 50, 100, 100, 100])
  assert.deepEqual(end.items, [1, 2])
})

for (const [name, strategy] of [
  ['breaker', (clock: ManualClock) => new Breaker({ clock, threshold: 3, backoffMs: 10 })],
  ['exponential backoff', () => new Exponential({ random: seededRandom(3), maxMs: 100, baseMs: 10 })],
] as const) {
  test(`a thousand concurrent writes arrive in order behind a sink that fails nine times in ten: ${name}`, async () => {
    const clock = new ManualClock()
    const end = new RecordingSink<number>({ clock })
    const flaky = new FlakySink(end, { errorRate: 1 })
    const sink = new RetryingSink(flaky, { clock, strategy: strategy(clock) })
    const written = watch(Promise.all(range(0, 1_000).map((n) => sink.write([n]))))
    await clock.advance(100)
    assert.deepEqual(end.items, [])
    flaky.errorRate = 0.9
    while (written.state === 'open') await clock.advance(10_000)
    assert.deepEqual(end.items, range(0, 1_000))
    await sink.close()
    await assert.rejects(sink.write([]), SinkClosedError)
  })
}

test('nothing overtakes a write that waits out a pause', async () => {
  const { clock, sink, end } = bedOf(until(4))
  const written = range(0, 10).map((n) => sink.write([n]))
  await clock.advance(60)
  written.push(sink.write([10]))
  await clock.advance(1_000)
  await Promise.all(written)
  assert.deepEqual(end.items, range(0, 11))
})

test('each write is delivered or lost, with its number of retries', async () => {
  const { clock, sink, heard, telemetry } = bedOf((attempt) =>
    attempt <= 3 && attempt > 1 ? failing() : undefined,
  )
  const written = Promise.all([sink.write([1]), sink.write([2])])
  await clock.advance(1_000)
  await written
  assert.deepEqual(heard, [
    ['delivered', [1], 0],
    ['retry', [2], 'refused', 1],
    ['retry', [2], 'refused', 2],
    ['delivered', [2], 2],
  ])
  assert.equal(telemetry.values.get(counted.retries), 2)
  assert.equal(telemetry.values.get(counted.given), 0)
})

test('a write is given up after its attempts, rejects with the last error, and is told as lost', async () => {
  let n = 0
  const { clock, sink, heard, telemetry, attemptsAt } = bedOf(() => new Error(`refused ${++n}`), {
    strategy: new Exponential({ maxAttempts: 3, random: () => 0.5 }),
  })
  const written = watch(sink.write([1, 2]))
  await clock.advance(10_000)
  assert.equal((written.error as Error).message, 'refused 3')
  assert.deepEqual(attemptsAt, [0, 500, 1_500])
  assert.deepEqual(heard.at(-1), ['lost', [1, 2], 'refused 3', 2])
  assert.equal(telemetry.values.get(counted.given), 2)
  assert.equal(telemetry.logged('warn', /will not be tried again/).length, 1)
})

test('under failures by chance what is lost and what is delivered add up', async () => {
  const clock = new ManualClock()
  const end = new RecordingSink<number>({ clock })
  let delivered = 0
  let lost = 0
  const sink = new RetryingSink(new FlakySink(end, { errorRate: 0.7, seed: 9 }), {
    clock,
    strategy: new Exponential({ maxAttempts: 3, baseMs: 1 }),
    observers: [
      {
        delivered: () => {
          delivered++
        },
        lost: () => {
          lost++
        },
      },
    ],
  })
  const written = watch(Promise.allSettled(range(0, 50).map((n) => sink.write([n]))))
  while (written.state === 'open') await clock.advance(1_000)
  assert.ok(delivered > 0 && lost > 0)
  assert.equal(delivered + lost, 50)
  assert.equal(end.items.length, delivered)
})

test('an error that says it is not retriable is final at once, and the next write goes on', async () => {
  const refused = new RelayError('EVENT_INVALID', 'wrong field')
  const { sink, heard, attemptsAt, end } = bedOf((_attempt, item) => (item === 1 ? refused : undefined))
  const first = sink.write([1])
  const second = sink.write([2])
  await assert.rejects(first, (error) => error === refused)
  await second
  assert.equal(attemptsAt.length, 2)
  assert.deepEqual(heard, [
    ['lost', [1], 'wrong field', 0],
    ['delivered', [2], 0],
  ])
  assert.deepEqual(end.items, [2])
})

test('with retries of everything such an error is tried again, as a registry does', async () => {
  const refused = new RelayError('EVENT_INVALID', 'status 400')
  const { clock, sink, attemptsAt } = bedOf((attempt) => (attempt <= 5 ? refused : undefined), {
    retries: 'everything',
  })
  const written = sink.write([1])
  await clock.advance(1_000)
  await written
  assert.equal(attemptsAt.length, 6)
})

test('SINK_CLOSED of the sink behind is returned at once, whichever copy made it, also with retries of everything', async () => {
  const foreign = Object.assign(new Error('events: sink closed'), { code: 'SINK_CLOSED', retriable: false })
  for (const retries of ['retriable', 'everything'] as const) {
    const { sink, attemptsAt } = bedOf(() => foreign, { retries })
    await assert.rejects(sink.write([1]), (error) => error === foreign)
    assert.equal(attemptsAt.length, 1)
  }
})

test('an aborted write ends its pause at once, and the next one has its turn', async () => {
  const { clock, sink, heard } = bedOf((_attempt, item) => (item === 1 ? failing() : undefined), {
    strategy: new Exponential({ random: () => 0.99 }),
  })
  const abort = new AbortController()
  const first = sink.write([1], { signal: abort.signal })
  const second = sink.write([2])
  await clock.advance(100)
  abort.abort(new Error('enough'))
  await assert.rejects(first, /enough/)
  assert.deepEqual(heard.at(-1), ['lost', [1], 'enough', 0])
  await clock.advance(2_000)
  await second
})

test('a write that is aborted while it waits for its turn is never attempted', async () => {
  const { clock, sink, end } = bedOf(() => undefined)
  const release = end.hold()
  const first = sink.write([1])
  const abort = new AbortController()
  const second = sink.write([2], { signal: abort.signal })
  const third = sink.write([3])
  await settle()
  abort.abort(new Error('enough'))
  await assert.rejects(second, /enough/)
  release()
  await Promise.all([first, third])
  await clock.advance(0)
  assert.deepEqual(end.items, [1, 3])
})

test('an abort reaches the attempt under way, and ends the write even if the sink behind takes no notice', async () => {
  let signal: AbortSignal | undefined
  const deaf: Sink<number> = {
    write(_items, options) {
      signal = options?.signal
      return new Promise(() => {})
    },
    close: async () => {},
  }
  const sink = new RetryingSink(deaf, { strategy: new Breaker() })
  const abort = new AbortController()
  const written = sink.write([1], { signal: abort.signal })
  await settle()
  const reason = new Error('enough')
  abort.abort(reason)
  await assert.rejects(written, (error) => error === reason)
  assert.equal(signal?.reason, reason)
})

test('close ends a pause at once, with the last failure as the cause, and closes the sink behind', async () => {
  const { clock, sink, end } = bedOf(failing, {
    strategy: new Exponential({ random: () => 0.99, baseMs: 60_000, maxMs: 60_000 }),
  })
  const paused = watch(sink.write([1]))
  const queued = watch(sink.write([2]))
  await clock.advance(100)
  await sink.close()
  assert.ok(isRelayError(paused.error, 'SINK_CLOSED'))
  assert.equal((paused.error.cause as Error).message, 'refused')
  assert.ok(isRelayError(queued.error, 'SINK_CLOSED'))
  assert.equal(end.closed, true)
  assert.equal(clock.pending, 0, 'the pause goes on')
})

test('close waits for the attempt under way; if that fails there is no further one', async () => {
  const { sink, end, attemptsAt } = bedOf(failing)
  const release = end.hold()
  const written = watch(sink.write([1]))
  await settle()
  const closing = watch(sink.close())
  await settle()
  assert.deepEqual([written.state, closing.state, end.closed], ['open', 'open', false])
  release()
  await settle()
  assert.ok(isRelayError(written.error, 'SINK_CLOSED'))
  assert.equal((written.error.cause as Error).message, 'refused')
  assert.equal(closing.state, 'resolved')
  assert.equal(attemptsAt.length, 1)
})

test('an attempt that never ends is given up at the deadline of close', async () => {
  const { clock, sink, end } = bedOf(() => undefined)
  end.hold()
  const written = watch(sink.write([1]))
  await settle()
  const closing = watch(sink.close({ deadlineMs: 300 }))
  await clock.advance(299)
  assert.equal(closing.state, 'open')
  await clock.advance(1)
  assert.ok(isRelayError(closing.error, 'DEADLINE_EXCEEDED'))
  assert.ok(isRelayError(written.error, 'DEADLINE_EXCEEDED'))
  assert.equal(end.closed, true)
})

test('close passes the error of the sink behind on', async () => {
  const sink = new RetryingSink<number>(
    { write: async () => {}, close: () => Promise.reject(new Error('stuck')) },
    { strategy: new Breaker() },
  )
  await assert.rejects(sink.close(), /stuck/)
  await assert.rejects(sink.close(), /stuck/)
})

test('an observer that closes the sink on a failure ends the retries', async () => {
  const end = new RecordingSink<number>({ onWrite: () => Promise.reject(failing()) })
  const clock = new ManualClock()
  const sink: RetryingSink<number> = new RetryingSink<number>(end, {
    clock,
    strategy: new Exponential({ random: () => 0.99 }),
    observers: [
      {
        retry() {
          void sink.close()
        },
      },
    ],
  })
  await assert.rejects(sink.write([1]), SinkClosedError)
  await sink.close()
  assert.equal(clock.pending, 0)
})

test('a strategy that never waits leaves the event loop its turns', async () => {
  const eager: RetryStrategy = { proceed: () => 0, failure: () => 'retry', success: () => {} }
  const { sink } = bedOf(failing, { strategy: eager })
  const written = watch(sink.write([1]))
  await settle()
  await sink.close()
  assert.equal(written.state, 'rejected')
})

test('a wait that is longer than a timer can be is not taken for none', async () => {
  const patient: RetryStrategy = {
    proceed: () => Number.POSITIVE_INFINITY,
    failure: () => 'retry',
    success: () => {},
  }
  const { clock, sink, attemptsAt } = bedOf(() => undefined, { strategy: patient })
  const delays: number[] = []
  const { after } = clock
  clock.after = (ms, run) => {
    delays.push(ms)
    return after.call(clock, ms, run)
  }
  const written = watch(sink.write([1]))
  await settle()
  assert.deepEqual(delays, [2 ** 31 - 1])
  assert.deepEqual(attemptsAt, [])
  await sink.close()
  assert.equal(written.state, 'rejected')
})

test('an empty write goes inwards at once and past those that wait', async () => {
  const { clock, sink, attemptsAt } = bedOf(until(4))
  const written = sink.write([1])
  assert.equal(await sink.write([]), 0)
  await clock.advance(1_000)
  await written
  assert.equal(attemptsAt.length, 5)
})

test('retries that go on are one line in ten seconds with the number left out', async () => {
  const { clock, sink, telemetry } = bedOf(failing)
  const written = watch(sink.write([1]))
  await clock.advance(1_000)
  assert.equal(telemetry.logged('warn', /will be tried again/).length, 1)
  await clock.advance(10_000)
  const lines = telemetry.logged('warn', /will be tried again/)
  assert.equal(lines.length, 2)
  assert.ok((lines[1]?.facts['alike'] as number) > 100)
  await sink.close()
  assert.equal(written.state, 'rejected')
})
