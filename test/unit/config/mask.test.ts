import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSecretName, maskUrls } from '../../../src/config/mask.ts'

test('names that speak of secrets are known in any spelling', () => {
  for (const name of [
    'password',
    'clientSecret',
    'X-Api-Key',
    'Authorization',
    'token',
    'Set-Cookie',
    'key',
    'sig',
    'pass',
    'passwort',
    'AccountKey',
    'accesskey',
  ])
    assert.equal(isSecretName(name), true, name)
  for (const name of ['X-Team', 'username', 'brokers', 'monkey', 'Host'])
    assert.equal(isSecretName(name), false, name)
})

test('user name and password, and parameters that name secrets, are taken out of URLs; the rest stays', () => {
  assert.equal(
    maskUrls('https://u:canary@h:1/p?a=1&token=canary#x'),
    'https://[secret]@h:1/p?a=1&token=[secret]#x',
  )
  assert.equal(maskUrls('http://a/,http://u:canary@b/'), 'http://a/,http://[secret]@b/')
  assert.equal(maskUrls('kafka-1:9092'), 'kafka-1:9092')
  assert.equal(maskUrls('https://h/@me?to=a@b'), 'https://h/@me?to=a@b')
})
