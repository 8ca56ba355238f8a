import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planBridgeReload, planGatewayReload } from '../../../src/app/reload-plan.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { Secret } from '../../../src/config/secret.ts'

function configOf(keys: Readonly<Record<string, unknown>> = {}): Config {
  return configSchema.parse({
    kafka: { brokers: 'h:1' },
    schemaRegistry: { url: 'http://h/' },
    ...keys,
  })
}

const endpoints = (...of: readonly object[]) => ({ bridge: { endpoints: of } })

test('of a gateway what handles a body is changed, and what was opened with it waits for a restart', () => {
  const running = configOf()
  const next = configOf({
    kafka: { brokers: 'h:2' },
    records: { traceparent: true, keyPrefix: 'eu/' },
    spool: { folder: 'elsewhere' },
    gateway: {
      port: 1,
      strict: true,
      ackBudgetMs: 700,
      credentials: [{ bearer: 'token' }],
      maxBodyBytes: 1_000_000,
      limits: { maxEvents: 7, lingerMs: 8, maxHeaders: 9 },
      quarantine: { content: 'digest', maxFileBytes: 1 },
    },
    logging: { level: 'debug', format: 'json' },
  })
  const { changes, restart, config } = planGatewayReload(running, next)
  assert.deepEqual(changes.toSorted(), [
    'gateway.ackBudgetMs',
    'gateway.credentials',
    'gateway.limits.lingerMs',
    'gateway.limits.maxHeaders',
    'gateway.quarantine.content',
    'gateway.strict',
    'logging.level',
    'records.traceparent',
  ])
  assert.deepEqual(restart.toSorted(), [
    'gateway.limits.maxEvents',
    'gateway.maxBodyBytes',
    'gateway.port',
    'gateway.quarantine.maxFileBytes',
    'kafka.brokers',
    'logging.format',
    'records.keyPrefix',
    'spool.folder',
  ])
  assert.equal(config.gateway.strict, true)
  assert.equal(config.gateway.port, running.gateway.port)
  // What waits for a restart is named at every reload until it comes.
  const again = planGatewayReload(config, next)
  assert.deepEqual([again.changes, again.restart.toSorted()], [[], restart.toSorted()])
})

test('the last credentials are not taken away while the gateway runs', () => {
  const running = configOf({ gateway: { credentials: [{ bearer: 'token' }] } })
  const { changes, restart, config } = planGatewayReload(running, configOf())
  assert.deepEqual([changes, restart], [[], ['gateway.credentials']])
  assert.equal(config.gateway.credentials.length, 1)
})

test('of a bridge the endpoints are changed; those of a gateway are none of its business, nor the other way', () => {
  const running = configOf(endpoints({ name: 'a', url: 'http://a/' }, { name: 'b', url: 'http://b/' }))
  const next = configOf({
    ...endpoints(
      { name: 'a', url: 'http://a/', headers: { 'X-Key': 'canary' } },
      { name: 'c', url: 'http://c/' },
    ),
    gateway: { strict: true },
  })
  const plan = planBridgeReload(running, next)
  assert.deepEqual(plan.changes, [
    'bridge.endpoints.a.headers.X-Key',
    'bridge.endpoints.b',
    'bridge.endpoints.c',
  ])
  assert.deepEqual(plan.restart, [])
  assert.deepEqual(planGatewayReload(running, next).changes, ['gateway.strict'])
})

test('group, topics and the wait for a schema need a restart of the bridge', () => {
  const next = configOf({ bridge: { group: 'other', unknownSchemaMs: 1 }, topics: { deadLetters: 'other' } })
  const { changes, restart, config } = planBridgeReload(configOf(), next)
  assert.deepEqual(changes, [])
  assert.deepEqual(restart.toSorted(), ['bridge.group', 'bridge.unknownSchemaMs', 'topics.deadLetters'])
  assert.equal(config.bridge.group, 'registry-relay')
})

test('a new content in a file of secrets changes the gateway, and nothing of what follows its files by itself', () => {
  const withSecrets = (text: string): Config => {
    const secret = new Secret(text, '/secret')
    const config = configOf(endpoints({ name: 'a', url: 'http://a/' }))
    return {
      ...config,
      kafka: { ...config.kafka, sasl: { mechanism: 'plain', username: 'u', password: secret } },
      gateway: { ...config.gateway, credentials: [{ bearer: secret }] },
      bridge: {
        ...config.bridge,
        endpoints: config.bridge.endpoints.map((one) => ({ ...one, headers: { 'X-Key': [secret] } })),
      },
    }
  }
  const [one, two] = [withSecrets('canary-1'), withSecrets('canary-2')]
  assert.deepEqual(planGatewayReload(one, two).changes, ['gateway.credentials'])
  assert.deepEqual(planGatewayReload(one, two).restart, [])
  assert.deepEqual(planBridgeReload(one, two).changes, [])
})
