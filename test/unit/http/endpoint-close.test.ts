import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../src/event/event.ts'
import { settle } from '../../support/manual-clock.ts'
import { silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { endpointBed, hasCode, whileTimePasses } from './endpoint-bed.ts'

function events(from: number, to: number): Event[] {
  return Array.from({ length: to - from }, (_, n) => ({ id: String(from + n) }))
}

test('1,000 events in 100 concurrent writes arrive in order, and close waits for them', async (t) => {
  const { endpoint, arrived } = await endpointBed(t, status(200))
  const writes = Array.from({ length: 100 }, (_, n) => endpoint.write(events(n * 10, n * 10 + 10)))
  await Promise.all(writes)
  await endpoint.close()
  assert.deepEqual(
    arrived(),
    events(0, 1_000).map(({ id }) => id),
  )
  assert.deepEqual(endpoint.readMetrics(), {
    pending: 0,
    events: 1_000,
    successes: 1_000,
    failures: 0,
    errors: 0,
    statuses: { '200 OK': 1_000 },
    retries: 0,
    delivered: 1_000,
    dropped: 0,
    lost: 0,
  })
})

test('close goes through the ignore rules: the queue behind them is emptied, and writes are refused', async (t) => {
  const { endpoint, arrived } = await endpointBed(t, status(200), { ignore: { actions: ['pull'] } })
  await endpoint.write(events(0, 50))
  await endpoint.close()
  assert.equal(arrived().length, 50)
  await assert.rejects(endpoint.write(events(0, 1)), hasCode('SINK_CLOSED'))
  await assert.rejects(endpoint.write([{ action: 'pull' }]), hasCode('SINK_CLOSED'))
  await endpoint.close()
})

for (const [what, profile] of [
  ['Distribution', 'distribution-2'],
  ['GitLab', 'gitlab'],
] as const) {
  test(`${what}: close with a dead endpoint ends when the purge time is over, and all that is left counts as lost`, async (t) => {
    const { endpoint, receiver, clock, telemetry } = await endpointBed(t, silence, {
      profile,
      queuePurgeTimeoutMs: 2_000,
    })
    await endpoint.write(events(0, 1))
    await endpoint.write(events(1, 6))
    await receiver.received(1)
    await receiver.die()
    const startedAt = clock.monotonic()
    await assert.rejects(whileTimePasses(clock, endpoint.close(), 200), hasCode('DEADLINE_EXCEEDED'))
    const tookMs = clock.monotonic() - startedAt
    assert.ok(tookMs >= 2_000 && tookMs < 2_500, `${tookMs} ms`)
    const { events: taken, pending, dropped, lost, delivered } = endpoint.readMetrics()
    assert.deepEqual(
      { taken, pending, dropped, lost, delivered },
      { taken: 6, pending: 0, dropped: 0, lost: 6, delivered: 0 },
    )
    assert.equal(telemetry.values.get('registry_relay_sink_pending_items e'), 0)
    assert.equal(clock.pending, 0)
    const { errors } = endpoint.readMetrics()
    await clock.advance(3_600_000)
    assert.equal(endpoint.readMetrics().errors, errors)
  })
}

test('a deadline that is earlier than the purge time counts', async (t) => {
  const { endpoint, receiver, clock } = await endpointBed(t, silence, { timeoutMs: 60_000 })
  await endpoint.write(events(0, 1))
  await receiver.received(1)
  const startedAt = clock.monotonic()
  await assert.rejects(
    whileTimePasses(clock, endpoint.close({ deadlineMs: 300 })),
    hasCode('DEADLINE_EXCEEDED'),
  )
  assert.ok(clock.monotonic() - startedAt < 600)
})

test('close ends a long pause between attempts when the purge time is over, not when the pause is', async (t) => {
  const { endpoint, clock } = await endpointBed(t, status(500), { threshold: 1, backoffMs: 3_600_000 })
  await endpoint.write(events(0, 1))
  await until(() => endpoint.readMetrics().failures === 1 && clock.pending === 1)
  const startedAt = clock.monotonic()
  await assert.rejects(whileTimePasses(clock, endpoint.close(), 200), hasCode('DEADLINE_EXCEEDED'))
  assert.ok(clock.monotonic() - startedAt < 5_500)
})

test('nothing is done while there is nothing to do: the clock is not asked again and again', async (t) => {
  const { endpoint, receiver, clock } = await endpointBed(t, silence)
  await endpoint.write(events(0, 1))
  await endpoint.write(events(1, 100))
  await receiver.received(1)
  let asked = 0
  for (const name of ['after', 'soon'] as const) {
    const original = clock[name].bind(clock) as (...args: unknown[]) => () => void
    Object.defineProperty(clock, name, {
      value: (...args: unknown[]) => {
        asked++
        return original(...args)
      },
    })
  }
  for (let turn = 0; turn < 50; turn++) await settle()
  assert.equal(asked, 0)
  await clock.advance(1_000)
  await receiver.received(2)
  assert.ok(asked > 0 && asked < 10, `${asked} times for one time-out`)
})
