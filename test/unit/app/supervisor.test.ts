import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { RelayError } from '../../../src/errors.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

test('stops the parts in the opposite order of their start, one after another', async () => {
  const supervisor = new Supervisor(noTelemetry.logger)
  const seen: string[] = []
  for (const name of ['kafka', 'sink', 'server']) {
    supervisor.add(name, async () => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
    })
  }
  assert.equal(await supervisor.stop(), true)
  assert.deepEqual(seen, [
    'server begins',
    'server ends',
    'sink begins',
    'sink ends',
    'kafka begins',
    'kafka ends',
  ])
})

test('goes on when a part fails to stop, and says that the stop was not clean', async () => {
  const failures: string[] = []
  const logger = { ...noTelemetry.logger, error: (facts: object) => failures.push(JSON.stringify(facts)) }
  const supervisor = new Supervisor(logger)
  let reached = false
  supervisor.add('first', async () => {
    reached = true
  })
  supervisor.add('second', () => Promise.reject(new Error('stuck')))
  assert.equal(await supervisor.stop(), false)
  assert.equal(reached, true)
  assert.equal(failures.length, 1)
})

test('gives up a part that never stops once the deadline is over', async () => {
  const supervisor = new Supervisor(noTelemetry.logger)
  let reached = false
  supervisor.add('first', async () => {
    reached = true
  })
  supervisor.add('hangs', () => new Promise(() => undefined))
  assert.equal(await supervisor.stop(1), false)
  assert.equal(reached, true)
})

test('stops once, however often it is asked', async () => {
  const supervisor = new Supervisor(noTelemetry.logger)
  let closed = 0
  supervisor.add('part', async () => {
    closed += 1
  })
  assert.deepEqual(await Promise.all([supervisor.stop(), supervisor.stop()]), [true, true])
  assert.equal(closed, 1)
})

test('stops at once a part that comes after the order to stop', async () => {
  const supervisor = new Supervisor(noTelemetry.logger)
  await supervisor.stop()
  let closed = false
  supervisor.add('late', async () => {
    closed = true
  })
  assert.equal(closed, true)
})

test('what may pass by itself makes a stop unclean and is a warning, anything else an error', async () => {
  const { logger, lines } = new CountedTelemetry()
  const supervisor = new Supervisor(logger)
  supervisor.add('kafka', () => Promise.reject(new RelayError('KAFKA_UNAVAILABLE', 'away')))
  supervisor.add('sink', () => Promise.reject(new Error('stuck')))
  assert.equal(await supervisor.stop(), false)
  assert.deepEqual(
    lines
      .filter(({ level }) => level !== 'debug')
      .map(({ level, facts }) => [level, facts['part'], facts['reason']]),
    [
      ['error', 'sink', undefined],
      ['warn', 'kafka', 'away'],
    ],
  )
})
