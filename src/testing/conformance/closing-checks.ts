import assert from 'node:assert/strict'
import { type Check, range, type Subject } from './subject.ts'

export function closingChecks<T>(): readonly Check<Subject<T>>[] {
  return [
    {
      name: 'close resolves, closes what is inside, and every further call has the same outcome',
      async check(subject) {
        await subject.resolves(subject.write([0]), 'the write')
        const first = subject.close()
        const second = subject.close()
        await subject.resolves(first, 'the first close')
        await subject.resolves(second, 'a second close during the first')
        await subject.resolves(subject.close(), 'a close after the first')
        assert.notEqual(subject.made.innerClosed?.(), false, 'the inner sink was not closed')
      },
    },
    {
      name: 'a sink that was never written to closes',
      async check(subject) {
        await subject.closes()
        assert.notEqual(subject.made.innerClosed?.(), false, 'the inner sink was not closed')
      },
    },
    {
      name: 'writes are refused with SINK_CLOSED from the call of close on, an empty one too',
      async check(subject) {
        await subject.resolves(subject.write([0]), 'the write before')
        const closing = subject.close()
        const during = subject.write([1])
        await subject.rejectsClosed(during, 'a write during close')
        await subject.resolves(closing, 'close')
        await subject.rejectsClosed(subject.write([2]), 'a write after close')
        await subject.rejectsClosed(subject.write([]), 'an empty write after close')
        assert.deepEqual(await subject.received(), [0])
      },
    },
    {
      name: 'once close has resolved, everything that was accepted has arrived',
      async check(subject) {
        const writes = range(0, 20).map((n) => subject.write([n]))
        const closing = subject.close()
        const outcomes = await Promise.all(writes.map((write) => subject.outcome(write)))
        await subject.resolves(closing, 'close')
        const accepted = range(0, 20).filter((n) => outcomes[n]?.resolved)
        const received = await subject.received()
        assert.deepEqual(
          accepted.filter((n) => !received.includes(n)),
          [],
        )
      },
    },
    {
      name: 'a write that races with close has arrived or is rejected, and close resolves',
      async check(subject) {
        // Writers that have each got to another point when close is called: the one that is just handing over included.
        const writers = range(0, 40).map(async (n) => {
          for (let i = 0; i < n; i++) await Promise.resolve()
          return subject.write([n])
        })
        for (let i = 0; i < 20; i++) await Promise.resolve()
        const closing = subject.close()
        const outcomes = await Promise.all(writers.map((write) => subject.outcome(write)))
        await subject.resolves(closing, 'close')
        const received = await subject.received()
        assert.deepEqual(received, [...new Set(received)], 'something arrived twice')
        assert.deepEqual(
          range(0, 40).filter((n) => outcomes[n]?.resolved && !received.includes(n)),
          [],
        )
        assert.equal(outcomes[39]?.resolved, false, 'the last write was called after close')
      },
    },
  ]
}
