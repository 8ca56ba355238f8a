import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, inOrder, pem, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { deliveryBed, drip, failureOf, request } from './delivery-bed.ts'
import { tunnel } from './proxy-tunnel.ts'

const named = { cert: pem('named.crt'), key: pem('named.key') }

test('a proxy that closes at CONNECT fails the attempt, and is asked once for each', async (t) => {
  const close: Answer = (socket) => socket.end()
  const proxy = await rawReceiver(t, inOrder(close, close, tunnel))
  const { delivery } = await deliveryBed(t, status(200), {
    proxy: { url: new URL(proxy.url).origin },
    totalTimeoutMs: 5_000,
  })
  for (const connections of [1, 2]) {
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], 'PROXY_CLOSED')
    assert.equal(proxy.connections, connections)
  }
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
})

for (const [what, answer] of [
  ['does not answer', silence],
  [
    'answers a byte at a time',
    (socket) => {
      socket.write('HTTP/1.1 200 Connected\r\nx: ')
      drip(socket, 'y')
    },
  ],
] as const satisfies readonly (readonly [string, Answer])[]) {
  test(`a proxy that ${what} at CONNECT fails the attempt after the time for a connection`, async (t) => {
    const proxy = await rawReceiver(t, answer)
    const { delivery } = await deliveryBed(t, status(200), {
      proxy: { url: new URL(proxy.url).origin },
      connectTimeoutMs: 100,
      totalTimeoutMs: 5_000,
    })
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], 'PROXY_TIMEOUT')
  })
}

test('a proxy that was silent holds no connection for longer than it takes to make one', async (t) => {
  const proxy = await rawReceiver(t, inOrder(silence, silence, tunnel))
  const { delivery, receiver } = await deliveryBed(t, status(200), {
    proxy: { url: new URL(proxy.url).origin },
    maxConnections: 2,
    connectTimeoutMs: 100,
    totalTimeoutMs: 5_000,
  })
  const aborting = new AbortController()
  const given = [1, 2].map(() => assert.rejects(delivery.deliver(request, aborting.signal)))
  await proxy.received(2)
  aborting.abort()
  await Promise.all(given)
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.equal(receiver.requests.length, 1)
})

for (const name of ['Host', 'host', 'HOST']) {
  test(`${name} of an endpoint behind a proxy arrives, once, beside headers of several values`, async (t) => {
    const proxy = await rawReceiver(t, tunnel)
    const { delivery, receiver } = await deliveryBed(t, status(200), {
      proxy: { url: new URL(proxy.url).origin },
      headers: { [name]: 'endpoint.test', 'x-many': ['b', 'a'] },
    })
    assert.deepEqual(await delivery.deliver(request), { status: 200 })
    const headers = receiver.requests[0]?.headers ?? []
    assert.deepEqual(
      headers.filter((line) => /^(host|x-many):/i.test(line)),
      ['host: endpoint.test', 'x-many: b', 'x-many: a'],
    )
  })
}

test('behind a proxy the server name, not Host, is what a certificate is checked against', async (t) => {
  const proxy = await rawReceiver(t, tunnel)
  const options = { proxy: { url: new URL(proxy.url).origin }, headers: { Host: 'other.test' } }
  const tls = { ca: pem('authority.crt'), serverName: 'receiver.test' }
  const { delivery } = await deliveryBed(t, status(200), { ...options, tls }, named)
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
})
