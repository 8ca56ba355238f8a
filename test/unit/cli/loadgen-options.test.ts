import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type LoadgenCommandOptions,
  loadHeaders,
  loadRequest,
  verification,
} from '../../../src/cli/loadgen-options.ts'
import { DistributionRetries, GitLabRetries } from '../../../src/operations/loadgen-retries.ts'

const options: LoadgenCommandOptions = {
  url: 'http://gateway/',
  as: 'distribution',
  registries: 4,
  repositories: 10,
  patience: 30,
  timeout: 1_000,
  threshold: 10,
  backoff: 1_000,
  maxRetries: 10,
}

test('it looks where there is something to look at, unless it is told where', () => {
  assert.equal(verification({}, false), 'none')
  assert.equal(verification({}, true), 'topic')
  assert.equal(verification({ receiver: { host: 'a', port: 1 } }, true), 'receiver')
  assert.equal(verification({ verify: 'none' }, true), 'none')
  assert.equal(verification({ verify: 'topic' }, false), 'topic')
})

test('a thousand events, unless a time or a number is given', () => {
  assert.equal(loadRequest(options).events, 1_000)
  assert.equal(loadRequest({ ...options, seconds: 5 }).events, undefined)
  assert.equal(loadRequest({ ...options, seconds: 5, events: 7 }).events, 7)
})

test('each kind has its format and its way to retry, and a seed is made up where none is given', () => {
  const request = loadRequest(options, () => 0.5)
  assert.deepEqual([request.profile, request.seed, request.patienceMs], ['distribution-3', 2 ** 30, 30_000])
  assert.ok(request.retries(0) instanceof DistributionRetries)
  const gitlab = loadRequest({ ...options, as: 'gitlab', seed: 0 })
  assert.deepEqual([gitlab.profile, gitlab.seed], ['gitlab', 0])
  assert.ok(gitlab.retries(0) instanceof GitLabRetries)
  assert.equal(loadRequest({ ...options, as: 'distribution-2' }).profile, 'distribution-2')
})

test('a token is a header line as registries are configured with', () => {
  assert.deepEqual(loadHeaders({ token: 't', header: [['X-A', 'b']] }), [
    ['Authorization', 'Bearer t'],
    ['X-A', 'b'],
  ])
  assert.deepEqual(loadHeaders({}), [])
})
