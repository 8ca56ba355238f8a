import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndpointFigures, endpointStatus, lagOf } from '../../../src/observability/status-endpoint.ts'

const figures: EndpointFigures = {
  name: 'audit',
  state: 'closed',
  inFlight: 0,
  delivered: 7,
  failedAttempts: 0,
  deadLetters: 0,
  filtered: 0,
  lag: 12,
  oldestSeconds: 3,
  groups: ['relay.audit', 'relay.pulls.audit'],
  onlyFailures: false,
}
const ready = { 'bridge relay.audit': { ready: true }, 'bridge relay.pulls.audit': { ready: true } }
const failing = { ready: true, reason: 'endpoint audit fails: nothing but failures for 61 s (ECONNREFUSED)' }

test('an endpoint with bridges that say nothing works, and its lag is known', () => {
  const { groups: _groups, onlyFailures: _onlyFailures, ...shown } = figures
  assert.deepEqual(endpointStatus(figures, ready, undefined), shown)
  assert.deepEqual(endpointStatus(figures, {}, undefined), shown)
})

test('fails when one of its bridges says so, though its breaker is closed', () => {
  const parts = { ...ready, 'bridge relay.pulls.audit': failing }
  assert.equal(endpointStatus(figures, parts, undefined).state, 'failing')
  assert.equal(endpointStatus({ ...figures, state: 'open' }, parts, undefined).state, 'open')
  assert.equal(
    endpointStatus(figures, { ...ready, 'bridge relay.search': failing }, undefined).state,
    'closed',
  )
})

test('fails when there were only failures, from the first of them', () => {
  assert.equal(endpointStatus({ ...figures, onlyFailures: true }, ready, undefined).state, 'failing')
})

test('a reason that is about the group and not about the endpoint does not make it fail', () => {
  const parts = { ...ready, 'bridge relay.audit': { ready: true, reason: 'the group rebalances' } }
  assert.equal(endpointStatus(figures, parts, undefined).state, 'closed')
})

test('the lag is not known while one of its bridges is no member of its group', () => {
  const parts = { ...ready, 'bridge relay.audit': { ready: false, reason: 'no broker answers' } }
  const away = endpointStatus(figures, parts, undefined)
  assert.equal('lag' in away, false)
  assert.equal(away.state, 'closed')
  const here = endpointStatus(figures, ready, undefined)
  assert.equal(lagOf([here, here]), 24)
  assert.equal(lagOf([here, away]), undefined)
  assert.equal(lagOf([]), 0)
})

test('has the last problem with it, where there is one', () => {
  const problem = {
    number: 1,
    at: '2026-01-01T00:00:00.000Z',
    level: 'warn',
    component: 'x',
    sentence: 'y',
  } as const
  assert.deepEqual(endpointStatus(figures, ready, problem).lastProblem, problem)
})
