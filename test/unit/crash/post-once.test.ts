import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { generateEvent } from '../../crash/generated-event.ts'
import type { Outcome } from '../../crash/operation.ts'
import { postOnce } from '../../crash/post-once.ts'

const event = generateEvent(
  { run: 'run', sender: 'registry-0', profile: 'distribution-3', repository: 'team/app', number: 0 },
  () => 0.5,
)

async function post(t: TestContext, answer: RequestListener): Promise<Outcome> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return postOnce(`http://127.0.0.1:${port}/notifications`, event, {
    timeoutMs: 500,
    authorization: 'Bearer x',
  })
}

test('a 2xx is ok, also where the answer breaks off behind its head', async (t) => {
  const whole = await post(t, (_request, response) => response.end())
  assert.deepEqual(whole, { type: 'ok', status: 200 })
  const cut = await post(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => response.destroy())
  })
  assert.deepEqual(cut, { type: 'ok', status: 200 })
})

test('a 4xx is a failure, a 5xx or a redirect leaves the outcome open', async (t) => {
  for (const [status, type] of [
    [401, 'fail'],
    [413, 'fail'],
    [503, 'info'],
    [307, 'info'],
  ] as const) {
    const outcome = await post(t, (_request, response) => response.writeHead(status).end())
    assert.deepEqual(outcome, { type, status, reason: `status ${status}` })
  }
})

test('no answer in time and a broken connection leave the outcome open', async (t) => {
  assert.deepEqual(await post(t, () => {}), { type: 'info', reason: 'timeout' })
  const reset = await post(t, (request) => request.socket.resetAndDestroy())
  assert.deepEqual(reset, { type: 'info', reason: 'ECONNRESET' })
  const closed = await post(t, (request) => request.socket.end())
  assert.equal(closed.type, 'info')
})

test('a connection that nobody takes is a failure', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const outcome = await postOnce(`http://127.0.0.1:${port}/`, event, {
    timeoutMs: 500,
    authorization: 'Bearer x',
  })
  assert.deepEqual(outcome, { type: 'fail', reason: 'ECONNREFUSED' })
})
