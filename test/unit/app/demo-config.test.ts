import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoConfig } from '../../../src/app/demo-config.ts'
import { configSchema } from '../../../src/config/schema.ts'

const demo = demoConfig({
  brokers: ['127.0.0.1:9092'],
  schemaRegistryUrl: 'http://127.0.0.1:8081',
  receiverUrl: 'http://127.0.0.1:8090/',
  deliverTo: undefined,
  spoolFolder: '/tmp/spool',
  gatewayPort: 8080,
  managementPort: 0,
})

test('a bridge with the default group gets every event of the demo: it shares no consumer group with it', () => {
  const { kafka, schemaRegistry, bridge } = demo
  const own = configSchema.parse({
    ...{ kafka: { brokers: kafka.brokers }, schemaRegistry: { url: schemaRegistry.urls } },
    bridge: { endpoints: [{ name: 'receiver', url: 'http://127.0.0.1:9000/' }] },
  })
  assert.notEqual(bridge?.group, own.bridge?.group)
})
