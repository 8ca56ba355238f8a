import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { Exponential } from '../../../src/sink/exponential.ts'
import { FallbackSink, type FallbackSinkOptions } from '../../../src/sink/fallback-sink.ts'
import { RetryingSink } from '../../../src/sink/retrying-sink.ts'
import { type Sink, SinkClosedError } from '../../../src/sink/sink.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { watch } from './sink-bed.ts'

function bedOf(fails: (item: number) => Error | undefined, options: FallbackSinkOptions<number> = {}) {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const main = new RecordingSink<number>({
    clock,
    onWrite([item]) {
      const error = fails(item as number)
      if (error !== undefined) throw error
    },
  })
  const fallback = new RecordingSink<number>({ clock })
  const diverted: unknown[] = []
  const sink = new FallbackSink(main, fallback, {
    clock,
    telemetry,
    observers: [{ divert: (items, error) => diverted.push([[...items], error.message]) }],
    ...options,
  })
  return { clock, telemetry, main, fallback, sink, diverted }
}

const odd = (item: number): Error | undefined => (item % 2 === 1 ? new Error(`not ${item}`) : undefined)

test('what the main sink rejects goes to the fallback, counted, logged and observed with the items', async () => {
  const { sink, main, fallback, diverted, telemetry } = bedOf(odd)
  for (const items of [[0], [1, 1], [2], [3]]) await sink.write(items)
  assert.deepEqual(main.items, [0, 2])
  assert.deepEqual(fallback.items, [1, 1, 3])
  assert.deepEqual(diverted, [
    [[1, 1], 'not 1'],
    [[3], 'not 3'],
  ])
  assert.equal(telemetry.values.get('registry_relay_sink_diverted_items_total fallback'), 3)
  await sink.close()
  const lines = telemetry.logged('warn', /went to the fallback/)
  assert.deepEqual(
    lines.map(({ facts }) => facts['items']),
    [2, 1],
  )
  assert.deepEqual([main.closed, fallback.closed], [true, true])
})

test('a dead letter is the fallback of retries that give up', async () => {
  const { clock, fallback, main } = bedOf(odd)
  const strategy = new Exponential({ maxAttempts: 3 })
  const sink = new FallbackSink(new RetryingSink(main, { clock, strategy }), fallback, { clock })
  const written = watch(Promise.all([sink.write([1]), sink.write([2])]))
  await clock.advance(60_000)
  assert.equal(written.state, 'resolved')
  assert.deepEqual([main.items, fallback.items], [[2], [1]])
})

test('only errors that match go to the fallback', async () => {
  const refused = new RelayError('EVENT_INVALID', 'wrong')
  const { sink, fallback } = bedOf((item) => (item === 1 ? refused : new Error('down')), {
    when: (error) => isRelayError(error, 'EVENT_INVALID'),
  })
  await sink.write([1])
  await assert.rejects(sink.write([2]), /down/)
  assert.deepEqual(fallback.items, [1])
})

test('a main sink that is closed is not hidden by the fallback', async () => {
  const { sink, main, fallback } = bedOf(() => undefined)
  await main.close()
  await assert.rejects(sink.write([1]), SinkClosedError)
  assert.deepEqual(fallback.items, [])
})

test('when both reject, the write says both and may be tried again', async () => {
  const { main } = bedOf(odd)
  const sink = new FallbackSink<number>(main, {
    write() {
      throw new Error('disk full')
    },
    close: async () => {},
  })
  await assert.rejects(sink.write([1]), (error) => {
    assert.ok(isRelayError(error, 'DELIVERY_FAILED'))
    assert.equal(error.retriable, true)
    assert.match(error.message, /not 1.*disk full/)
    assert.equal((error.cause as AggregateError).errors.length, 2)
    return true
  })
})

test('diverted writes reach the fallback in the order of the calls, though the main sink answers out of order', async () => {
  const answers: ((error: Error) => void)[] = []
  const main: Sink<number> = {
    write: () => new Promise((_resolve, reject) => answers.push(reject)),
    close: async () => {},
  }
  const fallback = new RecordingSink<number>()
  const sink = new FallbackSink(main, fallback)
  const written = [sink.write([1]), sink.write([2]), sink.write([3])]
  for (const n of [2, 1, 0]) {
    answers[n]?.(new Error('no'))
    await settle()
  }
  await Promise.all(written)
  assert.deepEqual(fallback.items, [1, 2, 3])
})

test('what the main sink gives up at the deadline of close still finds the fallback open', async () => {
  const { clock, sink, main, fallback } = bedOf(() => undefined)
  main.hold()
  const written = watch(sink.write([1]))
  await settle()
  const closing = watch(sink.close({ deadlineMs: 100 }))
  await clock.advance(100)
  assert.equal(written.state, 'resolved')
  assert.deepEqual(fallback.items, [1])
  assert.ok(
    isRelayError(closing.error, 'DEADLINE_EXCEEDED'),
    'that the main sink gave up is told all the same',
  )
  assert.equal(fallback.closed, true)
})

test('an aborted write rejects with the reason, and is not a dead letter', async () => {
  const { sink, main, fallback } = bedOf(() => undefined)
  main.hold()
  const abort = new AbortController()
  const written = sink.write([1], { signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(written, /enough/)
  assert.deepEqual(fallback.items, [])
})

test('close tells of writes that neither sink answers', async () => {
  const clock = new ManualClock()
  const deaf: Sink<number> = { write: () => new Promise(() => {}), close: async () => {} }
  const fallback = new RecordingSink<number>()
  const sink = new FallbackSink(deaf, fallback, { clock })
  void sink.write([1])
  const closing = watch(sink.close({ deadlineMs: 100 }))
  await clock.advance(100)
  assert.ok(isRelayError(closing.error, 'DEADLINE_EXCEEDED'))
  assert.match(closing.error.message, /1 writes had no answer/)
  assert.equal(fallback.closed, true)
})
