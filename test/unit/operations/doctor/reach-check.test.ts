import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FullyReached, NotReached, Reached } from '../../../../src/operations/doctor/reach.ts'
import { type NamedTarget, reachAny, reachOne } from '../../../../src/operations/doctor/reach-check.ts'

const day = 86_400_000
const now = Date.parse('2026-06-01T00:00:00Z')
const target: NamedTarget = {
  ...{ where: 'kafka-1:9093', host: 'kafka-1', port: 9093 },
  ...{ key: 'kafka.brokers', tlsKey: 'kafka.tls' },
}
const plain: FullyReached = {
  ...{ reached: true, addresses: ['10.0.0.1'], nameMs: 3, connectMs: 1 },
  ...{ tls: undefined, http: undefined },
}
const secure = (validTo: number, fault?: string): FullyReached => ({
  ...plain,
  tls: { version: 'TLSv1.3', ms: 9, validTo, names: 'DNS:other', fault },
})
const ended = (at: NotReached['at'], code: string): NotReached => ({
  ...{ reached: false, at, code, message: `${code} it was`, addresses: at === 'name' ? [] : ['10.0.0.1'] },
})

const see = (found: Reached, more: Partial<NamedTarget> = {}): ReturnType<typeof reachOne> =>
  reachOne(
    async () => found,
    { ...target, ...more },
    () => now,
  )

test('a free way is one line: addresses, times, the end of the certificate, the status', async () => {
  const seen = await see({
    ...secure(now + 90 * day),
    http: { status: 405, clockAheadMs: 0 },
  })
  assert.deepEqual(seen, {
    state: 'ok',
    text: 'kafka-1:9093: 10.0.0.1 by DNS in 3 ms, connected in 1 ms, TLSv1.3 in 9 ms, certificate valid until 2026-08-30, answers 405 to HEAD',
  })
})

const ends: readonly (readonly [NotReached, RegExp, RegExp])[] = [
  [ended('name', 'ENOTFOUND'), /no host of that name/, /correct kafka\.brokers/],
  [ended('name', 'EAI_AGAIN'), /could not be looked up \(EAI_AGAIN\)/, /resolv\.conf/],
  [ended('address', 'metadata'), /metadata it was/, /addresses\.allow/],
  [
    ended('connection', 'ECONNREFUSED'),
    /no connection \(ECONNREFUSED\) to 10\.0\.0\.1/,
    /start the server.*port 9093/,
  ],
  [ended('connection', 'ETIMEDOUT'), /ETIMEDOUT/, /firewall/],
  [ended('connection', 'ENETUNREACH'), /ENETUNREACH/, /ip route/],
  [ended('connection', 'EWHATEVER'), /EWHATEVER/, /kafka\.brokers names it/],
  [ended('tls', 'EPROTO'), /no TLS \(EPROTO/, /kafka\.tls\.certificateFile/],
]
for (const [found, text, todo] of ends) {
  test(`a way that ends with ${found.code} at its ${found.at} is an error that says what to do`, async () => {
    const seen = await see(found)
    assert.equal(seen.state, 'error')
    assert.match(seen.text, text)
    assert.match(String(seen.todo), todo)
  })
}

const certificates: readonly (readonly [FullyReached, string, RegExp, RegExp])[] = [
  [secure(now - day, 'CERT_HAS_EXPIRED'), 'error', /has expired.*until 2026-05-31/, /renew/],
  [
    secure(now + 90 * day, 'ERR_TLS_CERT_ALTNAME_INVALID'),
    'error',
    /for another name.*DNS:other/,
    /kafka\.tls\.serverName/,
  ],
  [
    secure(now + 90 * day, 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    'error',
    /no authority that is trusted/,
    /kafka\.tls\.caFile/,
  ],
  [secure(now + 90 * day, 'SOMETHING_NEW'), 'error', /not trusted \(SOMETHING_NEW\)/, /SOMETHING_NEW/],
  [secure(now + 3 * day), 'warning', /expires in 3 d, on 2026-06-04/, /renew/],
]
for (const [found, state, text, todo] of certificates) {
  test(`a certificate of which is to be said ${found.tls?.fault ?? 'that it ends soon'} gives a line of the state ${state}`, async () => {
    const seen = await see(found)
    assert.equal(seen.state, state)
    assert.match(seen.text, text)
    assert.match(String(seen.todo), todo)
  })
}

test('no HTTP is an error of a server that must answer, and a warning of an endpoint', async () => {
  const mute = { ...plain, http: { status: undefined, clockAheadMs: undefined } }
  assert.equal((await see(mute)).state, 'warning')
  assert.equal((await see(mute, { mustAnswer: true })).state, 'error')
})

const answers: readonly (readonly [status: number, ofEndpoint: string, ofServer: string])[] = [
  [200, 'ok', 'ok'],
  [401, 'note', 'ok'],
  [403, 'note', 'ok'],
  [404, 'note', 'ok'],
  [405, 'ok', 'ok'],
  [410, 'note', 'ok'],
  [500, 'warning', 'warning'],
  [501, 'ok', 'ok'],
  [503, 'warning', 'warning'],
]
for (const [status, ofEndpoint, ofServer] of answers) {
  test(`an endpoint that answers ${status} to HEAD is worth a line of the state ${ofEndpoint}`, async () => {
    const found = { ...plain, http: { status, clockAheadMs: 0 } }
    assert.equal((await see(found)).state, ofEndpoint)
    assert.equal((await see(found, { mustAnswer: true })).state, ofServer)
  })
}

test('what an answer to HEAD may mean is said', async () => {
  const to = async (status: number): ReturnType<typeof reachOne> =>
    see({ ...plain, http: { status, clockAheadMs: 0 } })
  assert.match((await to(404)).text, /answers 404 to HEAD; if it answers POST so too, nothing is delivered$/)
  for (const status of [401, 403])
    assert.match(
      (await to(status)).text,
      /answers 40[13] to HEAD: refuses a HEAD without credentials; if deliveries are refused too, look at headers$/,
    )
  assert.match(String((await to(503)).todo), /log of that server/)
})

test('one of several servers that is away is a warning, and all of them are errors', async () => {
  const both = [target, { ...target, where: 'kafka-2:9093', host: 'kafka-2' }]
  const away = ended('connection', 'ECONNREFUSED')
  const some = await reachAny(
    async ({ host }) => (host === 'kafka-2' ? away : plain),
    both,
    () => now,
  )
  assert.deepEqual(
    some.map(({ state }) => state),
    ['ok', 'warning'],
  )
  const none = await reachAny(
    async () => away,
    both,
    () => now,
  )
  assert.deepEqual(
    none.map(({ state }) => state),
    ['error', 'error'],
  )
})
