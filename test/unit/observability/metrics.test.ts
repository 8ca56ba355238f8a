import assert from 'node:assert/strict'
import perfHooks from 'node:perf_hooks'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

const options = { version: '1.2.3', process: false }

test('counts, sets and observes under the names and labels given', async () => {
  const metrics = new PrometheusMetrics(options)
  const counter = metrics.counter({ name: 'relay_things_total', help: 'Things.', labels: ['code'] })
  counter.add(1, { code: '200' })
  counter.add(2, { code: '200' })
  counter.add(undefined, { code: '503' })
  metrics.gauge({ name: 'relay_waiting', help: 'Waiting.' }).set(7)
  const histogram = metrics.histogram({ name: 'relay_seconds', help: 'Seconds.', buckets: [0.1, 1] })
  histogram.observe(0.05)
  histogram.observe(5)

  const text = await metrics.expose()
  assert.match(text, /^relay_things_total\{code="200"\} 3$/m)
  assert.match(text, /^relay_things_total\{code="503"\} 1$/m)
  assert.match(text, /^relay_waiting 7$/m)
  assert.match(text, /^relay_seconds_bucket\{le="0.1"\} 1$/m)
  assert.match(text, /^relay_seconds_bucket\{le="\+Inf"\} 2$/m)
  assert.match(text, /^# TYPE relay_things_total counter$/m)
})

test('a gauge gives no value for labels that were removed, until it is set again', async () => {
  const metrics = new PrometheusMetrics(options)
  const gauge = metrics.gauge({ name: 'relay_lag', help: 'Lag.', labels: ['topic', 'partition'] })
  const labels = { topic: 'events', partition: '0' }
  gauge.set(7, labels)
  gauge.set(5, { topic: 'events', partition: '1' })
  gauge.remove({ ...labels })
  gauge.remove({ topic: 'events', partition: '2' })
  assert.deepEqual(await metrics.values('relay_lag'), [
    { labels: { topic: 'events', partition: '1' }, value: 5 },
  ])
  gauge.set(8, labels)
  assert.match(await metrics.expose(), /^relay_lag\{topic="events",partition="0"\} 8$/m)
})

test('asking twice for one name gives the same metric', async () => {
  const metrics = new PrometheusMetrics(options)
  const spec = { name: 'relay_things_total', help: 'Things.' }
  metrics.counter(spec).add()
  metrics.counter(spec).add()
  assert.match(await metrics.expose(), /^relay_things_total 2$/m)
})

test('the same name for another kind or with other labels is an error that says both', () => {
  const metrics = new PrometheusMetrics(options)
  metrics.counter({ name: 'relay_things_total', help: 'Things.', labels: ['code'] })
  assert.throws(
    () => metrics.gauge({ name: 'relay_things_total', help: 'Things.', labels: ['code'] }),
    /is a counter with labels \[code\], asked for as a gauge/,
  )
  assert.throws(
    () => metrics.counter({ name: 'relay_things_total', help: 'Things.' }),
    /asked for as a counter with labels \[\]/,
  )
})

test('two instances do not see each other', async () => {
  const one = new PrometheusMetrics(options)
  const other = new PrometheusMetrics(options)
  one.counter({ name: 'relay_things_total', help: 'Things.' }).add()
  assert.doesNotMatch(await other.expose(), /relay_things_total/)
})

test("the client's own monitor of the event loop, which nobody reads, hardly ever wakes", (t) => {
  const { mock } = t.mock.method(perfHooks, 'monitorEventLoopDelay')
  new PrometheusMetrics({ version: '1.2.3' })
  const resolutions = mock.calls.map(({ arguments: [options] }) => options?.resolution ?? 0)
  assert.equal(resolutions.length, 1)
  assert.ok(
    resolutions.every((ms) => ms >= 60_000),
    String(resolutions),
  )
})

test('says which version runs, and how the process is', async () => {
  const text = await new PrometheusMetrics({ version: '1.2.3' }).expose()
  assert.match(
    text,
    new RegExp(`^registry_relay_build_info\\{version="1.2.3",node="${process.version}"\\} 1$`, 'm'),
  )
  assert.match(text, /^registry_relay_event_loop_delay_seconds\{stat="p99"\} /m)
  assert.doesNotMatch(text, /^nodejs_eventloop_lag/m)
  assert.match(text, /^process_resident_memory_bytes /m)
})
