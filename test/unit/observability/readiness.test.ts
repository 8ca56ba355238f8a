import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Parts, type Readiness, ReadinessWatch } from '../../../src/observability/readiness.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const iso = (at: number): string => new Date(at).toISOString()

test('says since when a part is not ready, though the words of its reason change', async () => {
  const clock = new ManualClock()
  let kafka: Readiness = { ready: true }
  const watch = new ReadinessWatch({ kafka: () => kafka }, clock)
  assert.deepEqual(watch.report(), { ready: true, parts: { kafka: { ready: true } } })

  await clock.advance(1_000)
  kafka = { ready: false, reason: 'waits for 0 s' }
  const since = iso(clock.now())
  watch.report()
  await clock.advance(5_000)
  kafka = { ready: false, reason: 'waits for 5 s' }
  assert.deepEqual(watch.report(), {
    ready: false,
    parts: { kafka: { ready: false, reason: 'waits for 5 s', since } },
  })
})

test('a part that is ready again begins anew when it fails the next time', async () => {
  const clock = new ManualClock()
  let state: Readiness = { ready: false, reason: 'away' }
  const watch = new ReadinessWatch({ kafka: () => state }, clock)
  watch.report()
  await clock.advance(1_000)
  state = { ready: true }
  assert.deepEqual(watch.report().parts['kafka'], { ready: true })
  await clock.advance(1_000)
  state = { ready: false, reason: 'away' }
  assert.equal(watch.report().parts['kafka']?.since, iso(clock.now()))
})

test('a part that is ready and says what is wrong has a time of its own for that', async () => {
  const clock = new ManualClock()
  let state: Readiness = { ready: true, reason: 'endpoint down' }
  const watch = new ReadinessWatch({ bridge: () => state }, clock)
  const since = iso(clock.now())
  assert.deepEqual(watch.report(), {
    ready: true,
    parts: { bridge: { ready: true, reason: 'endpoint down', since } },
  })
  await clock.advance(1_000)
  state = { ready: false, reason: 'closing' }
  assert.equal(watch.report().parts['bridge']?.since, iso(clock.now()))
})

test('follows parts that come and go', async () => {
  const clock = new ManualClock()
  const parts: Record<string, () => Readiness> = { old: () => ({ ready: false, reason: 'away' }) }
  const watch = new ReadinessWatch(parts as Parts, clock)
  watch.report()
  delete parts['old']
  parts['new'] = () => ({ ready: true })
  assert.deepEqual(watch.report(), { ready: true, parts: { new: { ready: true } } })
  await clock.advance(1_000)
  parts['old'] = () => ({ ready: false, reason: 'away' })
  assert.equal(watch.report().parts['old']?.since, iso(clock.now()))
})

test('shows no secret that stands in a reason', () => {
  const reason = 'cannot reach https://user:hunter2@example.com/?token=hunter2'
  const watch = new ReadinessWatch({ registry: () => ({ ready: false, reason }) }, new ManualClock())
  assert.equal(watch.report().parts['registry']?.reason, 'cannot reach https://[redacted]@example.com/?…')
})
