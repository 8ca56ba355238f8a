import assert from 'node:assert/strict'
import { type Check, mentions, type Subject, turn } from './subject.ts'
import type { HeldUpSink } from './terms.ts'

export function heldUpChecks<T>(): readonly Check<Subject<T, HeldUpSink<T>>>[] {
  return [
    {
      name: 'close waits for what is under way, and it has arrived when close resolves',
      async check(subject) {
        const write = subject.write([0])
        await turn()
        let closed = false
        const closing = subject.close().then(() => {
          closed = true
        })
        await turn()
        assert.equal(closed, false, 'close resolved while a write was under way')
        subject.made.release()
        await subject.resolves(write, 'the write that was under way')
        await subject.resolves(closing, 'close')
        assert.deepEqual(await subject.received(), [0])
      },
    },
    {
      name: 'close gives up at its deadline when the far end is dead, and says so',
      async check(subject) {
        const write = subject.outcome(subject.write([0]))
        await turn()
        const closing = await subject.outcome(subject.close({ deadlineMs: 50 }))
        assert.ok(
          !closing.resolved && mentions(closing.error, 'DEADLINE_EXCEEDED'),
          `close has to reject with DEADLINE_EXCEEDED, and ${closing.resolved ? 'resolved' : `said: ${String(closing.error)}`}`,
        )
        const { resolved } = await write
        assert.equal(resolved, !subject.endToEnd, 'a write that never arrived resolved')
        const again = await subject.outcome(subject.close())
        assert.equal(again.resolved, false, 'a second close has another outcome')
        await subject.rejectsClosed(subject.write([1]), 'a write after close')
        subject.made.release()
      },
    },
    {
      name: 'a write that is aborted while it is under way rejects with the reason, and others are not touched',
      async check(subject) {
        const reason = new Error('aborted by the check')
        const abort = new AbortController()
        const before = subject.write([0])
        const aborted = subject.write([1], { signal: abort.signal })
        const after = subject.write([2])
        await turn()
        abort.abort(reason)
        const outcome = await subject.outcome(aborted)
        if (outcome.resolved) assert.ok(!subject.endToEnd, 'a write that never arrived resolved')
        else assert.equal(outcome.error, reason)
        subject.made.release()
        await subject.resolves(before, 'the write before')
        await subject.resolves(after, 'the write after')
        await subject.closes()
        const received = await subject.received()
        assert.deepEqual(
          received.filter((n) => n !== 1),
          [0, 2],
        )
        if (outcome.resolved) assert.deepEqual(received, [0, 1, 2])
      },
    },
  ]
}
