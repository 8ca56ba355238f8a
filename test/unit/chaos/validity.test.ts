import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarios } from '../../chaos/scenarios/all.ts'
import { metNobody } from '../../chaos/validity.ts'

test('faults that must leave somebody in doubt prove nothing where nobody was', () => {
  const scenario = { uncertain: ['kafka'] } as const
  assert.equal(metNobody(scenario, 'kafka', { info: 0 }, 0).length, 1)
  assert.deepEqual(metNobody(scenario, 'kafka', { info: 1 }, 0), [])
  assert.deepEqual(metNobody(scenario, 'kafka', { info: 0 }, 1), [])
  assert.deepEqual(metNobody(scenario, 'spool', { info: 0 }, 0), [])
  assert.deepEqual(metNobody({}, 'kafka', { info: 0 }, 0), [])
})

test('every scenario has a name of its own', () => {
  const names = scenarios.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
