import { test } from 'node:test'
import type { Clock } from '../../../src/clock.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'

/** Registers the published checks for a sink around a recording one; items are numbers. */
export function testConformance(
  name: string,
  kind: 'end-to-end' | 'buffering',
  around: (end: RecordingSink<number>, clock: Clock) => Sink<number>,
): void {
  const create = () => {
    const clock = new ManualClock()
    const end = new RecordingSink<number>({ clock })
    return {
      clock,
      end,
      sink: around(end, clock),
      received: () => end.items,
      innerClosed: () => end.closed,
      pass: (ms: number) => clock.advance(ms),
    }
  }
  const createHeldUp = () => {
    const made = create()
    return { ...made, release: made.end.hold() }
  }
  for (const check of sinkConformance({ create, createHeldUp, item: (n) => n, kind })) {
    test(`${name}: ${check.name}`, check.run)
  }
}

/** What has become of a promise, without waiting for it. */
export interface Watched {
  state: 'open' | 'resolved' | 'rejected'
  error?: unknown
}

export function watch(promise: Promise<unknown>): Watched {
  const watched: Watched = { state: 'open' }
  promise.then(
    () => {
      watched.state = 'resolved'
    },
    (error: unknown) => {
      Object.assign(watched, { state: 'rejected', error })
    },
  )
  return watched
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
