import assert from 'node:assert/strict'
import { test } from 'node:test'
import { degradable, StartingParts } from '../../../src/app/parts.ts'

test('a part without which the work goes on is always ready, and whatever it has to say is still said', () => {
  const parts = degradable({
    fine: () => ({ ready: true }),
    noted: () => ({ ready: true, reason: 'the schema registry was not reached' }),
    away: () => ({ ready: false, reason: 'no connection to Kafka' }),
  })
  const said = Object.fromEntries(Object.entries(parts).map(([name, ask]) => [name, ask()]))
  assert.deepEqual(said, {
    fine: { ready: true },
    noted: { ready: true, reason: 'the schema registry was not reached' },
    away: { ready: true, reason: 'degraded: no connection to Kafka' },
  })
})

test('until a service has begun it is not ready, and then its parts come and go in the same object', () => {
  const parts = new StartingParts('bridge')
  const { all } = parts
  assert.deepEqual(all['bridge']?.(), { ready: false, reason: 'starting' })
  parts.begun({ one: () => ({ ready: true }), two: () => ({ ready: true }) })
  assert.deepEqual(Object.keys(all), ['one', 'two'])
  parts.begun({ two: () => ({ ready: true }), three: () => ({ ready: true }) })
  assert.deepEqual(Object.keys(all), ['two', 'three'])
})
