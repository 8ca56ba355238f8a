import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayMetrics } from '../../../src/gateway/gateway-metrics.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

test('every reason for which a body is kept as rejected is there with 0 from the start', async () => {
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  new GatewayMetrics(metrics)
  const values = (await metrics.values('registry_relay_gateway_quarantined_total')) ?? []
  assert.ok(values.every(({ value }) => value === 0))
  assert.deepEqual(values.map(({ labels }) => labels['reason']).toSorted(), [
    'event_invalid',
    'internal',
    'more_than_events',
    'not_an_envelope',
    'not_an_event',
    'record_rejected',
    'too_large',
    'unsupported_encoding',
    'unsupported_media_type',
  ])
})
