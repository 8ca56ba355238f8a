import assert from 'node:assert/strict'
import { totalmem } from 'node:os'
import { test } from 'node:test'
import { memoryLimitBytes } from '../../../src/observability/memory-limit.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

const mebibyte = 1024 ** 2

test('the limit of a container is one', () => {
  assert.equal(memoryLimitBytes(512 * mebibyte, 8_192 * mebibyte), 512 * mebibyte)
})

test('none is what systems say where there is none, and one that the machine does not reach', () => {
  for (const said of [0, 2 ** 64, 2 ** 63 - 4_096, 16_384 * mebibyte]) {
    assert.equal(memoryLimitBytes(said, 8_192 * mebibyte), undefined, String(said))
  }
})

test('this process says what it has: a limit within the machine, or no series', async () => {
  const values = await new PrometheusMetrics({ version: '1' }).values('registry_relay_memory_limit_bytes')
  const limit = memoryLimitBytes()
  assert.deepEqual(
    values?.map(({ value }) => value),
    limit === undefined ? undefined : [limit],
  )
  assert.ok(limit === undefined || limit <= totalmem())
})
