import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupCommit } from '../../../src/spool/group-commit.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

/** Commits that end when the test says so. */
function bed(paceMs: number) {
  const clock = new ManualClock()
  const groups: string[][] = []
  const ends: (() => void)[] = []
  const commit = (contents: readonly Buffer[]): Promise<void> => {
    groups.push(contents.map(String))
    return new Promise((resolve) => ends.push(resolve))
  }
  const group = new GroupCommit(commit, clock, paceMs)
  return {
    clock,
    groups,
    add: (...texts: string[]) => Promise.all(texts.map((text) => group.add(Buffer.from(text)))),
    end: async () => {
      ends.shift()?.()
      await settle()
    },
    group,
  }
}

test('a lone caller is never held back', async () => {
  const { groups, add, end } = bed(5)
  for (const text of ['a', 'b', 'c']) {
    const added = add(text)
    await settle()
    assert.deepEqual(groups.at(-1), [text])
    await end()
    await added
  }
})

test('whoever comes while a commit runs shares the next one', async () => {
  const { groups, add, end } = bed(0)
  const all = [add('a')]
  await settle()
  all.push(add('b', 'c'))
  await end()
  await end()
  await Promise.all(all)
  assert.deepEqual(groups, [['a'], ['b', 'c']])
})

test('where many come and go the next commit waits until three of four are back', async () => {
  const { groups, add, end } = bed(5)
  const first = add('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  await settle()
  await end()
  await first
  void add('a', 'b')
  await settle()
  assert.equal(groups.length, 1)
  void add('c', 'd', 'e', 'f')
  await settle()
  assert.deepEqual(groups.at(-1), ['a', 'b', 'c', 'd', 'e', 'f'])
})

test('it waits no longer than the pace, from the beginning of the last commit', async () => {
  const { clock, groups, add, end } = bed(5)
  const first = add('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  await settle()
  await clock.advance(2)
  await end()
  await first
  void add('a')
  await clock.advance(2)
  assert.equal(groups.length, 1)
  await clock.advance(1)
  assert.deepEqual(groups.at(-1), ['a'])
})

test('the end does not wait for the pace', async () => {
  const { groups, add, end, group } = bed(5)
  const first = add('a', 'b', 'c', 'd')
  await settle()
  await end()
  await first
  const late = add('z')
  await settle()
  assert.equal(groups.length, 1)
  const idle = group.idle()
  await settle()
  assert.deepEqual(groups.at(-1), ['z'])
  await end()
  await Promise.all([late, idle])
})
