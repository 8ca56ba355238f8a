import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { writeWithin } from '../../../src/gateway/acknowledged-write.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function controlled(): {
  sink: Sink<string>
  signals: AbortSignal[]
  resolve(): void
  reject(error: Error): void
} {
  const signals: AbortSignal[] = []
  const held: { resolve(): void; reject(error: Error): void }[] = []
  return {
    signals,
    resolve: () => held[0]?.resolve(),
    reject: (error) => held[0]?.reject(error),
    sink: {
      write: (_items, options) =>
        new Promise<void>((resolve, reject) => {
          if (options?.signal !== undefined) signals.push(options.signal)
          held.push({ resolve, reject })
        }),
      close: async () => undefined,
    },
  }
}

test('settles as the sink does, and leaves no timer behind', async () => {
  const clock = new ManualClock()

  const good = controlled()
  const writing = writeWithin(good.sink, ['a'], { ms: 800, clock })
  await clock.advance(799)
  good.resolve()
  await writing
  assert.equal(clock.pending, 0)
  assert.equal(good.signals[0]?.aborted, false)

  const bad = controlled()
  const failing = writeWithin(bad.sink, ['a'], { ms: 800, clock })
  bad.reject(new Error('broker'))
  await assert.rejects(failing, /broker/)
  assert.equal(clock.pending, 0)
})

test('rejects at the end of the budget although the sink goes on hanging, and withdraws with the same reason', async () => {
  const clock = new ManualClock()
  const { sink, signals } = controlled()
  const writing = writeWithin(sink, ['a'], { ms: 800, clock })
  const outcome = writing.then(
    () => undefined,
    (error: unknown) => error,
  )
  await clock.advance(799)
  assert.equal(signals[0]?.aborted, false)
  await clock.advance(1)
  const error = await outcome
  assert.ok(isRelayError(error, 'DEADLINE_EXCEEDED'))
  assert.match(error.message, /800 ms/)
  assert.equal(signals[0]?.reason, error)
})

test('a sink that throws is one that rejects, and its timer is gone as well', async () => {
  const clock = new ManualClock()
  const sink: Sink<string> = {
    write: () => {
      throw new Error('thrown')
    },
    close: async () => undefined,
  }
  await assert.rejects(writeWithin(sink, ['a'], { ms: 800, clock }), /thrown/)
  assert.equal(clock.pending, 0)
})
