import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configKeys } from '../../../src/config/key-tree.ts'
import { parseAll } from '../../../src/config/parse.ts'
import { readSettings } from '../../../src/config/read-settings.ts'
import { Secret } from '../../../src/config/secret.ts'
import { type ShownValue, shownValues } from '../../../src/config/show.ts'
import { minimal } from './parsing.ts'

function shown(
  text: string,
  environment: Record<string, string> = {},
  ...flags: readonly string[]
): ReadonlyMap<string, ShownValue> {
  const readSecret = (path: string): Secret => {
    if (path === 'missing') throw new Error('no such file')
    return new Secret('canary', `/folder/${path}`)
  }
  const settings = readSettings(configKeys(), environment, flags, readSecret)
  const parsed = parseAll(text, { fileName: 'relay.yaml', environment, readSecret, settings })
  const values = shownValues(parsed)
  assert.doesNotMatch(JSON.stringify(values), /canary/)
  return new Map(values.map((value) => [value.path, value]))
}

const full = `${minimal}gateway:
  port: \${PORT:8080}
  publisherId: "\${ID}"
  credentials: [{ bearer: canary }, { username: u, password: { file: pw } }]
bridge:
  endpoints:
    - name: a
      url: https://h/?token=canary&page=2
      headers: { Authorization: canary, X-Team: [canary, canary] }
notifications:
  endpoints:
    - { name: b, url: "http://user:canary@h/", headers: { Authorization: [canary] } }
`

test('says of each value where it comes from', () => {
  const values = shown(full, { ID: 'x', REGISTRY_RELAY_LOGGING__LEVEL: 'warn' }, 'gateway.host=h')
  const sources = (path: string): unknown => [values.get(path)?.value, values.get(path)?.source]
  assert.deepEqual(sources('gateway.port'), [8080, 'relay.yaml:4 ${PORT}'])
  assert.deepEqual(sources('gateway.publisherId'), ['x', 'relay.yaml:5 ${ID}'])
  assert.deepEqual(sources('gateway.host'), ['h', '--set'])
  assert.deepEqual(sources('logging.level'), ['warn', 'REGISTRY_RELAY_LOGGING__LEVEL'])
  assert.deepEqual(sources('kafka.brokers'), [['127.0.0.1:9092'], 'relay.yaml:1'])
  assert.deepEqual(sources('gateway.path'), ['/notifications', 'default'])
  assert.deepEqual(sources('gateway.credentials.1.password'), ['[secret]', 'relay.yaml:6 (file /folder/pw)'])
})

test('shows what defaults come to, also those that are worked out of other keys', () => {
  const values = shown(`${full}spool: { maxBytes: 160000000 }\n`, { ID: 'x' })
  assert.equal(values.get('spool.segmentBytes')?.value, 20_000_000)
  assert.equal(values.get('gateway.quarantine.content')?.value, 'keep')
  assert.equal(values.get('bridge.endpoints.0.timeouts.connectMs')?.value, 5_000)
  assert.equal(values.get('gateway.tls')?.value, null)
  assert.equal(values.get('bridge.endpoints.0.timeouts.connectMs')?.isDefault, true)
})

test('a value that is written counts as changed only where it is not the default', () => {
  const written = `${minimal}topics: { events: registry.events.v1, partitions: 6 }
gateway:
  port: \${PORT}
  credentials: []
  limits: { maxEvents: 10000 }
bridge: { endpoints: [{ name: a, url: "http://h/", timeoutMs: 10000, concurrency: 1, ignore: { actions: [pull] } }] }
`
  const values = shown(written, { PORT: '8080', REGISTRY_RELAY_LOGGING__LEVEL: 'info' }, 'kafka.tls=false')
  assert.deepEqual(
    [...values.values()].filter(({ isDefault }) => !isDefault).map(({ path }) => path),
    [
      'kafka.brokers',
      'topics.partitions',
      'schemaRegistry.url',
      'bridge.endpoints.0.name',
      'bridge.endpoints.0.url',
      'bridge.endpoints.0.concurrency',
      'bridge.endpoints.0.ignore.actions',
    ],
  )
  assert.equal(values.get('gateway.port')?.source, 'relay.yaml:5 ${PORT}')
})

test('masks secrets, all values of headers, and what URLs carry', () => {
  const values = shown(full, { ID: 'x' })
  assert.equal(values.get('gateway.credentials.0.bearer')?.value, '[secret]')
  assert.deepEqual(values.get('bridge.endpoints.0.headers.X-Team')?.value, ['[secret]', '[secret]'])
  assert.equal(values.get('bridge.endpoints.0.url')?.value, 'https://h/…')
  assert.equal(values.get('notifications.endpoints.0.url')?.value, 'http://[secret]@h/')
  assert.deepEqual(values.get('notifications.endpoints.0.headers.Authorization')?.value, ['[secret]'])
})

test('names of files and addresses are no secrets, whatever their keys are called', () => {
  const values = shown(
    `${minimal.replace(' }', ', tls: { keyFile: k, certificateFile: c }, sasl: { mechanism: oauthbearer, tokenUrl: "http://t/", clientId: i, clientSecret: canary } }')}records: { keyPrefix: p }\n`,
  )
  for (const [path, value] of [
    ['kafka.tls.keyFile', 'k'],
    ['kafka.sasl.tokenUrl', 'http://t/'],
    ['kafka.sasl.clientSecret', '[secret]'],
    ['records.keyPrefix', 'p'],
    ['gateway.redact.keyId', '1'],
  ] as const) {
    assert.equal(values.get(path)?.value, value, path)
  }
  // Of two ways to authenticate only the keys of the one that is there.
  assert.equal(values.has('kafka.sasl.password'), false)
})

test('of a wrong configuration it shows what can be read, wrong values as they are written', () => {
  const values = shown(
    `${minimal.replace('"127.0.0.1:9092"', '"${NOBODY}"')}gateway: { port: eighty, prot: 1 }\nschemaRegistri: { password: canary }\nbridge: { endpoints: [{ headers: { A: { file: missing } } }] }\n`,
  )
  assert.equal(values.get('kafka.brokers')?.value, '[cannot be read]')
  assert.equal(values.get('gateway.port')?.value, 'eighty')
  assert.equal(values.get('gateway.prot')?.value, '[secret]')
  assert.equal(values.get('gateway.path')?.value, '/notifications')
  assert.equal(values.get('schemaRegistri')?.value, '[secret]')
  assert.equal(values.get('bridge.endpoints.0.headers.A')?.value, '[cannot be read]')
})

test('of the URL of an endpoint its path is not shown: whoever knows it may post there', () => {
  const values = shown(
    `${minimal}bridge: { endpoints: [{ name: a, url: "https://hooks.example/services/canary" }, { name: b, url: canary }] }
notifications: { endpoints: [{ name: c, url: "https://hooks.example:8443/canary#canary", timeout: 1s }] }
`,
  )
  assert.equal(values.get('bridge.endpoints.0.url')?.value, 'https://hooks.example/…')
  assert.equal(values.get('bridge.endpoints.1.url')?.value, '[secret]')
  assert.equal(values.get('notifications.endpoints.0.url')?.value, 'https://hooks.example:8443/…')
  assert.equal(values.get('notifications.endpoints.0.timeout')?.value, '1s')
})

test('a value under a key that no rule knows is masked, for the key may be that of a secret misspelt', () => {
  for (const key of ['pasword', 'passwort', 'pass', 'accountkey']) {
    const values = shown(minimal.replace(' }', `, sasl: { mechanism: plain, username: u, ${key}: canary } }`))
    assert.equal(values.get(`kafka.sasl.${key}`)?.value, '[secret]')
    assert.equal(values.get('kafka.sasl.username')?.value, 'u')
  }
  const registry = shown(
    `${minimal}notifications: { endpoints: [{ name: a, Headers: { Authorization: [canary] } }], canary }
`,
  )
  assert.equal(registry.get('notifications.endpoints.0.name')?.value, 'a')
  assert.equal(registry.get('notifications.endpoints.0.Headers')?.value, '[secret]')
})

test('a value of the wrong kind is masked where a secret has its place below', () => {
  for (const [block, path] of [
    ['gateway: { credentials: [canary] }', 'gateway.credentials'],
    ['gateway: { credentials: canary }', 'gateway.credentials'],
    ['gateway: { credentials: [canary, { bearer: canary }] }', 'gateway.credentials.0'],
    ['gateway: { credentials: { canary: x } }', 'gateway.credentials'],
    ['bridge: { endpoints: [{ name: a, signing: [canary] }] }', 'bridge.endpoints.0.signing'],
    [
      'bridge: { endpoints: [{ name: a, signing: { secrets: [canary] } }] }',
      'bridge.endpoints.0.signing.secrets',
    ],
    ['bridge: { endpoints: [{ name: a, headers: canary }] }', 'bridge.endpoints.0.headers'],
  ] as const) {
    const { value } =
      shown(`${minimal}${block}
`).get(path) ?? {}
    assert.ok(value === '[secret]' || (Array.isArray(value) && value[0] === '[secret]'), `${block} ${value}`)
  }
})
