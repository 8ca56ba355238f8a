import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { contentTypeHeader, staticHeaders, webhookIdHeader } from '../../../src/http/request-headers.ts'

test('headers are sent as given, several values as several lines, in order', () => {
  assert.deepEqual(staticHeaders({ Authorization: 'Bearer x', 'X-Team': ['a', 'b'] }), [
    'Authorization',
    'Bearer x',
    'X-Team',
    'a',
    'X-Team',
    'b',
  ])
})

for (const [what, headers] of [
  ['a name that is none', { 'X Team': 'secret' }],
  ['a line break in a value', { 'X-Team': 'secret\r\nHost: elsewhere' }],
  ['the content type, which is the event’s', { 'content-type': 'secret' }],
  ['the length', { 'Content-Length': 'secret' }],
  ['the id of the event', { 'Webhook-Id': 'secret' }],
  ['two hosts', { Host: ['secret', 'secret'] }],
  ['two user agents under two spellings', { 'User-Agent': 'secret', 'user-agent': 'secret' }],
] as const) {
  test(`refuses ${what}, naming it but not its value`, () => {
    assert.throws(
      () => staticHeaders(headers),
      (error) => isRelayError(error, 'CONFIG_INVALID') && !error.message.includes('secret'),
    )
  })
}

test('a media type that cannot stand in a header is replaced, any other is sent as it was', () => {
  const odd = 'Application/JSON ;charset="ü"'
  assert.equal(contentTypeHeader(odd), odd)
  for (const broken of ['', 'a/b\nx', 'a/b\u0000', 'a/日本']) {
    assert.equal(contentTypeHeader(broken), 'application/octet-stream')
  }
})

test('an id that cannot stand in a header is left out', () => {
  assert.equal(webhookIdHeader('0b7c2a52-6f0e'), '0b7c2a52-6f0e')
  for (const broken of [undefined, '', 'a b', 'a\r\nb', 'ü', 'x'.repeat(257)]) {
    assert.equal(webhookIdHeader(broken), undefined)
  }
})
