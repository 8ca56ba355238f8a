import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingLine } from '../../../src/config/findings.ts'
import { configKeys } from '../../../src/config/key-tree.ts'
import { nearVariables } from '../../../src/config/near-variables.ts'

const near = (environment: Record<string, string>): readonly string[] =>
  nearVariables(configKeys(), environment).map(findingLine)

test('a variable with one underscore between keys, or a letter amiss, is said to set nothing', () => {
  assert.deepEqual(
    near({
      REGISTRY_RELAY_GATEWAY_PORT: '1',
      REGISTRY_RELAY_KAFKA_SASL_PASSWORD: 'x',
      REGISTRY_RELAY_CONFG: 'relay.yaml',
      REGISTRY_RELAY_GATEWAYS: '{}',
    }),
    [
      'REGISTRY_RELAY_CONFG: sets nothing; REGISTRY_RELAY_CONFIG was meant?',
      'REGISTRY_RELAY_GATEWAYS: sets nothing; REGISTRY_RELAY_GATEWAY was meant?',
      'REGISTRY_RELAY_GATEWAY_PORT: sets nothing; REGISTRY_RELAY_GATEWAY__PORT was meant?',
      'REGISTRY_RELAY_KAFKA_SASL_PASSWORD: sets nothing; REGISTRY_RELAY_KAFKA__SASL__PASSWORD was meant?',
    ],
  )
})

test('a block without braces sets nothing, and says how it is given', () => {
  assert.deepEqual(near({ REGISTRY_RELAY_SCHEMA_REGISTRY: 'http://canary/' }), [
    'REGISTRY_RELAY_SCHEMA_REGISTRY: sets nothing: a block is given as keys and values in { }',
  ])
})

test('of what sets something, and of what orchestrators make, nothing is said', () => {
  assert.deepEqual(
    near({
      REGISTRY_RELAY_CONFIG: 'relay.yaml',
      REGISTRY_RELAY_GATEWAY: '{port: 1}',
      REGISTRY_RELAY_GATEWAY__PORT: '1',
      REGISTRY_RELAY_GATEWAY_PORT: 'tcp://10.0.0.1:8080',
      REGISTRY_RELAY_GATEWAY_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      REGISTRY_RELAY_GATEWAY_PORT_8080_TCP_ADDR: '10.0.0.1',
      REGISTRY_RELAY_GATEWAY_SERVICE_HOST: '10.0.0.1',
      REGISTRY_RELAY_GATEWAY_SERVICE_PORT: '8080',
      REGISTRY_RELAY_HOME: '/home/relay',
      GATEWAY_PORT: '1',
    }),
    [],
  )
})
