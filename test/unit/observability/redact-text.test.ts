import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redactText } from '../../../src/observability/redact-text.ts'

test('takes credentials out of texts: URLs, and Authorization values that libraries quote', () => {
  assert.equal(
    redactText('GET https://ci:hunter2@registry:8081/subjects failed'),
    'GET https://[redacted]@registry:8081/subjects failed',
  )
  assert.equal(redactText('header "Bearer abc.def-123" refused'), 'header "Bearer [redacted]" refused')
  assert.equal(redactText('basic dXNlcjpwYXNz'), 'basic [redacted]')
  assert.equal(redactText('mailto a@b.example and 10:20@noon'), 'mailto a@b.example and 10:20@noon')
})

test('a password of a URL may hold what nobody has encoded: all up to the last @ is hidden', () => {
  for (const password of ['p@ss', 'pa/ss', 'p?ss', 'p#ss', "p'ss", 'p:ss', '@', 'p@sha256:ss', '://']) {
    assert.equal(
      redactText(`to https://user:${password}@host:80/x failed`),
      'to https://[redacted]@host:80/x failed',
    )
  }
})

test('the digest of an image is no password', () => {
  const image = 'https://registry.example.com/v2/library/app@sha256:4f1d failed'
  assert.equal(redactText(image), image)
  assert.equal(redactText('oci://u:p@host/app@sha256:4f1d'), 'oci://[redacted]@host/app@sha256:4f1d')
})

test('the path of a file is no URL with a password, and one that stands behind it is', () => {
  const line = 'at send (file:///srv/app/node_modules/@opentelemetry/api/build/index.js:4:2)'
  assert.equal(redactText(line), line)
  assert.equal(redactText('file:///a/@b,https://u:p@h'), 'file:///a/@b,https://[redacted]@h')
})

test('takes out the values of parameters with secret names, with and without a URL before them', () => {
  assert.equal(redactText('GET /a?token=x&page=2'), 'GET /a?token=[redacted]&page=2')
  assert.equal(
    redactText('https://h/cb#access_token=x&state=1'),
    'https://h/cb#access_token=[redacted]&state=1',
  )
  assert.equal(redactText('sasl.password=x; user=ci'), 'sasl.password=[redacted]; user=ci')
  assert.equal(
    redactText('X-Amz-Signature=x,key=y sig=z'),
    'X-Amz-Signature=[redacted],key=[redacted] sig=[redacted]',
  )
  assert.equal(redactText('password="a b" user="c"'), 'password=[redacted] user="c"')
  assert.equal(redactText("secret='a b'"), 'secret=[redacted]')
  assert.equal(redactText('authorization=Bearer abcdef'), 'authorization=[redacted] [redacted]')
  assert.equal(redactText('monkey=1 size=2 token= x=3'), 'monkey=1 size=2 token= x=3')
})

test('cuts what is long, after it is redacted', () => {
  assert.equal(redactText('x'.repeat(9_000)), `${'x'.repeat(8_192)}… (9000 characters)`)
  const cut = redactText(`${'x '.repeat(4_090)}https://user:${'canary'.repeat(20)}@host/`)
  assert.doesNotMatch(cut, /canary/)
  // The @ stands behind all that is read, and what stands before it is taken out.
  const far = redactText(`https://u:${'p'.repeat(65_000)}@h https://user:${'canary'.repeat(1_000)}@host/`)
  assert.doesNotMatch(far, /canary/)
})

test('property: nothing of a password of a URL is shown', () => {
  const password = fc.string({ minLength: 1 }).map((text) => `canary${text.replaceAll(/[\s"]/g, '')}canary`)
  fc.assert(
    fc.property(password, (text) => {
      assert.equal(redactText(`to https://user:${text}@host failed`), 'to https://[redacted]@host failed')
    }),
  )
})

test('what comes out is short, also of text that would make an expression go back and forth', () => {
  const long = 1_048_576
  for (const text of [
    'a.',
    'a://',
    '@sha256:',
    '://@sha256:',
    'file://',
    "token='",
    'a=',
    '!=',
    'basic ',
    'a:',
  ]) {
    const shown = redactText(text.repeat(long / text.length))
    assert.ok(shown.length < 10_000, text)
  }
})
