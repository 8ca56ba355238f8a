import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointObserver } from '../../../src/topic-bridge/endpoint-observer.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecordingTelemetry } from './bridge-support.ts'

function setUp() {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const observer = new EndpointObserver(telemetry, 'billing', clock)
  const states = (): readonly string[] =>
    [...telemetry.values].map(
      ([name, value]) => `${name.replace('registry_relay_endpoint_state ', '')} ${value}`,
    )
  return { clock, telemetry, observer, states }
}

test('an endpoint that has only failed for a minute is in trouble, although its breaker is closed', async () => {
  const { clock, observer } = setUp()
  observer.failed('ECONNREFUSED')
  await clock.advance(59_999)
  observer.failed('status 503')
  assert.equal(observer.trouble, undefined)
  await clock.advance(1)
  assert.equal(observer.trouble, 'fails: nothing but failures for 60 s (status 503)')
  await clock.advance(35_900)
  assert.equal(observer.trouble, 'fails: nothing but failures for 95 s (status 503)')
})

test('one success ends it, and the time is counted anew from the next failure', async () => {
  const { clock, observer } = setUp()
  observer.failed('ECONNREFUSED')
  await clock.advance(90_000)
  observer.succeeded()
  assert.equal(observer.trouble, undefined)
  await clock.advance(90_000)
  observer.failed('status 500')
  assert.equal(observer.trouble, undefined)
  await clock.advance(60_000)
  assert.equal(observer.trouble, 'fails: nothing but failures for 60 s (status 500)')
})

test('what is known better is said instead: that it is only probed, or refuses us', async () => {
  const { clock, observer } = setUp()
  observer.failed('ECONNREFUSED')
  await clock.advance(60_000)
  observer.misconfigured('status 401')
  assert.equal(observer.trouble, 'refuses us (status 401); it is tried slowly')
  observer.opened('ECONNREFUSED')
  assert.equal(observer.trouble, 'does not work (ECONNREFUSED); it is only probed')
})

test('of an endpoint that is retired no state is left, also when an attempt outlives it', () => {
  const { observer, states } = setUp()
  observer.opened('ECONNREFUSED')
  assert.deepEqual(states(), ['billing closed 0', 'billing open 1', 'billing half_open 0', 'billing gone 0'])
  observer.retire()
  assert.deepEqual(states(), [])
  observer.closed()
  assert.deepEqual(states(), [])
})
