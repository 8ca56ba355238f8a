import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  writeFileSync(join(folder, 'token'), 'Bearer t\n')
  writeFileSync(
    join(folder, 'relay.yaml'),
    'kafka: { brokers: "h:1", tls: { caFile: ca.pem } }\nschemaRegistry: { url: "http://h/" }\ngateway: { authorization: [{ file: token }] }\n',
  )
  const config = loadConfig(join(folder, 'relay.yaml'), {})
  assert.equal(config.gateway.authorization[0]?.reveal(), 'Bearer t')
  assert.deepEqual(config.kafka.tls, {
    caFile: join(folder, 'ca.pem'),
    certificateFile: undefined,
    keyFile: undefined,
  })
})

test('says what to do when there is no such file', () => {
  assert.throws(
    () => loadConfig('nowhere.yaml', {}),
    (error) =>
      isRelayError(error, 'CONFIG_INVALID') && /nowhere\.yaml: there is no such file/.test(error.message),
  )
})
