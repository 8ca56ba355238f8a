import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../../src/errors.ts'
import {
  type Check,
  type CheckResult,
  failure,
  ok,
  type Seen,
  warning,
} from '../../../../src/operations/doctor/check.ts'
import { runChecks, selectChecks } from '../../../../src/operations/doctor/run-checks.ts'
import { ManualClock, settle } from '../../../support/manual-clock.ts'

function check(
  name: string,
  seen: () => readonly Seen[] | Promise<readonly Seen[]>,
  more: Partial<Check> = {},
): Check {
  return { name, part: 'kafka', otherwise: `no ${name}`, run: async () => seen(), ...more }
}

async function run(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  return runChecks(checks, { clock: new ManualClock(), timeoutMs: 1_000, onResult: () => {} })
}

test('results come in the order of the checks, whichever ends first', async () => {
  const told: string[] = []
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const checks = [
    check('slow', async () => {
      await held
      return [ok('slow')]
    }),
    check('quick', () => {
      release()
      return [ok('quick')]
    }),
  ]
  const results = await runChecks(checks, {
    clock: new ManualClock(),
    timeoutMs: 1_000,
    onResult: ({ name }) => told.push(name),
  })
  assert.deepEqual(told, ['slow', 'quick'])
  assert.deepEqual(
    results.map(({ name }) => name),
    told,
  )
})

test('what needs a check that failed is skipped for the first cause, and so is what needs that', async () => {
  const results = await run([
    check('brokers', () => [failure('down', 'start it')]),
    check('cluster', () => assert.fail('run all the same'), { needs: 'brokers' }),
    check('topics', () => assert.fail('run all the same'), { needs: 'cluster' }),
    check('spool', () => [ok('there')]),
  ])
  assert.deepEqual(
    results.map(({ state, because }) => [state, because]),
    [
      ['error', undefined],
      ['skipped', 'no brokers'],
      ['skipped', 'no brokers'],
      ['ok', undefined],
    ],
  )
})

test('a warning stops nothing that needs the check, and the state of a check is its worst line', async () => {
  const results = await run([
    check('brokers', () => [ok('one'), warning('two', 'start it'), ok('three')]),
    check('cluster', () => [ok('there')], { needs: 'brokers' }),
  ])
  assert.deepEqual(
    results.map(({ state }) => state),
    ['warning', 'ok'],
  )
})

test('a check that waits for others runs after them, also where they failed', async () => {
  const order: string[] = []
  await run([
    check('asked', async () => {
      await settle()
      order.push('asked')
      throw new Error('broken')
    }),
    check(
      'clock',
      () => {
        order.push('clock')
        return []
      },
      { after: ['asked'] },
    ),
  ])
  assert.deepEqual(order, ['asked', 'clock'])
})

test('a check that does not end is an error after its time, with its own words where it has some', async () => {
  const clock = new ManualClock()
  const endless = (): Promise<readonly Seen[]> => new Promise(() => {})
  const running = runChecks(
    [check('mute', endless), check('cluster', endless, { late: failure('says nothing', 'look at it') })],
    { clock, timeoutMs: 1_000, onResult: () => {} },
  )
  await settle()
  await clock.advance(1_000)
  const results = await running
  assert.deepEqual(
    results.map(({ state, seen }) => [state, seen[0]?.text]),
    [
      ['error', 'mute: nothing known after 1 s'],
      ['error', 'says nothing'],
    ],
  )
})

test('what a check throws becomes one line with the advice that the error has, else with that of its code', async () => {
  const advised = new RelayError('KAFKA_CONFIGURATION', 'not\n  let in', {
    facts: { advice: 'Check the password.' },
  })
  const results = await run([
    check('advised', () => Promise.reject(advised)),
    check('coded', () => Promise.reject(new RelayError('SPOOL_FOLDER', 'bad folder'))),
  ])
  const [first, second] = results.map(({ seen }) => seen[0])
  assert.deepEqual(first, failure('not; let in', 'Check the password.'))
  assert.match(String(second?.todo), /mode 0700/)
})

test('a selection brings what it needs and what it waits for, and keeps the order', () => {
  const checks = [
    check('configuration', () => [], { part: 'config' }),
    check('brokers', () => []),
    check('cluster', () => [], { needs: 'brokers' }),
    check('topics', () => [], { needs: 'cluster', part: 'topics' }),
    check('registry', () => [], { part: 'schema' }),
    check('clock', () => [], { part: 'clock', after: ['registry'] }),
  ]
  const names = (...parts: readonly Check['part'][]): readonly string[] =>
    selectChecks(checks, new Set(parts)).map(({ name }) => name)
  assert.deepEqual(names('topics'), ['brokers', 'cluster', 'topics'])
  assert.deepEqual(names('clock'), ['registry', 'clock'])
  assert.equal(selectChecks(checks, undefined), checks)
})
