import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RequestRate } from '../../../src/topic-bridge/request-rate.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** Takes as many as it may for so long, and says when each of them began. */
async function begun(rate: RequestRate, clock: ManualClock, ms: number): Promise<number[]> {
  const times: number[] = []
  for (;;) {
    if (clock.monotonic() + rate.waitMs > ms) return times
    await clock.advance(rate.waitMs)
    rate.take()
    times.push(clock.monotonic())
  }
}

test('requests begin evenly', async () => {
  const clock = new ManualClock()
  const times = await begun(new RequestRate(4, clock), clock, 1_500)
  assert.deepEqual(times, [0, 250, 500, 750, 1_000, 1_250, 1_500])
})

test('a fraction of a request in a second is one request in many seconds', async () => {
  const clock = new ManualClock()
  const times = await begun(new RequestRate(0.1, clock), clock, 30_000)
  assert.deepEqual(times, [0, 10_000, 20_000, 30_000])
})

test('after a pause no more than a tenth of a second is caught up', async () => {
  const clock = new ManualClock()
  const rate = new RequestRate(100, clock)
  await begun(rate, clock, 1_000)
  await clock.advance(60_000)
  const at = clock.monotonic()
  const times = await begun(rate, clock, at + 20)
  assert.deepEqual(
    times.map((time) => time - at),
    [...Array(10).fill(0), 10, 20],
  )
})

test('what is put back may begin at once, and adds nothing to what may be caught up', async () => {
  const clock = new ManualClock()
  const rate = new RequestRate(1, clock)
  rate.take()
  assert.equal(rate.waitMs, 1_000)
  rate.putBack()
  assert.equal(rate.waitMs, 0)
  rate.putBack()
  const times = await begun(rate, clock, 1_000)
  assert.deepEqual(times, [0, 1_000])
})

test('no second has more of them than allowed, beside what may be caught up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0.5, max: 500, noNaN: true }), async (perSecond) => {
      const clock = new ManualClock()
      const times = await begun(new RequestRate(perSecond, clock), clock, 3_000)
      for (const from of times) {
        const within = times.filter((time) => time >= from && time < from + 1_000).length
        assert.ok(within <= perSecond + Math.max(1, perSecond / 10) + 1, `${within} at ${from}`)
      }
      assert.ok(times.length >= Math.floor(perSecond * 2.5), `${times.length}`)
    }),
    { numRuns: 20 },
  )
})
