import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommittedOffset } from '../../../src/kafka/consumer-port.ts'
import { completedOffsets, completionMap } from '../../../src/topic-bridge/completion-map.ts'
import { type PartitionFacts, partitionStart } from '../../../src/topic-bridge/partition-facts.ts'

const history = { attempts: 3, failures: 2 }
const nothing = new Map()

/** What a group remembers that has `next` and these above it. */
function committed(next: bigint, ...done: readonly bigint[]): CommittedOffset {
  const distances = done.map((offset) => Number(offset - next))
  return { next, metadata: completionMap(next, distances, 4_096) }
}

/** The group confirmed 8; the last commit that was sent said 9 and 12. */
const facts: PartitionFacts = {
  low: 10n,
  done: new Set([12n, 15n]),
  commits: [committed(8n), committed(9n, 12n)],
  histories: new Map([[10n, history]]),
}

test('of a partition that nobody knows, work begins at the first batch', () => {
  assert.deepEqual(partitionStart(undefined, 5n, undefined), { low: 5n, done: new Set(), histories: nothing })
})

test('what the group remembers counts, and not where the first batch begins', () => {
  assert.deepEqual(partitionStart(committed(5n, 7n, 8n), 6n, undefined), {
    low: 5n,
    done: new Set([7n, 8n]),
    histories: nothing,
  })
})

test('metadata that is no map of that offset says nothing', () => {
  const moved = { next: 6n, metadata: committed(5n, 7n).metadata }
  assert.deepEqual(partitionStart(moved, 6n, undefined), { low: 6n, done: new Set(), histories: nothing })
})

for (const [what, last] of [
  ['did not arrive', committed(8n)],
  ['arrived without an answer', committed(9n, 12n)],
] as const) {
  test(`facts outlive a last commit that ${what}`, () => {
    assert.deepEqual(partitionStart(last, last.next, facts), {
      low: 10n,
      done: new Set([12n, 15n]),
      histories: new Map([[10n, history]]),
    })
  })
}

test('what a commit of this bridge told as done, is done, also where the facts leave it off', () => {
  const own = committed(9n, 11n, 14n)
  const { low, done } = partitionStart(own, 9n, { ...facts, commits: [own] })
  assert.deepEqual([low, done], [10n, new Set([11n, 14n, 12n, 15n])])
})

for (const [what, remembered] of [
  ['somebody else who went on', committed(13n, 16n)],
  ['somebody else who did more above the same offset', committed(9n, 12n, 13n)],
  ['somebody else who did less above the same offset, as in a topic that was made anew', committed(9n)],
  ['a set back', committed(7n)],
  ['a topic that was made anew, of which others delivered what this bridge had not', committed(11n, 14n)],
] as const) {
  test(`facts are forgotten after ${what}: what the group remembers counts alone`, () => {
    const { next, metadata } = remembered
    assert.deepEqual(partitionStart(remembered, next, facts), {
      low: next,
      done: new Set(completedOffsets(next, metadata)),
      histories: nothing,
    })
  })
}

test('of a group that remembers nothing nobody can tell, and a repeat does less harm than a gap', () => {
  for (const first of [0n, 8n, 9n]) {
    assert.deepEqual(partitionStart(undefined, first, facts), {
      low: first,
      done: new Set(),
      histories: nothing,
    })
  }
})

test('of a bridge that never sent a commit nothing is believed', () => {
  const { low, done } = partitionStart(committed(8n), 8n, { ...facts, commits: [] })
  assert.deepEqual([low, done], [8n, new Set()])
})
