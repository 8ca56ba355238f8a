import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { ProblemLog } from '../../../src/observability/problem-log.ts'
import { type Facts, type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function tapped(): { problems: ProblemLog; logger: Logger; clock: ManualClock } {
  const clock = new ManualClock()
  const problems = new ProblemLog(clock)
  return { problems, clock, logger: problems.tap(noTelemetry.logger) }
}

test('keeps warnings and errors, newest first, and nothing of a lower level', async () => {
  const { problems, logger, clock } = tapped()
  logger.debug({}, 'seen')
  logger.info({}, 'begun')
  logger.warn({ component: 'pump', code: 'SPOOL_FULL', reason: 'no room' }, 'one')
  await clock.advance(500)
  logger.error({}, 'two')
  assert.deepEqual(problems.recent, [
    { number: 2, at: '2023-11-14T22:13:20.500Z', level: 'error', component: 'relay', sentence: 'two' },
    {
      number: 1,
      at: '2023-11-14T22:13:20.000Z',
      level: 'warn',
      component: 'pump',
      sentence: 'one',
      reason: 'no room',
      code: 'SPOOL_FULL',
    },
  ])
})

test('a look stays as it was when more happens', () => {
  const { problems, logger } = tapped()
  const before = problems.recent
  logger.warn({}, 'one')
  assert.deepEqual(before, [])
})

test('passes every line on as it was, with its level', () => {
  const lines: [string, Facts, string][] = []
  const note = (level: string) => (facts: Facts, message: string) => void lines.push([level, facts, message])
  const inner: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => inner,
  }
  const logger = new ProblemLog(new ManualClock()).tap(inner).child({ component: 'x' })
  logger.debug({ a: 1 }, 'd')
  logger.info({ a: 2 }, 'i')
  logger.warn({ a: 3 }, 'w')
  logger.error({ a: 4 }, 'e')
  assert.deepEqual(lines, [
    ['debug', { a: 1 }, 'd'],
    ['info', { a: 2 }, 'i'],
    ['warn', { a: 3 }, 'w'],
    ['error', { a: 4 }, 'e'],
  ])
})

test('a line has the facts of all loggers above it', () => {
  const { problems, logger } = tapped()
  logger.child({ component: 'topic-bridge' }).child({ endpoint: 'audit' }).warn({}, 'attempt failed')
  const [problem] = problems.recent
  assert.equal(problem?.component, 'topic-bridge')
  assert.equal(problem?.endpoint, 'audit')
})

test('takes code and reason from the error of the line', () => {
  const { problems, logger } = tapped()
  const err = new RelayError('KAFKA_UNAVAILABLE', 'no broker answers')
  logger.warn({ reason: 'away', err }, 'cannot publish')
  assert.equal(problems.recent[0]?.code, 'KAFKA_UNAVAILABLE')
  assert.equal(problems.recent[0]?.reason, 'no broker answers')
})

test('shows no secret: neither credentials nor the query of a URL', () => {
  const { problems, logger } = tapped()
  const url = 'https://user:hunter2@example.com/hook?token=hunter2&x=1'
  logger.warn({ reason: 'Bearer hunter2hunter2', err: new Error(`${url}: refused`) }, `cannot reach ${url}`)
  logger.error({ reason: 'Authorization: Basic aHVudGVyMg==' }, 'refused')
  const shown = JSON.stringify(problems.recent)
  assert.doesNotMatch(shown, /hunter2|aHVudGVyMg/)
  assert.match(shown, /example\.com\/hook\?… refused/)
})

test('is bounded: 50 lines, each of a length that can be read', () => {
  const { problems, logger } = tapped()
  for (let n = 1; n <= 60; n++) logger.warn({ reason: 'y'.repeat(9_000) }, 'x'.repeat(9_000))
  assert.equal(problems.recent.length, 50)
  assert.equal(problems.recent[0]?.number, 60)
  assert.ok(JSON.stringify(problems.recent).length < 50 * 1_000)
})

test('remembers the last problem of an endpoint, however much others say', () => {
  const { problems, logger } = tapped()
  logger.warn({ endpoint: 'quiet' }, 'first')
  logger.warn({ endpoint: 'quiet' }, 'second')
  for (let n = 0; n < 100; n++) logger.warn({ endpoint: 'loud' }, 'again')
  assert.equal(problems.ofEndpoint('quiet')?.sentence, 'second')
  assert.equal(problems.ofEndpoint('unknown'), undefined)
})

test('of very many endpoints it forgets those that were silent longest', () => {
  const { problems, logger } = tapped()
  for (let n = 0; n < 200; n++) logger.warn({ endpoint: `e${n}` }, 'failed')
  logger.warn({ endpoint: 'e0' }, 'failed')
  logger.warn({ endpoint: 'one more' }, 'failed')
  assert.equal(problems.ofEndpoint('e1'), undefined)
  assert.notEqual(problems.ofEndpoint('e0'), undefined)
})
