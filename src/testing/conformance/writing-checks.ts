import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { type Check, range, type Subject } from './subject.ts'

export function writingChecks<T>(): readonly Check<Subject<T>>[] {
  return [
    {
      name: 'a write resolves when its items are where the sink takes them',
      async check(subject) {
        assert.deepEqual(await subject.arrivedAfter(subject.write([0])), [0])
      },
    },
    {
      name: 'the items of one write keep their order',
      async check(subject) {
        assert.deepEqual(await subject.arrivedAfter(subject.write(range(0, 100))), range(0, 100))
      },
    },
    {
      name: 'writes that are called one after another keep their order, awaited or not',
      async check(subject) {
        await subject.resolves(subject.write([0]), 'the first write')
        const others = [subject.write([1]), subject.write([2, 3]), subject.write([4])]
        assert.deepEqual(await subject.arrivedAfter(Promise.all(others)), [0, 1, 2, 3, 4])
      },
    },
    {
      name: 'an empty write resolves and changes nothing: the writes after it are taken',
      async check(subject) {
        await subject.resolves(subject.write([]), 'the empty write')
        await subject.resolves(subject.write([0]), 'the write after it')
        await subject.resolves(subject.write([]), 'another empty write')
        assert.deepEqual(await subject.arrivedAfter(subject.write([1])), [0, 1])
      },
    },
    {
      name: 'a thousand concurrent writes arrive, each once and in the order of the calls',
      async check(subject) {
        const writes = range(0, 1_000).map((n) => subject.write([n]))
        assert.deepEqual(await subject.arrivedAfter(Promise.all(writes)), range(0, 1_000))
      },
    },
    {
      name: 'the array that was written is left as it was',
      async check(subject) {
        const items = subject.items(0, 1, 2)
        const before = [...items]
        // Frozen: a sink that changes it fails right there, and not only if what it changes is seen.
        await subject.resolves(subject.sink.write(Object.freeze(items)), 'the write')
        await subject.closes()
        assert.ok(items.length === 3 && items.every((item, i) => item === before[i]))
      },
    },
    {
      name: 'a write whose signal was aborted before the call rejects with its reason, and nothing is written',
      async check(subject) {
        const reason = new Error('aborted by the check')
        const outcome = await subject.outcome(subject.write([0], { signal: AbortSignal.abort(reason) }))
        assert.ok(!outcome.resolved && outcome.error === reason, 'the write has to reject with the reason')
        assert.deepEqual(await subject.arrivedAfter(subject.write([1])), [1])
      },
    },
    {
      name: 'a write that has settled leaves no listener on its signal',
      async check(subject) {
        const { signal } = new AbortController()
        await subject.resolves(subject.write([0], { signal }), 'the write')
        await subject.resolves(subject.write([1], { signal }), 'the write')
        await subject.closes()
        assert.equal(getEventListeners(signal, 'abort').length, 0)
      },
    },
  ]
}
