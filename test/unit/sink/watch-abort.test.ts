import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { orAborted } from '../../../src/sink/watch-abort.ts'

test('settles as the work does, and listens to the signal no longer than that', async () => {
  const { signal } = new AbortController()
  assert.equal(await orAborted(Promise.resolve(1), signal), 1)
  await assert.rejects(orAborted(Promise.reject(new Error('failed')), signal), /failed/)
  assert.deepEqual(getEventListeners(signal, 'abort'), [])
})

for (const when of ['before', 'meanwhile'] as const) {
  test(`aborted ${when}, it rejects at once with the reason, and a later failure of the work is ignored`, async () => {
    const abort = new AbortController()
    const reason = new Error('stop')
    let fail = (_error: Error): void => {}
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject
    })
    if (when === 'before') abort.abort(reason)
    const waited = orAborted(work, abort.signal)
    if (when === 'meanwhile') abort.abort(reason)
    await assert.rejects(waited, (error) => error === reason)
    fail(new Error('too late'))
    // A rejection that nobody takes fails the test in this turn.
    await setImmediate()
    assert.deepEqual(getEventListeners(abort.signal, 'abort'), [])
  })
}
