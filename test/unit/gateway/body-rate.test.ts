import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyRate } from '../../../src/gateway/body-rate.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const limits = { graceMs: 5_000, minBytesPerSecond: 1_000 }

function rateOn(clock: ManualClock): { rate: BodyRate; slow: () => number } {
  let calls = 0
  const rate = new BodyRate(limits, clock, () => calls++)
  return { rate, slow: () => calls }
}

test('nothing at all is too slow at the end of the grace, and said once', async () => {
  const clock = new ManualClock()
  const { slow } = rateOn(clock)
  await clock.advance(5_000)
  assert.equal(slow(), 0)
  await clock.advance(1)
  assert.equal(slow(), 1)
  await clock.advance(60_000)
  assert.equal(slow(), 1)
  assert.equal(clock.pending, 0)
})

test('a body at the rate goes on, and is too slow as soon as its average has fallen below', async () => {
  const clock = new ManualClock()
  const { rate, slow } = rateOn(clock)
  for (let second = 0; second < 20; second++) {
    rate.arrived(1_001)
    await clock.advance(1_000)
  }
  assert.equal(slow(), 0)
  // 20,020 bytes are enough for 20.02 s.
  await clock.advance(15)
  assert.equal(slow(), 0)
  await clock.advance(10)
  assert.equal(slow(), 1)
})

test('what came fast at first may pause as long as the average allows', async () => {
  const clock = new ManualClock()
  const { rate, slow } = rateOn(clock)
  rate.arrived(60_000)
  await clock.advance(59_999)
  assert.equal(slow(), 0)
  await clock.advance(10)
  assert.equal(slow(), 1)
})

test('one byte every five seconds does not pass for a body', async () => {
  const clock = new ManualClock()
  const { rate, slow } = rateOn(clock)
  rate.arrived(1)
  await clock.advance(5_000)
  rate.arrived(1)
  await clock.advance(10)
  assert.equal(slow(), 1)
})

test('leaves no timer behind when the body has ended', async () => {
  const clock = new ManualClock()
  const { rate, slow } = rateOn(clock)
  rate.stop()
  assert.equal(clock.pending, 0)
  await clock.advance(10_000)
  assert.equal(slow(), 0)
})
