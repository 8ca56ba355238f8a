import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { GatewayMetrics } from '../../../src/gateway/gateway-metrics.ts'
import type { Notification } from '../../../src/gateway/intake.ts'
import { rejectedHeader } from '../../../src/gateway/quarantine.ts'
import { requestRefusals } from '../../../src/gateway/refusal.ts'
import { Batch } from '../../../src/kafka/accumulator/batch.ts'
import type { Entry } from '../../../src/kafka/accumulator/entry.ts'
import { PublisherMetrics } from '../../../src/kafka/publisher-metrics.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { statusFigures, totals } from '../../../src/observability/status-figures.ts'
import { SpoolMetrics } from '../../../src/spool/spool-metrics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { EndpointObserver } from '../../../src/topic-bridge/endpoint-observer.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const openMetrics = (): PrometheusMetrics => new PrometheusMetrics({ version: '1', process: false })

function notification(items: Notification['items'], ignored = 0): Notification {
  const quarantined = items.length
  return { items, typed: 0, verbatim: 0, withoutRepository: 0, misfits: 0, ignored, quarantined }
}

const rejected: Notification['items'] = [
  {
    kind: 'quarantine',
    record: { key: null, value: Buffer.from('x'), headers: { [rejectedHeader.reason]: 'NOT_AN_ENVELOPE' } },
  } as unknown as Notification['items'][number],
]

const wireRecord = { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: '0' }

function batchOf(records: number): Batch {
  const entry = { acceptedAt: 0, bytes: 1 } as Entry
  return new Batch(
    0,
    [entry],
    Array.from({ length: records }, () => wireRecord),
  )
}

test('leaves out what a process does not do', async () => {
  const metrics = openMetrics()
  assert.deepEqual(await statusFigures(metrics), {})
  assert.deepEqual(await totals(metrics), { received: undefined, published: undefined, delivered: undefined })
})

test('finds what the gateway counts', async () => {
  const metrics = openMetrics()
  const gateway = new GatewayMetrics(metrics)
  gateway.requestBegan()
  gateway.notificationRead(notification(rejected, 2))
  gateway.acknowledged(notification(rejected, 2), { duplicates: 5, conflicts: 0 })
  gateway.notificationRead(notification(rejected))
  gateway.refused(notification(rejected), 'SPOOL_FULL')
  gateway.rejected('SPOOL_FULL')
  const { unauthorized, notFound, methodNotAllowed, mediaType, encoded, timeout } = requestRefusals
  for (const { code } of [unauthorized, notFound, methodNotAllowed, mediaType, encoded, timeout]) {
    gateway.rejected(code)
  }
  assert.deepEqual(await statusFigures(metrics), {
    gateway: {
      inFlightRequests: 1,
      received: 4,
      quarantined: 1,
      duplicates: 5,
      filtered: 2,
      refused: 1,
      notLetIn: 5,
    },
  })
  assert.equal((await totals(metrics)).received, 4)
})

test('finds what the spool says of itself', async () => {
  const metrics = openMetrics()
  const spool = new SpoolMetrics(metrics)
  spool.heldBytes.set(10)
  spool.limitBytes.set(100)
  spool.unacked.set(3)
  spool.oldestAge.set(1.5)
  assert.deepEqual(await statusFigures(metrics), {
    spool: { heldBytes: 10, limitBytes: 100, waiting: 3, oldestSeconds: 1.5 },
  })
})

test('finds what publishers count, over all topics', async () => {
  const metrics = openMetrics()
  const [one, two] = ['events', 'rejected'].map((topic) => new PublisherMetrics(metrics, topic))
  one?.confirmed(batchOf(2), 0)
  two?.confirmed(batchOf(1), 0)
  one?.bufferedRecords.set(4)
  two?.bufferedRecords.set(1)
  one?.oldestSeconds.set(2)
  two?.oldestSeconds.set(7)
  assert.deepEqual(await statusFigures(metrics), { kafka: { buffered: 5, oldestSeconds: 7 } })
  assert.equal((await totals(metrics)).published, 3)
})

test('finds what bridges count: for each endpoint, and over all', async () => {
  const metrics = openMetrics()
  const telemetry = { ...noTelemetry, metrics }
  const clock = new ManualClock()
  const states = ['audit', 'search'].map((name) => new EndpointObserver(telemetry, name, clock))
  const [audit, search] = ['audit', 'search'].map(
    (name) => new BridgeObserver(telemetry, clock, name, `r.${name}`),
  )
  states[1]?.opened('ECONNREFUSED')
  audit?.outcome('delivered')
  audit?.outcome('delivered')
  audit?.outcome('filtered')
  search?.outcome('delivered')
  search?.outcome('dead_letter')
  search?.attemptStarted()
  search?.retry({ offset: 1n } as never, 'deliver', 'ECONNREFUSED', 10, 1, new Error('refused'))
  search?.partition({ topic: 'events', partition: 0 }).set(7n, clock.now() - 3_000)
  search?.partition({ topic: 'events', partition: 1 }).set(5n, clock.now() - 9_000)
  audit?.partition({ topic: 'events', partition: 0 }).set(1n, undefined)

  const { bridge } = await statusFigures(metrics)
  assert.deepEqual(bridge, {
    oldestSeconds: 9,
    deadLetters: 1,
    endpoints: [
      {
        name: 'audit',
        state: 'closed',
        inFlight: 0,
        delivered: 2,
        failedAttempts: 0,
        deadLetters: 0,
        filtered: 1,
        lag: 1,
        oldestSeconds: 0,
        groups: ['r.audit'],
        onlyFailures: false,
      },
      {
        name: 'search',
        state: 'open',
        inFlight: 1,
        delivered: 1,
        failedAttempts: 1,
        deadLetters: 1,
        filtered: 0,
        lag: 12,
        oldestSeconds: 9,
        groups: ['r.search'],
        onlyFailures: false,
      },
    ],
  })
  assert.equal((await totals(metrics)).delivered, 3)
})

test('finds that attempts at an endpoint only fail, until one is answered for the event itself', async () => {
  const metrics = openMetrics()
  const telemetry = { ...noTelemetry, metrics }
  const clock = new ManualClock()
  new EndpointObserver(telemetry, 'audit', clock)
  const { delivery } = new BridgeObserver(telemetry, clock, 'audit', 'r.audit')
  const onlyFailures = async (): Promise<boolean | undefined> =>
    (await statusFigures(metrics)).bridge?.endpoints[0]?.onlyFailures
  assert.equal(await onlyFailures(), false)
  delivery.failed(new RelayError('DELIVERY_FAILED', 'ECONNREFUSED'), 1)
  assert.equal(await onlyFailures(), true)
  delivery.failed(new RelayError('DELIVERY_REFUSED', '422', { facts: { status: 422 } }), 1)
  assert.equal(await onlyFailures(), false)
})

test('finds the delay of the event loop where the process is measured', async () => {
  const { eventLoopDelaySeconds } = await statusFigures(new PrometheusMetrics({ version: '1' }))
  assert.equal(typeof eventLoopDelaySeconds, 'number')
})

test('does not show an endpoint that was taken out of the configuration', async () => {
  const metrics = openMetrics()
  const telemetry = { ...noTelemetry, metrics }
  const clock = new ManualClock()
  new BridgeObserver(telemetry, clock, 'audit', 'r.audit')
  new EndpointObserver(telemetry, 'audit', clock).retire()
  assert.deepEqual((await statusFigures(metrics)).bridge?.endpoints, [])
})
