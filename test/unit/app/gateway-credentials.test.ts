import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizationValues, credentialFiles } from '../../../src/app/gateway-credentials.ts'
import { Secret } from '../../../src/config/secret.ts'
import { isRelayError } from '../../../src/errors.ts'

const credentials = [
  { bearer: new Secret('token') },
  { bearer: new Secret('old', '/run/token') },
  { username: 'registry', password: new Secret('pass:wörd') },
  { username: 'other', password: new Secret('old', '/run/password') },
]

test('makes of credentials the header values that senders send', () => {
  assert.deepEqual(authorizationValues(credentials), [
    'Bearer token',
    'Bearer old',
    // base64 of the UTF-8 bytes of registry:pass:wörd and other:old
    'Basic cmVnaXN0cnk6cGFzczp3w7ZyZA==',
    'Basic b3RoZXI6b2xk',
  ])
  assert.deepEqual(authorizationValues([]), [])
})

test('puts in what files say by now, and leaves what stands in the configuration', () => {
  assert.deepEqual(
    credentialFiles(credentials),
    new Map([
      ['/run/token', 'old'],
      ['/run/password', 'old'],
    ]),
  )
  const values = authorizationValues(
    credentials,
    new Map([
      ['/run/token', 'new'],
      ['/run/password', 'new'],
    ]),
  )
  assert.deepEqual([values[0], values[1], values[3]], ['Bearer token', 'Bearer new', 'Basic b3RoZXI6bmV3'])
})

test('a file that by now holds what no sender could send is refused, without being shown', () => {
  for (const text of ['Bearer canary', 'canary\ncanary', ' canary']) {
    assert.throws(
      () => authorizationValues(credentials, new Map([['/run/token', text]])),
      (error) => isRelayError(error, 'CONFIG_INVALID') && !error.message.includes('canary'),
      text,
    )
  }
})
