import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Receiver, type ReceiverOptions } from '../../../src/app/receiver.ts'
import { isRelayError } from '../../../src/errors.ts'

function receiver(t: TestContext, options: Partial<ReceiverOptions> = {}): Receiver {
  const made = new Receiver({ host: '127.0.0.1', port: 0, onPost: () => {}, ...options })
  t.after(() => made.close())
  return made
}

test('a POST is answered 200, or with the status that was asked for; anything else 405', async (t) => {
  for (const status of [undefined, 200, 204, 304, 422, 503]) {
    const url = await receiver(t, status === undefined ? {} : { status }).start()
    const answer = await fetch(url, { method: 'POST', body: '{}', redirect: 'manual' })
    assert.equal(answer.status, status ?? 200)
    const length = status === 204 || status === 304 ? null : '0'
    assert.equal(answer.headers.get('content-length'), length)
    assert.equal((await fetch(url)).status, 405)
  }
})

test('an address of IPv6 stands in brackets in the URL', async (t) => {
  const url = await receiver(t, { host: '::1' }).start()
  assert.match(url, /^http:\/\/\[::1\]:\d+\/$/)
  assert.equal((await fetch(url, { method: 'POST' })).status, 200)
})

test('a port that is taken, and a host that is not ours, are CANNOT_LISTEN and name what sets them', async (t) => {
  const port = Number(new URL(await receiver(t).start()).port)
  for (const [options, message] of [
    [
      { port, setBy: '--port' },
      new RegExp(`^receiver: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.* \\(--port\\)$`),
    ],
    [{ host: '192.0.2.1' }, /^receiver: cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL[^()]*$/],
  ] as const) {
    await assert.rejects(receiver(t, options).start(), (error) => {
      assert.ok(isRelayError(error, 'CANNOT_LISTEN'))
      assert.match(error.message, message)
      return true
    })
  }
})
