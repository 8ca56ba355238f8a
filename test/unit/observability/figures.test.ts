import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Figures } from '../../../src/observability/figures.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

async function read(): Promise<Figures> {
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  const records = metrics.counter({ name: 'records_total', help: 'x', labels: ['endpoint', 'outcome'] })
  records.add(2, { endpoint: 'a', outcome: 'delivered' })
  records.add(1, { endpoint: 'a', outcome: 'filtered' })
  records.add(4, { endpoint: 'b', outcome: 'delivered' })
  const state = metrics.gauge({ name: 'state', help: 'x', labels: ['endpoint', 'state'] })
  state.set(1, { endpoint: 'a', state: 'open' })
  state.set(0, { endpoint: 'a', state: 'closed' })
  metrics.gauge({ name: 'age', help: 'x' }).set(-3)
  metrics.counter({ name: 'unread_total', help: 'x' }).add(1)
  return Figures.read(metrics, ['records_total', 'state', 'age', 'missing'])
}

test('adds up the values whose labels include those asked for', async () => {
  const figures = await read()
  assert.equal(figures.sum('records_total'), 7)
  assert.equal(figures.sum('records_total', { endpoint: 'a' }), 3)
  assert.equal(figures.sum('records_total', { outcome: 'delivered' }), 6)
  assert.equal(figures.sum('records_total', { endpoint: 'b', outcome: 'filtered' }), 0)
})

test('has the greatest of them, and nothing below 0', async () => {
  const figures = await read()
  assert.equal(figures.max('records_total', { endpoint: 'a' }), 2)
  assert.equal(figures.max('age'), 0)
})

test('knows what there is from what nobody counts here', async () => {
  const figures = await read()
  assert.equal(figures.has('records_total'), true)
  assert.equal(figures.has('missing'), false)
  assert.equal(figures.has('unread_total'), false)
  assert.equal(figures.sum('missing'), 0)
})

test('tells which labels hold', async () => {
  assert.deepEqual((await read()).holding('state'), [{ endpoint: 'a', state: 'open' }])
})

test('takes them apart by a label, and leaves out what has no such label', async () => {
  const parts = (await read()).by('endpoint')
  assert.deepEqual([...parts.keys()].toSorted(), ['a', 'b'])
  assert.equal(parts.get('a')?.sum('records_total'), 3)
  assert.equal(parts.get('a')?.has('age'), false)
  assert.equal(parts.get('b')?.has('state'), false)
})
