import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'

test('counts each request once, by the class of its status, and measures it', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  const id = registry.add('subject', '"string"')
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  const telemetry = { ...noTelemetry, metrics }
  const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, timeoutMs: 200, telemetry })
  t.after(() => client.close())

  assert.equal(await client.schemaById(id), '"string"')
  await assert.rejects(client.schemaById(id + 1), { code: 'SCHEMA_UNKNOWN' })
  registry.trouble = (response) => {
    response.writeHead(503).end()
    return true
  }
  await assert.rejects(client.schemaById(id), { code: 'SCHEMA_REGISTRY_UNAVAILABLE' })
  // Says nothing, until the client has had enough.
  registry.trouble = () => true
  await assert.rejects(client.schemaById(id), { code: 'SCHEMA_REGISTRY_UNAVAILABLE' })

  const counts = await metrics.values('registry_relay_schema_registry_requests_total')
  assert.deepEqual(
    counts?.map(({ labels, value }) => [labels['status'], value]),
    [
      ['2xx', 1],
      ['3xx', 0],
      ['4xx', 1],
      ['5xx', 1],
      ['none', 1],
    ],
  )
  assert.match(await metrics.expose(), /^registry_relay_schema_registry_request_seconds_count 4$/m)
})
