import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointTelemetry } from '../../../src/http/endpoint-telemetry.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** Every observation of every histogram, by its name. */
function observed(clock: ManualClock): { telemetry: EndpointTelemetry; values: Map<string, number[]> } {
  const values = new Map<string, number[]>()
  const telemetry = new EndpointTelemetry(
    'audit',
    {
      ...noTelemetry.metrics,
      histogram: ({ name }) => ({
        observe(value, labels) {
          assert.deepEqual(labels, { endpoint: 'audit' })
          values.set(name, [...(values.get(name) ?? []), value])
        },
      }),
    },
    clock,
  )
  return { telemetry, values }
}

test('the time of an attempt is observed in seconds', () => {
  const { telemetry, values } = observed(new ManualClock())
  telemetry.latency(250)
  assert.deepEqual(values.get('registry_relay_endpoint_attempt_seconds'), [0.25])
})

test('the age of an event is observed when it leaves the queue, delivered or lost, from its own timestamp', () => {
  const clock = new ManualClock()
  const { telemetry, values } = observed(clock)
  const earlier = new Date(clock.now() - 1_500).toISOString()
  telemetry.egress([{ timestamp: earlier }, { timestamp: earlier.replace('Z', '000000Z') }])
  assert.deepEqual(values.get('registry_relay_endpoint_total_latency_seconds'), [1.5, 1.5])
})

test('an event without a time, or from the future, has no age', () => {
  const clock = new ManualClock()
  const { telemetry, values } = observed(clock)
  telemetry.egress([
    {},
    { timestamp: 'yesterday' },
    { timestamp: new Date(clock.now() + 60_000).toISOString() },
  ])
  assert.equal(values.get('registry_relay_endpoint_total_latency_seconds'), undefined)
})

test('the retries of each event are observed once, whether it was delivered or given up', () => {
  const { telemetry, values } = observed(new ManualClock())
  telemetry.delivered([{}, {}], 0)
  telemetry.lost([{}], new Error('gone'), 10)
  assert.deepEqual(values.get('registry_relay_endpoint_retries_per_event'), [0, 0, 10])
})
