import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../src/observability/metrics.ts'
import { CounterBy, type Labels, statusClass, traceContext } from '../../src/telemetry.ts'

test('the values that are known are there with 0 from the start, others from their first count', async () => {
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  const counter = metrics.counter({ name: 'things_total', help: 'Things.', labels: ['kind', 'of'] })
  const things = new CounterBy(counter, 'kind', ['a', 'b'], { of: 'x' })
  things.add('a')
  things.add('c', 3)
  const values = await metrics.values('things_total')
  assert.deepEqual(
    values?.map(({ labels, value }) => [labels['kind'], labels['of'], value]),
    [
      ['a', 'x', 1],
      ['b', 'x', 0],
      ['c', 'x', 3],
    ],
  )
})

test('the labels of a value are made once', () => {
  const seen: (Labels | undefined)[] = []
  const things = new CounterBy({ add: (_n, labels) => seen.push(labels) }, 'kind', ['a'])
  things.add('a')
  things.add('b')
  things.add('b')
  assert.equal(seen[0], seen[1])
  assert.equal(seen[2], seen[3])
})

test('a status is counted under its class, and the lack of one as none', () => {
  assert.deepEqual([200, 204, 302, 499, 503, undefined].map(statusClass), [
    '2xx',
    '2xx',
    '3xx',
    '4xx',
    '5xx',
    'none',
  ])
})

test('a tracestate without a traceparent is no trace context', () => {
  assert.equal(traceContext(), undefined)
  assert.equal(traceContext({ tracestate: 'a=b' }), undefined)
  assert.deepEqual(traceContext({ traceparent: 'p' }), { traceparent: 'p' })
  assert.deepEqual(traceContext({ traceparent: 'p', tracestate: undefined }), { traceparent: 'p' })
  assert.deepEqual(traceContext({ traceparent: 'p', tracestate: 'a=b' }), {
    traceparent: 'p',
    tracestate: 'a=b',
  })
})
