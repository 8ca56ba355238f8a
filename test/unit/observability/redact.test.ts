import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RelayError } from '../../../src/errors.ts'
import { redactFacts } from '../../../src/observability/redact.ts'

test('hides the values of secret names at any depth and in any spelling', () => {
  const canary = 'canary-5f1d'
  const facts = {
    password: canary,
    sasl: { mechanism: 'plain', password: canary },
    request: { headers: { Authorization: canary, 'proxy-authorization': canary, cookie: [canary] } },
    actor: { userToken: { jwt: canary } },
    apiKey: canary,
    'client-secret': canary,
  }
  const shown = JSON.stringify(redactFacts(facts))
  assert.doesNotMatch(shown, /canary/)
  assert.match(shown, /"mechanism":"plain"/)
})

test('property: a secret under a secret name is never shown, wherever it stands', () => {
  const name = fc.constantFrom('password', 'Authorization', 'api_key', 'refreshToken', 'clientSecret')
  const branch = fc.array(fc.constantFrom('err', 'config', 'options', 'cause'), { maxLength: 8 })
  fc.assert(
    fc.property(name, branch, (leaf, path) => {
      const facts = path.reduceRight<Record<string, unknown>>((inner, key) => ({ [key]: inner }), {
        [leaf]: 'canary',
      })
      assert.doesNotMatch(JSON.stringify(redactFacts(facts)), /canary/)
    }),
  )
})

test('keeps counts and flags that only sound secret', () => {
  assert.deepEqual(redactFacts({ tokens: 3, hasPassword: true, cookie: null }), {
    tokens: 3,
    hasPassword: true,
    cookie: null,
  })
})

test('shows an error with its code, facts, stack and the chain of causes', () => {
  const cause = new Error('connect to https://u:canary@kafka failed')
  const error = new RelayError('KAFKA_UNAVAILABLE', 'no broker answers', {
    cause,
    facts: { broker: 'kafka:9092', password: 'canary' },
  })
  const { err } = redactFacts({ err: error }) as { err: Record<string, unknown> }
  assert.equal(err['type'], 'RelayError')
  assert.equal(err['code'], 'KAFKA_UNAVAILABLE')
  assert.equal(err['message'], 'no broker answers')
  assert.deepEqual(err['facts'], { broker: 'kafka:9092', password: '[redacted]' })
  assert.match(String(err['stack']), /redact\.test/)
  assert.equal((err['cause'] as { message: string }).message, 'connect to https://[redacted]@kafka failed')
  assert.doesNotMatch(JSON.stringify(err), /canary/)
})

test('survives what cannot be written as JSON: cycles, bigints, functions, deep and wide objects, bytes', () => {
  const loop: Record<string, unknown> = { size: 9_007_199_254_740_993n, run: () => 1 }
  loop['self'] = loop
  const shown = redactFacts({
    loop,
    body: Buffer.from('the body of a notification'),
    wide: Array.from({ length: 1_000 }, (_, index) => index),
    map: new Map([['token', 'canary']]),
    date: new Date(0),
    url: new URL('http://u:canary@host/'),
    long: 'x'.repeat(100_000),
  })
  const text = JSON.stringify(shown)
  assert.doesNotMatch(text, /canary|the body/)
  assert.match(text, /"body":"\[26 bytes\]"/)
  assert.match(text, /1970-01-01/)
  assert.match(text, /9007199254740993/)
  assert.match(text, /1000 items/)
  assert.ok(text.length < 20_000)
})
