import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointBreaker, type EndpointBreakerOptions } from '../../../src/topic-bridge/endpoint-breaker.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** With this chance an opening lasts exactly as long as its ceiling, nearly. */
function setUp(options: EndpointBreakerOptions = {}, chance = 0) {
  const clock = new ManualClock()
  const breaker = new EndpointBreaker(options, clock, () => chance)
  const failIn = (...lanes: readonly string[]): boolean[] => lanes.map((lane) => breaker.failed(lane, 0))
  return { clock, breaker, failIn }
}

/** Open, and its time over. */
async function opened() {
  const bed = setUp({ failures: 1, openMs: 1_000 })
  bed.failIn('a')
  await bed.clock.advance(500)
  return bed
}

test('it opens when enough lanes failed, and says so once', () => {
  const { breaker, failIn } = setUp()
  assert.deepEqual(failIn('a', 'b', 'c', 'd', 'e', 'f'), [false, false, false, false, true, false])
  assert.equal(breaker.state, 'open')
})

test('one repository that fails again and again does not stop the others', () => {
  const { breaker, failIn } = setUp({ failures: 3 })
  failIn('a', 'a', 'a', 'a', 'b', 'b')
  assert.deepEqual([breaker.state, breaker.waitMs], ['closed', 0])
  failIn('c')
  assert.equal(breaker.state, 'open')
})

test('a success in between makes the count begin anew', () => {
  const { breaker, failIn } = setUp({ failures: 3 })
  failIn('a', 'b')
  assert.equal(breaker.succeeded(), 0)
  failIn('c', 'd')
  assert.equal(breaker.state, 'closed')
  failIn('e')
  assert.equal(breaker.state, 'open')
})

test('half of the time it is open is certain, the rest jitter', () => {
  for (const [chance, waitMs] of [
    [0, 500],
    [0.5, 750],
    [0.9, 950],
  ] as const) {
    const { breaker, failIn } = setUp({ failures: 1 }, chance)
    failIn('a')
    assert.equal(breaker.waitMs, waitMs)
  }
})

test('after its time one request is the probe, and nobody else begins until that is over', async () => {
  const { breaker } = await opened()
  assert.equal(breaker.waitMs, 0)
  assert.notEqual(breaker.begin(), 0)
  assert.deepEqual([breaker.state, breaker.waitMs], ['half-open', Number.POSITIVE_INFINITY])
})

test('while it is closed no request is a probe', () => {
  assert.equal(setUp().breaker.begin(), 0)
})

test('with each probe that fails the time doubles, up to its longest', async () => {
  const { clock, breaker } = await opened()
  const waits: number[] = []
  for (let n = 0; n < 7; n++) {
    assert.equal(breaker.failed('a', breaker.begin()), true)
    waits.push(breaker.waitMs)
    await clock.advance(breaker.waitMs)
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

test('however often it opens, the time stays a number', async () => {
  const { clock, breaker } = await opened()
  for (let n = 0; n < 1_100; n++) {
    breaker.failed('a', breaker.begin())
    await clock.advance(breaker.waitMs)
  }
  breaker.failed('a', breaker.begin())
  assert.equal(breaker.waitMs, 15_000)
})

test('a probe that is delivered closes it, and the next opening is a short one again', async () => {
  const { clock, breaker, failIn } = await opened()
  breaker.failed('a', breaker.begin())
  await clock.advance(breaker.waitMs)
  breaker.begin()
  assert.equal(breaker.succeeded(), 2)
  assert.deepEqual([breaker.state, breaker.waitMs], ['closed', 0])
  failIn('a')
  assert.equal(breaker.waitMs, 500)
})

test('a success from before it opened closes it too: an endpoint that answers is not dead', () => {
  const { breaker, failIn } = setUp({ failures: 1 })
  failIn('a')
  assert.equal(breaker.succeeded(), 1)
  assert.deepEqual([breaker.state, breaker.waitMs], ['closed', 0])
})

test('failures from before it opened neither lengthen its time nor end its probe', async () => {
  const { breaker, failIn } = await opened()
  breaker.begin()
  assert.deepEqual(failIn('b', 'c'), [false, false])
  assert.deepEqual([breaker.state, breaker.waitMs], ['half-open', Number.POSITIVE_INFINITY])
})

test('a probe without a verdict leaves its turn to the next, at once', async () => {
  const { breaker } = await opened()
  breaker.withdrawn(breaker.begin())
  assert.equal(breaker.waitMs, 0)
  assert.notEqual(breaker.begin(), 0)
})

for (const [what, end] of [
  ['fails', (breaker: EndpointBreaker, probe: number) => breaker.failed('late', probe)],
  ['comes to no verdict', (breaker: EndpointBreaker, probe: number) => breaker.withdrawn(probe)],
] as const) {
  test(`a probe from before the last opening that ${what} neither ends the one under way nor opens anything`, async () => {
    const { clock, breaker, failIn } = await opened()
    const old = breaker.begin()
    breaker.succeeded()
    failIn('a')
    await clock.advance(500)
    const probe = breaker.begin()
    assert.notEqual(end(breaker, old), true)
    assert.deepEqual([breaker.state, breaker.waitMs], ['half-open', Number.POSITIVE_INFINITY])
    assert.equal(breaker.failed('a', probe), true)
    assert.equal(breaker.waitMs, 1_000)
  })
}

test('a probe from before the last opening does not lengthen the time while it is open', async () => {
  const { breaker, failIn } = await opened()
  const old = breaker.begin()
  breaker.succeeded()
  failIn('a')
  assert.equal(breaker.failed('late', old), false)
  assert.deepEqual([breaker.state, breaker.waitMs], ['open', 500])
})
