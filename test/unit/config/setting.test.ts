import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configKeys } from '../../../src/config/key-tree.ts'
import { type ParsedConfig, parseAll } from '../../../src/config/parse.ts'
import { readSettings } from '../../../src/config/read-settings.ts'
import { Secret } from '../../../src/config/secret.ts'

function parsed(tls: string, environment: Record<string, string>, ...flags: readonly string[]): ParsedConfig {
  const readSecret = (path: string): Secret => new Secret('content', path)
  return parseAll(`kafka: { brokers: "h:1"${tls} }\nschemaRegistry: { url: "http://h/" }\n`, {
    fileName: 'relay.yaml',
    environment,
    readSecret,
    settings: readSettings(configKeys(), environment, flags, readSecret),
  })
}

const caFile = { REGISTRY_RELAY_KAFKA__TLS__CA_FILE: 'ca.pem' }

test('a key that is set below a switch turns the switch on with it, whichever way it stood', () => {
  for (const tls of ['', ', tls: false', ', tls: true']) {
    assert.deepEqual(parsed(tls, {}, 'kafka.tls.caFile=ca.pem').config?.kafka.tls, { caFile: 'ca.pem' })
    assert.deepEqual(parsed(tls, caFile).config?.kafka.tls, { caFile: 'ca.pem' })
  }
  const off = { REGISTRY_RELAY_KAFKA__TLS: 'false' }
  assert.deepEqual(parsed('', off, 'kafka.tls.serverName=x').config?.kafka.tls, { serverName: 'x' })
  assert.deepEqual(parsed('', { ...off, ...caFile }).config?.kafka.tls, { caFile: 'ca.pem' })
})

test('a switch that is set beats the keys of the file and of what was set before', () => {
  const keys = ', tls: { caFile: other.pem }'
  assert.equal(parsed(keys, caFile, 'kafka.tls=false').config?.kafka.tls, false)
  assert.equal(parsed('', {}, 'kafka.tls.caFile=a', 'kafka.tls=true').config?.kafka.tls, true)
  assert.deepEqual(parsed('', {}, 'kafka.tls=false', 'kafka.tls.caFile=a').config?.kafka.tls, { caFile: 'a' })
})

test('what has no keys and is no switch stays, and is said to be wrong', () => {
  const text = parsed(', tls: "on"', {}, 'kafka.tls.caFile=ca.pem')
  assert.equal(text.config, undefined)
  assert.match(text.findings.map(({ message }) => message).join(), /^"kafka\.tls": must be true, false/)
})
