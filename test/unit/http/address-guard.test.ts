import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { HttpSink } from '../../../src/http/http-sink.ts'
import { rawReceiver, status } from '../../support/raw-receiver.ts'
import { deliveryTo, failureOf, request } from './delivery-bed.ts'

/** The receiver under a name, which only the resolver of the test knows. */
function named(url: string): string {
  return url.replace('127.0.0.1', 'receiver.test')
}

/** A resolver that gives the next answer for each question, and what it was asked. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const resolve = async (hostname: string): Promise<readonly string[]> => {
    asked.push(hostname)
    return answers[Math.min(asked.length, answers.length) - 1] ?? []
  }
  return { asked, resolve }
}

async function denied(delivered: Promise<unknown>): Promise<string> {
  const error = await failureOf(delivered, 'ENDPOINT_MISCONFIGURED')
  assert.equal(error.facts['reason'], 'address_denied')
  assert.equal(error.facts['status'], undefined)
  return error.message
}

for (const host of [
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0xa9.0xfe.0xa9.0xfe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::1]',
  '[fd00:ec2::254]',
  '0.0.0.0',
  '0',
  '[::]',
]) {
  test(`F5: nothing is sent to http://${host}/`, async (t) => {
    assert.match(await denied(deliveryTo(t, { url: `http://${host}/` }).deliver(request)), /not allowed/)
  })
}

test('F5: private networks are reached unless they are denied', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  assert.deepEqual(await deliveryTo(t, { url: receiver.url }).deliver(request), { status: 200 })
  const strict = { denyPrivate: true }
  await denied(deliveryTo(t, { url: receiver.url, addresses: strict }).deliver(request))
  const allowed = { ...strict, allow: ['127.0.0.0/8'] }
  assert.deepEqual(await deliveryTo(t, { url: receiver.url, addresses: allowed }).deliver(request), {
    status: 200,
  })
})

test('F5: a name of which one address is denied is denied, and nothing is connected to', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  for (const addresses of [
    ['127.0.0.1', '169.254.169.254'],
    ['169.254.169.254', '127.0.0.1'],
    ['127.0.0.1', 'fe80::1%lo'],
    ['127.0.0.1', 'nonsense'],
  ]) {
    const { resolve } = resolver(addresses)
    const message = await denied(
      deliveryTo(t, { url: named(receiver.url), addresses: { resolve } }).deliver(request),
    )
    assert.match(message, /receiver\.test has the address/)
  }
  assert.equal(receiver.connections, 0)
})

test('F5: a name is resolved once for a connection, which goes to the address that was checked', async (t) => {
  const receiver = await rawReceiver(t, status(200, 'connection: close'))
  const { asked, resolve } = resolver(['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1'])
  const delivery = deliveryTo(t, { url: named(receiver.url), addresses: { resolve }, keepAlive: false })
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.deepEqual(asked, ['receiver.test'])
  await denied(delivery.deliver(request))
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.equal(asked.length, 3)
  assert.equal(receiver.connections, 2)
  assert.match(receiver.requests[0]?.headers[0] ?? '', /^host: receiver\.test:/)
})

test('a name with several allowed addresses is reached at the one that answers', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  const { resolve } = resolver(['127.0.0.2', '127.0.0.1', '::1'])
  assert.deepEqual(
    await deliveryTo(t, { url: named(receiver.url), addresses: { resolve } }).deliver(request),
    { status: 200 },
  )
})

test('G11: a name that nobody knows is tried again', async (t) => {
  for (const [resolve, reason] of [
    [resolver([]).resolve, 'ENOTFOUND'],
    [() => Promise.reject(Object.assign(new Error('later'), { code: 'EAI_AGAIN' })), 'EAI_AGAIN'],
  ] as const) {
    const delivery = deliveryTo(t, { url: 'http://receiver.test/', addresses: { resolve } })
    assert.equal((await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')).facts['reason'], reason)
  }
})

/** Opens no tunnel, and counts who asks. */
async function proxyServer(t: TestContext) {
  const seen = { connections: 0 }
  const server = createServer()
  server.on('connection', () => seen.connections++)
  server.on('connect', (_, socket) => socket.end('HTTP/1.1 502 No\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, seen }
}

test('F5: behind a proxy its own address is checked, and that of an endpoint that is one', async (t) => {
  const { port, seen } = await proxyServer(t)
  const proxy = { url: `http://127.0.0.1:${port}` }
  await denied(deliveryTo(t, { url: 'http://169.254.169.254/', proxy }).deliver(request))
  await denied(
    deliveryTo(t, { url: 'http://a.test/', proxy, addresses: { denyPrivate: true } }).deliver(request),
  )
  const { resolve, asked } = resolver(['169.254.169.254'])
  const byName = { url: `http://proxy.test:${port}` }
  await denied(
    deliveryTo(t, { url: 'http://a.test/', proxy: byName, addresses: { resolve } }).deliver(request),
  )
  assert.deepEqual(asked, ['proxy.test'])
  assert.equal(seen.connections, 0)
  await failureOf(deliveryTo(t, { url: 'http://a.test/', proxy }).deliver(request), 'DELIVERY_FAILED')
  assert.equal(seen.connections, 1)
})

test('a sink checks nothing unless it is told to, and then a denied address is tried again as everything else', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  const free = new HttpSink({ url: receiver.url })
  const strict = new HttpSink({ url: receiver.url, addresses: { denyPrivate: true } })
  t.after(() => Promise.all([free.close(), strict.close()]))
  assert.deepEqual(await free.write([{}]), { status: 200 })
  await assert.rejects(
    strict.write([{}]),
    (error) => isRelayError(error, 'DELIVERY_FAILED') && error.facts['reason'] === 'address_denied',
  )
})

test('an entry that is no address is refused at construction', () => {
  assert.throws(
    () => new HttpDelivery({ url: 'http://a.test/', addresses: { allow: ['a.test'] } }),
    (error) => isRelayError(error, 'CONFIG_INVALID'),
  )
})
