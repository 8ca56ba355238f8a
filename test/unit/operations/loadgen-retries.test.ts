import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistributionRetries, GitLabRetries } from '../../../src/operations/loadgen-retries.ts'

test('Distribution repeats at once up to its threshold, then after each backoff, without end', () => {
  const retries = new DistributionRetries({ threshold: 3, backoffMs: 50 })
  const waits = (): readonly number[] => Array.from({ length: 6 }, () => retries.afterFailure())
  retries.begin()
  // As measured: attempts at 0, 0, 0, 50, 100, 150, 200 ms.
  assert.deepEqual(waits(), [0, 0, 50, 50, 50, 50])
  retries.begin()
  assert.equal(retries.afterFailure(), 0)
})

test('GitLab waits longer each time, give or take half, and drops the event after its last retry', () => {
  const waits = (chance: number): readonly (number | undefined)[] => {
    const retries = new GitLabRetries({ maxRetries: 3, backoffMs: 100 }, () => chance)
    retries.begin(0)
    return Array.from({ length: 4 }, () => retries.afterFailure(0))
  }
  assert.deepEqual(waits(0.5), [100, 150, 225, undefined])
  assert.deepEqual(waits(0), [50, 75, 112.5, undefined])
})

test('GitLab gives up after a quarter of an hour, whatever retries are left', () => {
  const retries = new GitLabRetries({ maxRetries: 100, backoffMs: 1_000 }, () => 0.5)
  retries.begin(0)
  assert.equal(retries.afterFailure(899_500), undefined)
  retries.begin(900_000)
  assert.equal(retries.afterFailure(900_500), 1_000)
})
