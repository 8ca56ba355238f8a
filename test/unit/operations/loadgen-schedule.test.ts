import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoadSchedule } from '../../../src/operations/loadgen-schedule.ts'

test('at a rate the registries take turns, however long the answers take', () => {
  const schedule = new LoadSchedule({ registries: 2, rate: 10, events: 5, now: () => 1_000 })
  assert.deepEqual(
    [0, 1, 0, 0].map((registry) => schedule.next(registry)),
    [1_000, 1_100, 1_200, 1_400],
  )
  assert.equal(schedule.next(1), 1_300)
  assert.equal(schedule.next(1), undefined)
})

test('without a rate an event happens when the one before is over, until the time is', () => {
  let now = 0
  const schedule = new LoadSchedule({ registries: 1, seconds: 2, now: () => now })
  now = 700
  assert.equal(schedule.next(0), 700)
  now = 2_000
  assert.equal(schedule.next(0), undefined)
})
