import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { type PlannedChange, planChanges } from './change-plan.ts'

const faultGapMs = 7_000

function plan(seed: number, changes = 200): readonly PlannedChange[] {
  return planChanges({ changes, members: 4, gapMs: [800, 2_000], faultGapMs, random: seededRandom(seed) })
}

test('the same seed makes the same plan, and another one another', () => {
  assert.deepEqual(plan(1), plan(1))
  assert.notDeepEqual(plan(1), plan(2))
})

test('a plan of ten changes holds each kind', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    assert.equal(new Set(plan(seed, 10).map(({ kind }) => kind)).size, 4, `seed ${seed}`)
  }
})

test('two faults are never closer than asked for, and the rest keeps its pace', () => {
  let [now, faultAt] = [0, Number.NEGATIVE_INFINITY]
  for (const { kind, waitMs } of plan(3)) {
    now += waitMs
    if (kind === 'kill' || kind === 'pause') {
      assert.ok(now - faultAt >= faultGapMs, `${now - faultAt} ms`)
      faultAt = now
    } else assert.ok(waitMs >= 800 && waitMs <= 2_000, `${waitMs} ms`)
  }
})

test('there are never fewer than half of the members, nor many more', () => {
  let members = 4
  for (const { kind } of plan(4)) {
    members += kind === 'join' ? 1 : kind === 'pause' ? 0 : -1
    assert.ok(members >= 2 && members <= 5, `${members} members`)
  }
})
