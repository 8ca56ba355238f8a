import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, type ReplayPlan, readPlan, writePlan } from '../../../src/operations/replay-plan.ts'

const plan: ReplayPlan = {
  topic: 'events',
  target: { name: 'hook' },
  from: { text: '2h', moment: { kind: 'time', ms: 1_000 } },
  to: { text: 'latest', moment: { kind: 'latest' } },
  repositories: ['team/**', 'é'],
  actions: ['push'],
}

test('a plan comes back as it was written', () => {
  const offsets: ReplayPlan = {
    ...plan,
    target: { host: 'h:1', sha256: 'ab' },
    partition: 3,
    from: { text: 'offset 5', moment: { kind: 'offset', offset: 2n ** 60n } },
    to: { text: 'earliest', moment: { kind: 'earliest' } },
  }
  for (const one of [plan, offsets]) assert.deepEqual(readPlan(writePlan(one)), one)
})

test('what is no plan, or is one of another version, is not read', () => {
  for (const text of ['', '{', '{"v":2}', writePlan(plan).replace('"time 1000"', '"noon"')]) {
    assert.equal(readPlan(text), undefined, text)
  }
})

test('what was not asked for is as planned, and so is the same in other words', () => {
  assert.deepEqual(differences(plan, {}), [])
  assert.deepEqual(differences(plan, plan), [])
  assert.deepEqual(
    differences(plan, {
      from: { text: '1970-01-01T00:00:01Z', moment: { kind: 'time', ms: 1_000 } },
      repositories: ['é', 'team/**', 'é'],
    }),
    [],
  )
})

test('a time ago is the same replay at a later start', () => {
  const later = { text: '2h', moment: { kind: 'time', ms: 9_000 } } as const
  assert.deepEqual(differences(plan, { from: later }), [])
})

test('every option that differs is named with both values', () => {
  const asked: ReplayPlan = {
    topic: 'pulls',
    target: { host: 'h:1', sha256: '0123456789abcdef' },
    from: { text: '3h', moment: { kind: 'time', ms: 0 } },
    to: { text: '1h', moment: { kind: 'time', ms: 5 } },
    partition: 1,
    repositories: [],
    actions: ['pull'],
  }
  assert.deepEqual(differences(plan, asked), [
    '--topic was events, now pulls',
    '--to-endpoint was hook, now h:1 (URL with SHA-256 0123456789ab)',
    '--from was 2h, now 3h',
    '--to was latest, now 1h',
    '--partition was all, now 1',
    '--repository was team/**, é, now all',
    '--action was push, now pull',
  ])
})
