import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retriesOfThreshold } from '../../../src/http/threshold-retries.ts'

// What GitLab's registry makes of these, seen by running it.
const rows: readonly (readonly [threshold: number, backoffMs: number, retries: number])[] = [
  [1, 1, 10],
  [1, 10, 10],
  [1, 500, 10],
  [1, 1_000, 10],
  [1, 2_000, 10],
  [1, 3_000, 11],
  [1, 10_000, 17],
  [1, 30_000, 15],
  [1, 60_000, 15],
  [1, 600_000, 6],
  [1, 1_200_000, 1],
  [15, 1_000, 15],
]

for (const [threshold, backoffMs, retries] of rows) {
  test(`a threshold of ${threshold} with a backoff of ${backoffMs} ms is ${retries} retries`, () => {
    assert.equal(retriesOfThreshold(threshold, backoffMs), retries)
  })
}
