import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFreeHeader, relayHeaders } from '../../../src/config/relay-headers.ts'
import { reserved, staticHeaders } from '../../../src/http/request-headers.ts'

test('the headers that a request is refused with are those that the configuration refuses, and no other', () => {
  assert.deepEqual(relayHeaders, [...reserved])
  for (const name of relayHeaders)
    assert.throws(() => staticHeaders({ [name]: 'x' }), /is set by the relay itself/)
})

test('the case of letters does not matter, and other headers are free', () => {
  assert.equal(isFreeHeader('CONTENT-Type'), false)
  for (const name of ['User-Agent', 'Host', 'Authorization', 'X-Webhook-Id'])
    assert.equal(isFreeHeader(name), true)
})
