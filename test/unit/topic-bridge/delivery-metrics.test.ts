import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { DeliveryMetrics } from '../../../src/topic-bridge/delivery-metrics.ts'
import { RecordingTelemetry } from './bridge-support.ts'

function bed(): { telemetry: RecordingTelemetry; delivery: DeliveryMetrics } {
  const telemetry = new RecordingTelemetry()
  return { telemetry, delivery: new DeliveryMetrics(telemetry.metrics, 'hook') }
}

test('counts an attempt by its status and by what it means', () => {
  const { telemetry, delivery } = bed()
  const failed = (
    code: 'DELIVERY_FAILED' | 'ENDPOINT_MISCONFIGURED' | 'DELIVERY_REFUSED',
    status?: number,
  ): void => delivery.failed(new RelayError(code, 'no', { facts: status === undefined ? {} : { status } }), 5)
  delivery.answered(204, 5)
  failed('DELIVERY_FAILED', 503)
  failed('DELIVERY_FAILED')
  failed('DELIVERY_FAILED', 429)
  failed('ENDPOINT_MISCONFIGURED', 302)
  failed('DELIVERY_REFUSED', 422)
  delivery.failed(new Error('the partition is given back'), 5)
  const counted = [...telemetry.values].filter(
    ([name, value]) => name.includes('attempts_total') && value > 0,
  )
  assert.deepEqual(
    counted.map(([name, value]) => [name.slice(name.indexOf(' ') + 1), value]),
    [
      ['hook 2xx delivered', 1],
      ['hook 3xx misconfigured', 1],
      ['hook 4xx refused', 1],
      ['hook 4xx retry', 1],
      ['hook 5xx retry', 1],
      ['hook none retry', 1],
      ['hook none aborted', 1],
    ],
  )
})

test('says how old an event is when it arrives, since it happened and since it was received', () => {
  const { telemetry, delivery } = bed()
  const arrived = Date.parse('2026-05-06T07:08:19Z')
  delivery.delivered('2026-05-06T09:08:09+02:00', arrived - 4_000, arrived)
  assert.equal(telemetry.values.get('registry_relay_bridge_event_latency_seconds hook'), 10)
  assert.equal(telemetry.values.get('registry_relay_bridge_relay_latency_seconds hook'), 4)
})

test('an event without a time, or with one that means nothing, has no age', () => {
  const { telemetry, delivery } = bed()
  const arrived = Date.parse('2026-05-06T07:08:19Z')
  for (const timestamp of [undefined, '', 'yesterday', '0001-01-01T00:00:00Z', '2026-05-06T08:00:00Z']) {
    delivery.delivered(timestamp, arrived + 1, arrived)
  }
  const ages = [...telemetry.values.keys()].filter((name) => name.includes('latency'))
  assert.deepEqual(ages, [])
})
