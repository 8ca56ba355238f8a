import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { TlsOptions } from '../../../src/http/connection-options.ts'
import { pem, rawReceiver, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { deliveryBed, deliveryTo, failureOf, request } from './delivery-bed.ts'

const ca = pem('authority.crt')

function identity(name: string) {
  return { cert: pem(`${name}.crt`), key: pem(`${name}.key`) }
}

function kafkaPem(name: string): string {
  return readFileSync(new URL(`../../fixtures/kafka-tls/${name}`, import.meta.url), 'utf8')
}

const expired = kafkaPem('broker-expired.pem')

for (const [what, server, tls, reason] of [
  ['of an unknown authority', identity('server'), {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['for another name', identity('named'), { ca }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that nobody signed', identity('stranger'), { ca }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    'that has expired',
    { cert: expired, key: expired },
    { ca: kafkaPem('authority.crt') },
    'CERT_HAS_EXPIRED',
  ],
] as const) {
  test(`G11: a certificate ${what} is tried again, and nothing is sent`, async (t) => {
    const { delivery, receiver } = await deliveryBed(t, status(200), { tls }, server)
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], reason)
    assert.equal(receiver.requests.length, 0)
  })
}

for (const [what, host, tls] of [
  ['the server name', '127.0.0.1', { ca, serverName: 'receiver.test' }],
  ['the name in the URL', 'receiver.test', { ca }],
] as const) {
  test(`${what} is asked for and checked, whatever Host says`, async (t) => {
    const names: unknown[] = []
    const receiver = await rawReceiver(
      t,
      (socket, asked) => {
        names.push((socket as TLSSocket).servername)
        status(200)(socket, asked)
      },
      identity('named'),
    )
    const delivery = deliveryTo(t, {
      url: `https://${host}:${receiver.port}/`,
      headers: { Host: 'other.test' },
      addresses: { denyPrivate: false, resolve: async () => ['127.0.0.1'] },
      tls,
    })
    assert.deepEqual(await delivery.deliver(request), { status: 200 })
    assert.deepEqual(names, ['receiver.test'])
    assert.ok(receiver.requests[0]?.headers.includes('host: other.test'))
  })
}

test('a certificate for the name in Host alone is one for another name', async (t) => {
  const headers = { Host: 'receiver.test' }
  const { delivery } = await deliveryBed(t, status(200), { headers, tls: { ca } }, identity('named'))
  const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  assert.equal(facts['reason'], 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('a certificate that changes makes new connections with it, and ends the old ones', async (t) => {
  const server = { ...identity('server'), ca, requestCert: true, rejectUnauthorized: false }
  const subjects: unknown[] = []
  const receiver = await rawReceiver(
    t,
    (socket, asked) => {
      const { subject } = (socket as TLSSocket).getPeerCertificate()
      subjects.push(subject?.CN)
      socket.on('close', () => subjects.push('closed'))
      status(200)(socket, asked)
    },
    server,
  )
  let tls: TlsOptions = { ca }
  const delivery = deliveryTo(t, { url: receiver.url, tls: () => tls, maxConnections: 1 })
  await delivery.deliver(request)
  tls = { ca, ...identity('client') }
  await delivery.deliver(request)
  await until(() => subjects.includes('closed'))
  assert.deepEqual(
    subjects.filter((one) => one !== 'closed'),
    [undefined, 'client'],
  )
  assert.equal(receiver.connections, 2)
})

test('certificates that became unusable fail the attempt as a wrong set-up, until they are right again', async (t) => {
  let tls: TlsOptions = { ca }
  const { delivery } = await deliveryBed(t, status(200), { tls: () => tls }, identity('server'))
  const good = tls
  tls = { ca: '/etc/ssl/authority.pem' }
  const error = await failureOf(delivery.deliver(request), 'ENDPOINT_MISCONFIGURED')
  assert.equal(error.facts['reason'], 'configuration')
  tls = good
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
})
