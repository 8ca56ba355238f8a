import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { stopSignal } from '../../../src/app/signals.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const listeners = (): readonly number[] => names.map((name) => process.listenerCount(name))

function bedFor(t: TestContext) {
  const impatient: string[] = []
  const before = names.map((name) => process.listeners(name))
  const clock = new ManualClock()
  const stop = stopSignal({ onImpatience: (name) => impatient.push(name) }, clock)
  // After an order the release leaves them, and they would hear the signals of the next test.
  t.after(() => {
    for (const [index, name] of names.entries()) {
      for (const one of process.listeners(name))
        if (before[index]?.includes(one) !== true) process.off(name, one)
    }
  })
  return { impatient, clock, stop, send: (name: NodeJS.Signals) => process.emit(name, name) }
}

test('signals of one press are one order, whichever they are, and one half a second later is impatience', async (t) => {
  const { impatient, clock, stop, send } = bedFor(t)
  send('SIGINT')
  send('SIGINT')
  await clock.advance(499)
  send('SIGTERM')
  assert.equal(await stop.received, 'SIGINT')
  assert.deepEqual(impatient, [])
  await clock.advance(1)
  send('SIGINT')
  assert.deepEqual(impatient, ['SIGINT'])
})

test('where SIGHUP means nothing else it is an order to stop', async (t) => {
  const { stop, send } = bedFor(t)
  send('SIGHUP')
  assert.equal(await stop.received, 'SIGHUP')
})

test('after the release nobody listens', (t) => {
  const before = listeners()
  const { stop } = bedFor(t)
  assert.notDeepEqual(listeners(), before)
  stop.release()
  assert.deepEqual(listeners(), before)
})

test('the rest of the press ends nothing after the release, and a later signal does what it does to every process', async (t) => {
  const kill = t.mock.method(process, 'kill', () => true)
  const before = listeners()
  const { impatient, clock, stop, send } = bedFor(t)
  send('SIGINT')
  stop.release()
  assert.ok(send('SIGINT'), 'somebody listens')
  assert.equal(kill.mock.callCount(), 0)
  await clock.advance(500)
  send('SIGTERM')
  assert.deepEqual(
    kill.mock.calls.map((call) => call.arguments),
    [[process.pid, 'SIGTERM']],
  )
  assert.deepEqual([impatient, listeners()], [[], before])
})
