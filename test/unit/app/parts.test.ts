import assert from 'node:assert/strict'
import { test } from 'node:test'
import { degradable } from '../../../src/app/parts.ts'

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
