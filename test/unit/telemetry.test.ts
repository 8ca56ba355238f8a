import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../src/observability/metrics.ts'
import { CounterBy, type Labels } from '../../src/telemetry.ts'

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

test('each value has one object of labels, by which a metric finds it again', () => {
  const seen: (Labels | undefined)[] = []
  const things = new CounterBy({ add: (_n, labels) => seen.push(labels) }, 'kind', ['a'])
  things.add('a')
  things.add('b')
  things.add('b')
  assert.equal(seen[0], seen[1])
  assert.equal(seen[2], seen[3])
})
