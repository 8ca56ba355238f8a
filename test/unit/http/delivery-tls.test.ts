import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TlsOptions } from '../../../src/http/connection-options.ts'
import { pem, rawReceiver, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { deliveryBed, deliveryTo, failureOf, request } from './delivery-bed.ts'

const ca = pem('authority.crt')

function identity(name: string) {
  return { cert: pem(`${name}.crt`), key: pem(`${name}.key`) }
}

for (const [what, server, tls, reason] of [
  ['of an unknown authority', 'server', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['for another name', 'named', { ca }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that nobody signed', 'stranger', { ca }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
] as const) {
  test(`G11: a certificate ${what} is tried again, and nothing is sent`, async (t) => {
    const { delivery, receiver } = await deliveryBed(t, status(200), { tls }, identity(server))
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], reason)
    assert.equal(receiver.requests.length, 0)
  })
}

test('a certificate that changes makes new connections with it, and ends the old ones', async (t) => {
  const server = { ...identity('server'), ca, requestCert: true, rejectUnauthorized: false }
  const subjects: unknown[] = []
  const receiver = await rawReceiver(
    t,
    (socket, asked) => {
      const { subject } = (socket as import('node:tls').TLSSocket).getPeerCertificate()
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
