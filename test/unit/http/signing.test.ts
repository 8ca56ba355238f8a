import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { signer } from '../../../src/http/signing.ts'

// The example that the Standard Webhooks project and its libraries share.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const seconds = 1_614_265_330
const body = '{"test": 2432232314}'
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

/** Written from the specification, the other way round than the signer. */
function verifies(header: string, withSecret: string, bytes: Buffer): boolean {
  const key = Buffer.from(withSecret.split('_')[1] ?? '', 'base64')
  const signed = Buffer.concat([Buffer.from(`${id}.${seconds}.`, 'ascii'), bytes])
  const wanted = createHmac('sha256', key).update(signed).digest()
  return header.split(' ').some((one) => {
    const [version, text = ''] = one.split(',')
    return version === 'v1' && Buffer.from(text, 'base64').equals(wanted)
  })
}

test('signs the example of Standard Webhooks as it does', () => {
  assert.equal(signer([secret])(id, seconds, Buffer.from(body)), signature)
})

test('several secrets make several signatures in their order, and each verifies by itself', () => {
  const other = `whsec_${Buffer.alloc(64, 0xfb).toString('base64')}`
  const bytes = Buffer.from('{"events":["ü\u2028"]}', 'utf8')
  const header = signer([other, secret])(id, seconds, bytes)
  assert.match(header, /^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/)
  assert.equal(header.split(' ')[1], signer([secret])(id, seconds, bytes))
  assert.ok(verifies(header, secret, bytes))
  assert.ok(verifies(header, other, bytes))
  assert.ok(!verifies(header, secret, Buffer.concat([bytes, Buffer.from(' ')])))
})

for (const [what, wrong] of [
  ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['another prefix', 'whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['23 bytes', `whsec_${Buffer.alloc(23, 1).toString('base64')}`],
  ['65 bytes', `whsec_${Buffer.alloc(65, 1).toString('base64')}`],
  ['a line break at the end', `${secret}\n`],
  ['what is not base64', 'whsec_MfKQ9r8GKYqrTwjU!PD8ILPZIo2LaLaSw'],
  ['nothing', ''],
] as const) {
  test(`a secret with ${what} is refused, saying how to make one, and is not repeated`, () => {
    assert.throws(
      () => signer([secret, wrong]),
      (error) =>
        isRelayError(error, 'CONFIG_INVALID') &&
        error.message.startsWith('signingSecrets[1]: ') &&
        error.message.includes('openssl rand') &&
        !error.message.includes('MfKQ') &&
        !error.message.includes('AQEB'),
    )
  })
}
