import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { isRelayError } from '../../../src/errors.ts'
import type { ConnectionOptions } from '../../../src/http/connection-options.ts'
import { HttpSink } from '../../../src/http/http-sink.ts'
import type { HeaderValues } from '../../../src/http/request-headers.ts'
import { pem, rawReceiver, status } from '../../support/raw-receiver.ts'

const authority = pem('authority.crt')

function identity(name: string) {
  return { cert: pem(`${name}.crt`), key: pem(`${name}.key`) }
}

function sinkTo(
  t: TestContext,
  url: string,
  options: ConnectionOptions & { headers?: HeaderValues } = {},
): HttpSink {
  const sink = new HttpSink({ url, ...options })
  t.after(() => sink.close({ deadlineMs: 0 }))
  return sink
}

async function reasonOf(write: Promise<unknown>): Promise<unknown> {
  const error = await write.then(
    () => assert.fail('was delivered'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isRelayError(error, 'DELIVERY_FAILED'), String(error))
  return error.facts['reason']
}

test('a certificate of an unknown authority is an error, one of a given authority is not', async (t) => {
  const receiver = await rawReceiver(t, status(200), identity('server'))
  assert.equal(await reasonOf(sinkTo(t, receiver.url).write([{}])), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  assert.equal(receiver.requests.length, 0)
  assert.deepEqual(await sinkTo(t, receiver.url, { tls: { ca: authority } }).write([{}]), { status: 200 })
  assert.deepEqual(await sinkTo(t, receiver.url, { tls: { ca: [authority] } }).write([{}]), { status: 200 })
})

test('the server name is what the certificate is checked against, and what is asked for', async (t) => {
  const names: unknown[] = []
  const receiver = await rawReceiver(
    t,
    (socket, request) => {
      names.push((socket as TLSSocket).servername)
      status(200)(socket, request)
    },
    identity('named'),
  )
  assert.equal(
    await reasonOf(sinkTo(t, receiver.url, { tls: { ca: authority } }).write([{}])),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  )
  const named = sinkTo(t, receiver.url, { tls: { ca: authority, serverName: 'receiver.test' } })
  assert.deepEqual(await named.write([{}]), { status: 200 })
  assert.deepEqual(names, ['receiver.test'])
})

test('a client certificate is shown to a server that asks for one', async (t) => {
  const receiver = await rawReceiver(t, status(200), {
    ...identity('server'),
    ca: authority,
    requestCert: true,
  })
  const without = await reasonOf(sinkTo(t, receiver.url, { tls: { ca: authority } }).write([{}]))
  assert.match(String(without), /ERR_SSL|ECONNRESET|UND_ERR_SOCKET/)
  assert.equal(receiver.requests.length, 0)
  const known = sinkTo(t, receiver.url, { tls: { ca: authority, ...identity('client') } })
  assert.deepEqual(await known.write([{}]), { status: 200 })
})

interface Proxy {
  readonly url: string
  /** `CONNECT` line and credentials of each tunnel. */
  readonly tunnels: (readonly [target: string | undefined, authorization: string | undefined])[]
}

async function proxyServer(t: TestContext): Promise<Proxy> {
  const tunnels: Proxy['tunnels'] = []
  const sockets = new Set<Socket>()
  const server = createServer()
  server.on('connect', (request, socket: Socket) => {
    tunnels.push([request.url, request.headers['proxy-authorization']])
    const [host, port] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const one of [socket, onward]) {
      sockets.add(one)
      one.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels }
}

for (const secure of [false, true]) {
  test(`a given proxy is asked for a tunnel to an ${secure ? 'https' : 'http'} endpoint, which never sees the proxy’s credentials`, async (t) => {
    const proxy = await proxyServer(t)
    const receiver = await rawReceiver(t, status(200), secure ? identity('server') : undefined)
    const sink = sinkTo(t, receiver.url, {
      proxy: { url: proxy.url, authorization: 'Basic cHJveHk=' },
      tls: { ca: authority },
      headers: { Authorization: 'Bearer endpoint', 'X-Many': ['b', 'a'] },
    })
    assert.deepEqual(await sink.write([{}]), { status: 200 })
    assert.deepEqual(await sink.write([{}]), { status: 200 })
    assert.deepEqual(proxy.tunnels, [[`127.0.0.1:${receiver.port}`, 'Basic cHJveHk=']])
    assert.doesNotMatch(receiver.requests[0]?.headers.join('\n') ?? '', /proxy/i)
    assert.match(
      receiver.requests[0]?.headers.join('\n') ?? '',
      /Authorization: Bearer endpoint\n.*\nX-Many: b\nX-Many: a\n/,
    )
  })
}

test('a proxy that refuses is an error, and one that is dead', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  const refusing = await rawReceiver(t, status(407))
  const refused = sinkTo(t, receiver.url, { proxy: { url: new URL(refusing.url).origin } })
  assert.equal(await reasonOf(refused.write([{}])), 'UND_ERR_ABORTED')
  await refusing.die()
  assert.equal(await reasonOf(refused.write([{}])), 'ECONNREFUSED')
  assert.equal(receiver.connections, 0)
})

test('proxy variables of the environment are not looked at', async (t) => {
  const dead = await rawReceiver(t, status(200))
  await dead.die()
  const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'] as const
  const before = names.map((name) => process.env[name])
  t.after(() => {
    names.forEach((name, n) => {
      if (before[n] === undefined) delete process.env[name]
      else process.env[name] = before[n]
    })
  })
  for (const name of names) process.env[name] = dead.url
  const receiver = await rawReceiver(t, status(200))
  assert.deepEqual(await sinkTo(t, receiver.url).write([{}]), { status: 200 })
})
