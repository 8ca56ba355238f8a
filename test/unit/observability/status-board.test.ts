import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { ProblemLog } from '../../../src/observability/problem-log.ts'
import { type Readiness, ReadinessWatch } from '../../../src/observability/readiness.ts'
import { StatusBoard } from '../../../src/observability/status-board.ts'
import { type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Bed {
  readonly board: StatusBoard
  readonly clock: ManualClock
  readonly metrics: PrometheusMetrics
  readonly logger: Logger
  looks: number
}

function opened(t: TestContext, ask: () => Readiness = () => ({ ready: true })): Bed {
  const clock = new ManualClock()
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  const problems = new ProblemLog(clock)
  const board = new StatusBoard({
    version: '1.2.3',
    readiness: new ReadinessWatch({ part: ask }, clock),
    metrics,
    problems,
    notificationsUrl: 'http://relay:8080/notifications',
    clock,
    onLook: () => bed.looks++,
  })
  const bed: Bed = { board, clock, metrics, logger: problems.tap(noTelemetry.logger), looks: 0 }
  t.after(() => board.close())
  return bed
}

test('says which version runs since when, and whether it is ready', async (t) => {
  const { board, clock } = opened(t)
  const startedAt = new Date(clock.now()).toISOString()
  await clock.advance(2_000)
  const { at, service, ready, parts } = await board.status()
  assert.equal(at, new Date(clock.now()).toISOString())
  assert.deepEqual(service, { name: 'registry-relay', version: '1.2.3', node: process.version, startedAt })
  assert.equal(ready, true)
  assert.deepEqual(parts, { part: { ready: true } })
})

test('tells where to post to only where notifications are taken', async (t) => {
  const { board, metrics } = opened(t)
  assert.equal((await board.status()).service.notificationsUrl, undefined)
  metrics.counter({ name: 'registry_relay_gateway_events_received_total', help: 'x' })
  assert.equal((await board.status()).service.notificationsUrl, 'http://relay:8080/notifications')
})

test('looks once a second, whether anybody asks or not, and has rates from that', async (t) => {
  const bed = opened(t)
  const received = bed.metrics.counter({ name: 'registry_relay_gateway_events_received_total', help: 'x' })
  bed.board.start()
  await bed.clock.advance(0)
  for (let second = 0; second < 10; second++) {
    received.add(3)
    await bed.clock.advance(1_000)
  }
  assert.equal(bed.looks, 11)
  const { throughput } = await bed.board.status()
  assert.deepEqual(throughput, {
    stepSeconds: 5,
    steps: 60,
    received: { perSecond: 3, total: 30, history: [3, 3] },
  })
})

test('sees when a part failed though nobody asked', async (t) => {
  let part: Readiness = { ready: true }
  const { board, clock } = opened(t, () => part)
  board.start()
  await clock.advance(1_000)
  part = { ready: false, reason: 'away' }
  await clock.advance(1_000)
  const since = new Date(clock.now()).toISOString()
  await clock.advance(60_000)
  assert.equal((await board.status()).parts['part']?.since, since)
})

test('shows the last problem of an endpoint beside it, with a time', async (t) => {
  const { board, clock, metrics, logger } = opened(t)
  const endpoint = 'audit'
  metrics
    .counter({ name: 'registry_relay_bridge_records_total', help: 'x', labels: ['endpoint', 'outcome'] })
    .add(1, { endpoint, outcome: 'delivered' })
  metrics
    .gauge({ name: 'registry_relay_endpoint_state', help: 'x', labels: ['endpoint', 'state'] })
    .set(1, { endpoint, state: 'closed' })
  logger.warn({ endpoint }, 'attempt failed')
  const { bridge, problems } = await board.status()
  assert.equal(problems[0]?.at, new Date(clock.now()).toISOString())
  assert.deepEqual(bridge?.endpoints[0]?.lastProblem, problems[0])
})

test('looks no more after it is closed', async (t) => {
  const bed = opened(t)
  bed.board.start()
  await bed.clock.advance(1_000)
  bed.board.close()
  const { looks } = bed
  await bed.clock.advance(5_000)
  assert.equal(bed.looks, looks)
  assert.equal(bed.clock.pending, 0)
})

test('goes on looking after a look that failed', async (t) => {
  const bed = opened(t)
  const { values } = bed.metrics
  bed.metrics.values = () => Promise.reject(new Error('boom'))
  bed.board.start()
  await bed.clock.advance(0)
  bed.metrics.values = values
  await bed.clock.advance(1_000)
  assert.equal(bed.looks, 1)
})
