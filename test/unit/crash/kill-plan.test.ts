import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { planKills } from '../../crash/kill-plan.ts'
import { type Mode, pointsOf } from '../../crash/points.ts'

const modes: readonly Mode[] = ['spool', 'kafka']

test('thirty kills meet every named point, random moments of the traffic, and the start', () => {
  for (const mode of modes) {
    for (let seed = 0; seed < 100; seed++) {
      const plan = planKills(30, mode, seededRandom(seed))
      assert.equal(plan.length, 30)
      const points = new Set(plan.flatMap((kill) => (kill.kind === 'point' ? [kill.point] : [])))
      assert.deepEqual([...points].toSorted(), pointsOf(mode).toSorted())
      for (const kind of ['traffic', 'start']) assert.ok(plan.some((kill) => kill.kind === kind))
    }
  }
})

test('the same seed gives the same plan, another seed another', () => {
  const plan = (seed: number) => planKills(50, 'spool', seededRandom(seed))
  assert.deepEqual(plan(7), plan(7))
  assert.notDeepEqual(plan(7), plan(8))
})

test('without a spool no point of the spool is waited for', () => {
  assert.deepEqual(
    pointsOf('kafka').filter((point) => /spool|segment/.test(point)),
    [],
  )
})
