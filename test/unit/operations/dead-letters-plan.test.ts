import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fateRecord } from '../../../src/operations/dead-letters-fates.ts'
import { planRedrive, type RedriveTo } from '../../../src/operations/dead-letters-plan.ts'
import { LetterTopic } from './letter-topic.ts'

const to: RedriveTo = { kind: 'endpoint' }
const known = { endpoints: ['hook', 'audit'], topics: ['events', 'pulls'] }

async function reasonOf(bed: LetterTopic, to: RedriveTo): Promise<string> {
  const plan = await planRedrive(bed.where, {}, to, known)
  return plan.kind === 'refused' ? plan.reason : 'none'
}

test('an endpoint or topic that cannot be meant is refused with the names that there are, before anything is read', async () => {
  const bed = new LetterTopic()
  bed.letter({ repository: 'team/a' })
  assert.equal(
    await reasonOf(bed, { kind: 'endpoint', name: 'nosuch' }),
    '--to-endpoint: there is no nosuch; the configuration has hook, audit',
  )
  assert.equal(
    await reasonOf(bed, { kind: 'topic', name: 'dead' }),
    '--to-topic: dead letters lie already in dead; the configuration has events, pulls',
  )
  assert.equal(bed.read, 0)
})

test('letters of an endpoint that is not configured any more are refused with the option that helps', async () => {
  const bed = new LetterTopic()
  bed.letter({ repository: 'team/a', endpoint: 'old' })
  bed.letter({ repository: 'team/b', endpoint: 'hook' })
  assert.equal(
    await reasonOf(bed, { kind: 'endpoint' }),
    'dead letters would go to old; the configuration has hook, audit: choose one with --to-endpoint, or narrow the selection',
  )
  assert.equal(await reasonOf(bed, { kind: 'endpoint', name: 'audit' }), 'none')
})

test('since a time, what was written before is not read, also where records came or went between the questions', async () => {
  const bed = new LetterTopic()
  for (const repository of ['team/a', 'team/b', 'team/c']) bed.letter({ repository })
  const planned = async (since: number): Promise<readonly bigint[]> => {
    const plan = await planRedrive(bed.where, { since }, { kind: 'endpoint' }, known)
    return plan.kind === 'planned' ? plan.letters.map(({ letter }) => letter.id.offset) : []
  }
  assert.deepEqual([await planned(1), bed.read], [[1n, 2n], 2])
  bed.earliest = 2n
  assert.deepEqual([await planned(1), bed.read], [[2n], 3])
  bed.offsetAt = 9n
  assert.deepEqual([await planned(1), bed.read], [[], 3])
})

test('letters that are named are redriven or spoken of, each of them', async () => {
  const bed = new LetterTopic()
  for (const repository of ['team/a', 'team/b', 'team/c']) bed.letter({ repository })
  const letter = { partition: 0, offset: 1n }
  await bed.write(fateRecord('dead', { letter, to: 'endpoint hook', at: 1_700_000_000_000 }, null))
  const ids = [0n, 1n, 2n, 999n, 999n].map((offset) => ({ partition: 0, offset }))
  const plan = await planRedrive(bed.where, { ids, repositories: ['team/a'] }, to, known)
  assert.ok(plan.kind === 'planned')
  assert.deepEqual(
    plan.letters.map(({ letter: { repository } }) => repository),
    ['team/a'],
  )
  assert.deepEqual(plan.remarks, [
    { failure: false, text: '0@1 was redriven to endpoint hook at 2023-11-14T22:13:20.000Z' },
    { failure: true, text: '0@2 is left out by the other options' },
    { failure: true, text: 'there is no dead letter at 0@999 of dead' },
  ])
})

test('an endpoint that nobody knows is spoken of, and one that only a letter knows is not', async () => {
  const bed = new LetterTopic()
  bed.letter({ repository: 'team/a', endpoint: 'old' })
  const filter = { endpoints: ['nobody', 'old', 'audit'], repositories: ['none'] }
  const plan = await planRedrive(bed.where, filter, to, known)
  assert.ok(plan.kind === 'planned')
  assert.deepEqual(plan.remarks, [
    {
      failure: false,
      text: 'no dead letter is of an endpoint nobody, and the configuration has hook, audit',
    },
  ])
})
