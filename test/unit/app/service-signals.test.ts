import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ServiceSignals } from '../../../src/app/service-signals.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function bedFor(t: TestContext) {
  const seen: string[] = []
  const clock = new ManualClock()
  const signals = new ServiceSignals((name) => seen.push(`impatient ${name}`), clock)
  t.after(signals.release)
  return { seen, clock, signals, send: (name: NodeJS.Signals) => process.emit(name, name) }
}

test('SIGHUP is no order to stop, and one that came during the start is followed when somebody can', async (t) => {
  const { seen, signals, send } = bedFor(t)
  send('SIGHUP')
  send('SIGHUP')
  signals.onHangup = () => seen.push('first')
  assert.deepEqual(seen, ['first'])
  send('SIGHUP')
  signals.onHangup = () => seen.push('second')
  send('SIGHUP')
  assert.deepEqual(seen, ['first', 'first', 'second'])
  send('SIGTERM')
  assert.equal(await signals.stop, 'SIGTERM')
})

test('a second order to stop is told to whoever listens by then, whichever signal it is', async (t) => {
  const { seen, clock, signals, send } = bedFor(t)
  send('SIGTERM')
  await clock.advance(500)
  send('SIGTERM')
  signals.onImpatience = (name) => seen.push(`later ${name}`)
  send('SIGINT')
  assert.equal(await signals.stop, 'SIGTERM')
  assert.deepEqual(seen, ['impatient SIGTERM', 'later SIGINT'])
})
