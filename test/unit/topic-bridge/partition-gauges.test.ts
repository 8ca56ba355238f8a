import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Labels } from '../../../src/telemetry.ts'
import { PartitionGauges } from '../../../src/topic-bridge/partition-gauges.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** Keeps what it is told, with the object that the labels came in. */
class Recorder {
  readonly said: (readonly [value: number | 'removed', labels: Labels | undefined])[] = []

  set(value: number, labels?: Labels): void {
    this.said.push([value, labels])
  }

  remove(labels: Labels): void {
    this.said.push(['removed', labels])
  }

  get values(): readonly (number | 'removed')[] {
    return this.said.map(([value]) => value)
  }
}

function setUp() {
  const clock = new ManualClock()
  const [lag, oldest] = [new Recorder(), new Recorder()]
  const gauges = new PartitionGauges(lag, oldest, clock, {
    endpoint: 'billing',
    topic: 'events',
    partition: '3',
  })
  return { clock, lag, oldest, gauges }
}

test('says what waits, and for how long the oldest of it has', async () => {
  const { clock, lag, oldest, gauges } = setUp()
  const receivedAt = clock.now()
  gauges.set(0n, undefined)
  await clock.advance(2_500)
  gauges.set(7n, receivedAt)
  // By a clock that is ahead of ours.
  gauges.set(7n, clock.now() + 1_000)
  gauges.remove()
  assert.deepEqual(
    [lag.values, oldest.values],
    [
      [0, 7, 7, 'removed'],
      [0, 2.5, 0, 'removed'],
    ],
  )
})

test('always gives the same object of labels, which metrics find faster than another like it', () => {
  const { lag, oldest, gauges } = setUp()
  for (const waiting of [1n, 2n, 3n]) gauges.set(waiting, undefined)
  gauges.remove()
  const labels = new Set([...lag.said, ...oldest.said].map(([, one]) => one))
  assert.deepEqual([...labels], [{ endpoint: 'billing', topic: 'events', partition: '3' }])
})
