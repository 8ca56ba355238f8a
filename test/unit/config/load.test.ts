import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'

test('the example configuration is valid as it stands', () => {
  const config = loadConfig('examples/registry-relay.yaml', {})
  assert.equal(config.bridge.endpoints[0]?.name, 'receiver')
  assert.equal(config.topics.replicationFactor, 3)
})

test('what the example configuration has commented out is valid as well, and what it calls a default is one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const text = readFileSync('examples/registry-relay.yaml', 'utf8')
  const blocks = text.slice(text.indexOf('\ngateway:'), text.indexOf('\nmanagement:'))
  // Keys and list items, not sentences.
  const uncommented = blocks.replace(/^( *)# ( *(?:\w+:(?: |$)|- ))/gm, '$1$2')
  const head = 'kafka: { brokers: "h:1" }\nschemaRegistry: { url: "http://h/" }'
  writeFileSync(
    join(folder, 'relay.yaml'),
    `${head}${uncommented.replaceAll(/\{ file: [^}]*\}/g, '{ file: secret }')}`,
  )
  writeFileSync(join(folder, 'secret'), `whsec_${Buffer.alloc(32).toString('base64')}\n`)
  const shown = loadConfig(join(folder, 'relay.yaml'), { ENDPOINT_URL: 'https://h/' })
  writeFileSync(
    join(folder, 'relay.yaml'),
    `${head}\nbridge: { endpoints: [{ name: a, url: "https://h/" }] }\n`,
  )
  const defaults = loadConfig(join(folder, 'relay.yaml'), {})

  assert.deepEqual(shown.gateway.limits, defaults.gateway.limits)
  assert.deepEqual(shown.gateway.duplicates, defaults.gateway.duplicates)
  assert.deepEqual(shown.gateway.quarantine, defaults.gateway.quarantine)
  assert.deepEqual(shown.spool, defaults.spool)
  for (const key of ['ackMode', 'ackBudgetMs', 'maxBodyBytes', 'strict'] as const) {
    assert.equal(shown.gateway[key], defaults.gateway[key])
  }
  assert.equal(shown.gateway.credentials.length, 2)
  assert.equal(shown.gateway.redact.rules[0]?.action, 'hmac')
  assert.deepEqual(shown.gateway.ignore.actions, ['pull'])
  assert.equal(shown.gateway.tls?.clientCaFile, join(folder, 'clients.crt'))

  const [receiver, pasted] = shown.bridge.endpoints
  const [plain] = defaults.bridge.endpoints
  assert.ok(receiver !== undefined && plain !== undefined)
  for (const key of ['timeoutMs', 'concurrency', 'breaker', 'envelope', 'addresses'] as const) {
    assert.deepEqual(receiver[key], plain[key], key)
  }
  assert.deepEqual(receiver.timeouts, { ...plain.timeouts, headersMs: plain.timeoutMs })
  assert.deepEqual(receiver.retry, { ...plain.retry, maxAttempts: 100, maxAgeMs: 86_400_000 })
  // Every key of an endpoint is shown.
  assert.deepEqual(
    Object.entries(receiver).filter(([, value]) => value === undefined),
    [],
  )
  assert.equal(receiver.proxy?.caFile, join(folder, 'proxy.pem'))
  assert.deepEqual([pasted?.name, pasted?.ignore.actions], ['old-listener', ['pull']])
  assert.deepEqual(shown.bridge.remarks, [])
})

test('the variables of docker-compose.yml reach the example configuration', () => {
  const config = loadConfig('examples/registry-relay.yaml', {
    KAFKA_BROKERS: 'kafka:9092',
    KAFKA_REPLICATION_FACTOR: '1',
    SCHEMA_REGISTRY_MODE: 'register',
    GATEWAY_HOST: '0.0.0.0',
  })
  assert.deepEqual(config.kafka.brokers, ['kafka:9092'])
  assert.equal(config.topics.replicationFactor, 1)
  assert.equal(config.schemaRegistry.mode, 'register')
  assert.equal(config.gateway.host, '0.0.0.0')
})

test('paths in the file are relative to the file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'token'), 't0ken\n')
  writeFileSync(
    join(folder, 'relay.yaml'),
    `kafka: { brokers: "h:1", tls: { caFile: ca.pem } }
schemaRegistry: { url: "http://h/" }
gateway:
  credentials: [{ bearer: { file: token } }]
  tls: { certificateFile: gateway.crt, keyFile: /elsewhere/gateway.key }
spool: { folder: data/spool }
bridge:
  endpoints:
    - name: a
      url: https://h/
      headers: { Authorization: { file: token } }
      tls: { caFile: ca.pem }
      proxy: { url: "https://p:1", caFile: /elsewhere/proxy.pem }
`,
  )
  const config = loadConfig(join(folder, 'relay.yaml'), {})
  const [credential] = config.gateway.credentials
  assert.ok(credential !== undefined && 'bearer' in credential)
  assert.equal(credential.bearer.reveal(), 't0ken')
  assert.equal(credential.bearer.file, join(folder, 'token'))
  assert.deepEqual(config.kafka.tls, { caFile: join(folder, 'ca.pem') })
  assert.deepEqual(config.gateway.tls, {
    certificateFile: join(folder, 'gateway.crt'),
    keyFile: '/elsewhere/gateway.key',
  })
  assert.equal(config.spool.folder, join(folder, 'data/spool'))
  const [endpoint] = config.bridge.endpoints
  assert.equal(endpoint?.headers['Authorization']?.[0]?.file, join(folder, 'token'))
  assert.equal(endpoint?.tls?.caFile, join(folder, 'ca.pem'))
  assert.equal(endpoint?.proxy?.caFile, '/elsewhere/proxy.pem')
})

test('says what to do when there is no such file', () => {
  assert.throws(
    () => loadConfig('nowhere.yaml', {}),
    (error) =>
      isRelayError(error, 'CONFIG_INVALID') && /nowhere\.yaml: there is no such file/.test(error.message),
  )
})
