import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { deliveryTo, failureOf, request } from './delivery-bed.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
/** So much that no buffer between the two sides holds it. */
const large = { ...request, body: 'x'.repeat(16 << 20) }

interface EarlyServer {
  readonly url: string
  /** So many have been made. */
  connections: number
}

/** Answers when the first bytes of a request are there, once on each connection. */
async function earlyServer(
  t: TestContext,
  answer: string,
  then: (socket: Socket) => void,
): Promise<EarlyServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    early.connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(answer)
      then(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const early = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, connections: 0 }
  return early
}

for (const [what, then] of [
  ['before the body was read', (socket) => socket.resume()],
  ['though the body is never read', (socket) => socket.pause()],
] as const satisfies readonly (readonly [string, (socket: Socket) => void])[]) {
  test(`G16: an answer that comes ${what} counts`, async (t) => {
    const good = await earlyServer(t, ok, then)
    assert.deepEqual(await deliveryTo(t, { url: good.url }).deliver(large), { status: 200 })
    const bad = await earlyServer(t, 'HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n', then)
    await failureOf(deliveryTo(t, { url: bad.url }).deliver(large), 'DELIVERY_REFUSED')
  })
}

test('G16: a kept connection on which nothing is read any more costs one attempt, then there is another', async (t) => {
  const server = await earlyServer(t, ok, (socket) => socket.pause())
  const delivery = deliveryTo(t, { url: server.url, maxConnections: 1, headersTimeoutMs: 100 })
  assert.deepEqual(await delivery.deliver(large), { status: 200 })
  const { facts } = await failureOf(delivery.deliver(large), 'DELIVERY_FAILED')
  assert.equal(facts['reason'], 'UND_ERR_HEADERS_TIMEOUT')
  assert.deepEqual(await delivery.deliver(large), { status: 200 })
  assert.equal(server.connections, 2)
})

test('G16: a server that reads nothing after its answer and says it closes costs no attempt', async (t) => {
  const closing = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
  const server = await earlyServer(t, closing, (socket) => socket.pause())
  const delivery = deliveryTo(t, { url: server.url, maxConnections: 1 })
  for (let n = 0; n < 3; n++) assert.deepEqual(await delivery.deliver(large), { status: 200 })
  assert.equal(server.connections, 3)
})
