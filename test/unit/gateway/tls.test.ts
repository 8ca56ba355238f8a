import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { isRelayError } from '../../../src/errors.ts'
import type { GatewayTls } from '../../../src/gateway/http-server.ts'
import { pem } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { type Gateway, post, rawConnection, send, startGateway } from './harness.ts'

const identity = (name: string) => ({ cert: pem(`${name}.crt`), key: pem(`${name}.key`) })
const authority = pem('authority.crt')
/** The certificates name hosts that are not asked for here. */
const trusting = { ca: authority, checkServerIdentity: () => undefined }

const failed = (gateway: Gateway, reason: string) =>
  gateway.metric(`registry_relay_gateway_tls_handshakes_failed_total{reason="${reason}"}`)

const expiry = (gateway: Gateway) =>
  gateway.metric('registry_relay_gateway_certificate_expiry_timestamp_seconds')
const expiryIn = (cert: string) => Date.parse(new X509Certificate(cert).validTo) / 1_000

async function handshake(t: TestContext, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...trusting, ...options })
  t.after(() => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject)
  })
  return socket
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN

test('takes notifications by HTTPS, with everything that goes for HTTP', async (t) => {
  const gateway = await startGateway(t, { tls: identity('server'), authorizations: ['Bearer s3cr3t'] })
  assert.equal(gateway.url, `https://127.0.0.1:${gateway.port}/notifications`)
  const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer s3cr3t' }
  assert.equal((await post(gateway.url, 'x', { headers, tls: trusting })).status, 200)
  assert.equal((await post(gateway.url, 'x', { tls: trusting })).status, 401)
  assert.equal((await send(gateway.url, { method: 'GET', tls: trusting })).status, 405)
  assert.deepEqual(gateway.sink.texts, ['x'])
  await assert.rejects(post(gateway.url, 'x', { headers }), /unable to verify/)
})

test('speaks TLS 1.2 and later only', async (t) => {
  const gateway = await startGateway(t, { tls: identity('server') })
  const socket = await handshake(t, gateway.port, { maxVersion: 'TLSv1.2' })
  assert.equal(socket.getProtocol(), 'TLSv1.2')
  await assert.rejects(handshake(t, gateway.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }))
  assert.equal((await post(gateway.url, 'x', { tls: trusting })).status, 200)
})

test('plain HTTP on the TLS port, garbage, and TLS on the plain port are turned away; the servers go on', async (t) => {
  const secure = await startGateway(t, { tls: identity('server') })
  await assert.rejects(post(secure.url.replace('https', 'http'), 'x'))
  assert.equal(await failed(secure, 'plain_http'), 1)
  const garbage = await rawConnection(t, secure.port)
  garbage.socket.write(Buffer.alloc(100, 0xff))
  await garbage.closed
  assert.equal(await failed(secure, 'protocol'), 1)
  assert.match(secure.logs.join(''), /TLS handshake failed: plain_http/)
  assert.equal((await post(secure.url, 'x', { tls: trusting })).status, 200)

  const plain = await startGateway(t)
  await assert.rejects(post(plain.url.replace('http', 'https'), 'x', { tls: trusting }))
  assert.equal(await plain.metric('registry_relay_gateway_rejected_total{reason="malformed_request"}'), 1)
  assert.equal((await post(plain.url, 'x')).status, 200)
})

test('a handshake that does not come is given up, one that ends is counted, and neither holds up the stop', async (t) => {
  const gateway = await startGateway(t, {
    tls: identity('server'),
    limits: { tlsHandshakeTimeoutMs: 50 },
  })
  const silent = await rawConnection(t, gateway.port)
  await silent.closed
  assert.equal(await failed(gateway, 'timeout'), 1)
  const leaving = await rawConnection(t, gateway.port)
  leaving.socket.end()
  await until(async () => (await failed(gateway, 'gone')) === 1)
  assert.doesNotMatch(gateway.logs.join(''), /TLS_GONE/)

  const patient = await startGateway(t, { tls: identity('server') })
  const open = await rawConnection(t, patient.port)
  const idle = await handshake(t, patient.port)
  const idleClosed = new Promise((resolve) => idle.once('close', resolve))
  await patient.server.close()
  await Promise.all([open.closed, idleClosed])
})

test('close answers what is in flight over TLS', async (t) => {
  const gateway = await startGateway(t, { tls: identity('server') })
  gateway.sink.hold = true
  const posting = post(gateway.url, 'in flight', { tls: trusting })
  await until(() => gateway.sink.writes.length === 1)
  const closing = gateway.server.close()
  gateway.sink.writes[0]?.resolve()
  assert.equal((await posting).status, 200)
  await closing
})

test('with authorities of clients, only clients with their certificates are let in', async (t) => {
  const gateway = await startGateway(t, { tls: { ...identity('server'), ca: authority } })
  const withIdentity = (name: string) => ({ ...trusting, ...identity(name) })
  assert.equal((await post(gateway.url, 'x', { tls: withIdentity('client') })).status, 200)
  await assert.rejects(post(gateway.url, 'y', { tls: trusting }))
  await assert.rejects(post(gateway.url, 'z', { tls: withIdentity('stranger') }))
  assert.deepEqual(gateway.sink.texts, ['x'])
  await until(async () => (await failed(gateway, 'client_certificate')) === 2)
})

test('a new certificate goes to new connections, and those that are open go on', async (t) => {
  const gateway = await startGateway(t, { tls: identity('server') })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  assert.equal(nameOf(await handshake(t, gateway.port)), 'server')
  assert.equal((await post(gateway.url, 'before', { agent, tls: trusting })).status, 200)
  const [kept] = Object.values(agent.freeSockets).flat()

  gateway.server.replaceTls(identity('named'))
  assert.equal(nameOf(await handshake(t, gateway.port)), 'named')
  assert.equal((await post(gateway.url, 'after', { agent, tls: trusting })).status, 200)
  assert.equal(Object.values(agent.freeSockets).flat()[0], kept)
  assert.deepEqual(gateway.sink.texts, ['before', 'after'])
})

test('a metric tells when the certificate in use expires', async (t) => {
  const [first, second] = ['server', 'stranger'].map((name) => expiryIn(pem(`${name}.crt`)))
  assert.notEqual(first, second)
  const gateway = await startGateway(t, { tls: identity('server') })
  assert.equal(await expiry(gateway), first)
  gateway.server.replaceTls(identity('stranger'))
  assert.equal(await expiry(gateway), second)
})

test('new authorities of clients go for new connections, also for clients that were there before', async (t) => {
  const gateway = await startGateway(t, { tls: { ...identity('server'), ca: authority } })
  const first = await handshake(t, gateway.port, { ...identity('client'), maxVersion: 'TLSv1.2' })
  const session = first.getSession()
  gateway.server.replaceTls({ ...identity('server'), ca: pem('stranger.crt') })
  await assert.rejects(post(gateway.url, 'x', { tls: { ...trusting, ...identity('client') } }))
  // A session from before must not carry over what was checked before.
  await assert.rejects(
    handshake(t, gateway.port, {
      ...identity('client'),
      maxVersion: 'TLSv1.2',
      ...(session === undefined ? {} : { session }),
    }).then(
      (socket) =>
        new Promise((_resolve, reject) => {
          socket.once('error', reject).once('close', () => reject(new Error('closed')))
        }),
    ),
  )
  assert.equal((await post(gateway.url, 'y', { tls: { ...trusting, ...identity('stranger') } })).status, 200)
})

const broken: readonly (readonly [string, GatewayTls])[] = [
  ['a key of another certificate', { cert: pem('server.crt'), key: pem('named.key') }],
  ['no certificate', { cert: 'nonsense', key: pem('server.key') }],
  ['no key', { cert: pem('server.crt'), key: '' }],
  ['half a file', { cert: pem('server.crt').slice(0, 200), key: pem('server.key') }],
]
for (const [what, tls] of broken) {
  test(`refuses what cannot be used, at the start and later, when the old goes on: ${what}`, async (t) => {
    const invalid = (error: unknown): boolean =>
      isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith('gateway.tls: ')
    await assert.rejects(startGateway(t, { tls }), invalid)
    const gateway = await startGateway(t, { tls: identity('server') })
    assert.throws(() => gateway.server.replaceTls(tls), invalid)
    assert.equal(nameOf(await handshake(t, gateway.port)), 'server')
  })
}

test('authorities that are none do not become every authority that Node.js knows', async (t) => {
  const tls = { ...identity('server'), ca: authority }
  const gateway = await startGateway(t, { tls })
  for (const ca of ['', '\n', 'nonsense', undefined]) {
    assert.throws(() => gateway.server.replaceTls({ ...tls, ca }), /gateway\.tls/, String(ca))
    if (ca !== undefined) await assert.rejects(startGateway(t, { tls: { ...tls, ca } }), /gateway\.tls/)
  }
  assert.equal((await post(gateway.url, 'x', { tls: { ...trusting, ...identity('client') } })).status, 200)
  const plain = await startGateway(t)
  assert.throws(() => plain.server.replaceTls(tls), /without TLS/)
})
