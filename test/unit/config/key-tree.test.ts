import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configKeys, nodeAt, pathsOf } from '../../../src/config/key-tree.ts'

const keys = configKeys()
const accepts = (path: string): readonly string[] => [...(nodeAt(keys, path.split('.'))?.accepts ?? [])]

test('knows what may stand at each key', () => {
  for (const [path, kinds] of [
    ['kafka.brokers', ['text', 'list']],
    ['kafka.tls', ['switch', 'map']],
    ['kafka.sasl.mechanism', ['choice']],
    ['kafka.sasl.password', ['text', 'secret']],
    ['kafka.sasl.clientSecret', ['text', 'secret']],
    ['gateway.port', ['number']],
    ['gateway.strict', ['switch']],
    ['gateway.credentials', ['list']],
    ['gateway.credentials.0.bearer', ['text', 'secret']],
    ['bridge.endpoints.0.headers.X-Any', ['text', 'secret', 'list']],
    // Read by the rules of registries.
    ['notifications', []],
  ] as const) {
    assert.deepEqual(accepts(path), kinds, path)
  }
  assert.equal(nodeAt(keys, ['gateway', 'prot']), undefined)
})

test('every key whose value may be a secret is known, and no other', () => {
  const secrets = pathsOf(keys)
    .filter((path) => nodeAt(keys, path)?.accepts.has('secret') === true)
    .map((path) => path.join('.'))
  assert.deepEqual(secrets.toSorted(), [
    'gateway.redact.key',
    'kafka.sasl.clientSecret',
    'kafka.sasl.password',
    'schemaRegistry.password',
    'schemaRegistry.token',
  ])
})

test('states a default where the rules do, and which blocks are there without being written', () => {
  assert.equal(nodeAt(keys, ['gateway', 'port'])?.fallback, 8080)
  assert.equal(nodeAt(keys, ['spool', 'segmentBytes'])?.fallback, undefined)
  assert.equal(nodeAt(keys, ['gateway', 'limits'])?.optionalBlock, true)
  assert.equal(nodeAt(keys, ['gateway', 'tls'])?.optionalBlock, false)
})
