import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { AcceptedAuthorizations } from '../../../src/gateway/authorization.ts'
import { jsonHeaders, post, startGateway } from './harness.ts'

const accepts = (accepted: AcceptedAuthorizations, ...lines: string[]) => accepted.accept(lines)

test('compares the scheme without case, and the rest exactly', () => {
  const accepted = new AcceptedAuthorizations(['Bearer S3cr3t', 'Basic dXNlcjpwYXNz'])
  for (const good of ['Bearer S3cr3t', 'bearer S3cr3t', 'BEARER S3cr3t', 'basic dXNlcjpwYXNz']) {
    assert.equal(accepts(accepted, good), true, good)
  }
  const bad = [
    'Bearer s3cr3t',
    'Bearer S3cr3',
    'Bearer S3cr3tt',
    'Bearer  S3cr3t',
    'Bearer S3cr3t ',
    'Basic S3cr3t',
    'BearerS3cr3t',
    'S3cr3t',
    'Bearer',
    'Bearer ',
    '',
    ' ',
    'Basic DXNLCJPWYXNZ',
    'x'.repeat(100_000),
  ]
  for (const line of bad) assert.equal(accepts(accepted, line), false, line.slice(0, 40))
  assert.equal(accepts(accepted), false)
  assert.equal(accepted.accept(undefined), false)
})

test('takes a token for the bytes that it is in UTF-8, which is how it comes over the wire', () => {
  const accepted = new AcceptedAuthorizations(['Bearer pässwörd'])
  assert.equal(accepts(accepted, Buffer.from('Bearer pässwörd', 'utf8').toString('latin1')), true)
  assert.equal(accepts(accepted, 'Bearer pässwörd'), false)
})

test('one line of several is enough, and every accepted value lets in while it is accepted', () => {
  const accepted = new AcceptedAuthorizations(['Bearer old'])
  assert.equal(accepts(accepted, 'Basic dTpw', 'Bearer old'), true)
  accepted.replace(['Bearer old', 'Bearer new'])
  assert.deepEqual([accepts(accepted, 'Bearer old'), accepts(accepted, 'Bearer new')], [true, true])
  accepted.replace(['Bearer new'])
  assert.deepEqual([accepts(accepted, 'Bearer old'), accepts(accepted, 'Bearer new')], [false, true])
})

test('the last credentials cannot be taken away: that would let everybody in', () => {
  const accepted = new AcceptedAuthorizations(['Bearer only'])
  assert.throws(() => accepted.replace([]), RangeError)
  assert.equal(accepted.required, true)
  assert.equal(accepts(accepted, 'Bearer only'), true)
  const open = new AcceptedAuthorizations([])
  open.replace([])
  assert.equal(open.required, false)
})

for (const strict of [false, true]) {
  test(`lets in who sends one of the accepted values, before it looks at anything else (strict: ${strict})`, async (t) => {
    const authorizations = ['Bearer old-canary', 'Bearer new-canary']
    const gateway = await startGateway(t, { authorizations, maxBodyBytes: 4, strict })
    const as = (...lines: string[]) =>
      post(gateway.url, 'x', { headers: { ...jsonHeaders, Authorization: lines } })

    assert.equal((await as('Bearer old-canary')).status, 200)
    assert.equal((await as('bearer new-canary')).status, 200)
    // A registry with credentials in its URL and an Authorization among its headers sends both lines.
    assert.equal((await as('Basic dTpw', 'Bearer new-canary')).status, 200)

    const refused = [
      await as('Bearer wrong'),
      await as(''),
      await post(gateway.url, 'x'),
      await post(gateway.url, 'a body over the limit'),
      await post(gateway.url, 'x', {
        headers: { 'Content-Type': 'text/plain', Authorization: 'Bearer wrong-canary' },
      }),
      await post(gateway.url, 'x', { headers: { 'Content-Encoding': 'gzip' } }),
    ]
    for (const answer of refused) {
      assert.equal(answer.status, 401)
      assert.equal(answer.headers['www-authenticate'], 'Bearer, Basic realm="registry-relay"')
      assert.doesNotMatch(answer.body, /canary/)
    }
    assert.equal(gateway.sink.writes.length, 3)
    assert.doesNotMatch(gateway.logs.join(''), /canary|wrong/)
  })
}

test('credentials are replaced while the server runs, for connections that are open too', async (t) => {
  const gateway = await startGateway(t, { authorizations: ['Bearer one'] })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const status = async (token: string) => {
    const headers = { ...jsonHeaders, Authorization: `Bearer ${token}` }
    return (await post(gateway.url, 'x', { headers, agent })).status
  }
  assert.deepEqual([await status('one'), await status('two')], [200, 401])
  gateway.server.replaceAuthorizations(['Bearer one', 'Bearer two'])
  assert.deepEqual([await status('one'), await status('two')], [200, 200])
  gateway.server.replaceAuthorizations(['Bearer two'])
  assert.deepEqual([await status('one'), await status('two')], [401, 200])
  assert.throws(() => gateway.server.replaceAuthorizations([]), RangeError)
  assert.deepEqual([await status('one'), await status('two')], [401, 200])
})
