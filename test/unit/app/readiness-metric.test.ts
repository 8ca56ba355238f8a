import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showReadiness } from '../../../src/app/readiness-metric.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

test('shows each part as it is at the time of the scrape, and forgets one that is gone', async () => {
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  let ready = true
  const parts: Record<string, () => { ready: boolean }> = {
    gateway: () => ({ ready }),
    broken: () => {
      throw new Error('cannot be asked')
    },
  }
  showReadiness(metrics, parts)
  const shown = async (): Promise<unknown> =>
    (await metrics.values('registry_relay_part_ready'))?.map(({ labels, value }) => [labels['part'], value])
  assert.deepEqual(await shown(), [
    ['gateway', 1],
    ['broken', 0],
  ])
  ready = false
  delete parts['broken']
  parts['bridge'] = () => ({ ready: true })
  assert.deepEqual(await shown(), [
    ['gateway', 0],
    ['bridge', 1],
  ])
})
