import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completionMap } from '../../../src/topic-bridge/completion-map.ts'
import { type PartitionFacts, partitionStart } from '../../../src/topic-bridge/partition-facts.ts'

const history = { attempts: 3, failures: 2 }

function facts(given: Partial<PartitionFacts> = {}): PartitionFacts {
  return {
    low: 10n,
    done: new Set([12n, 15n]),
    confirmed: 8n,
    histories: new Map([[10n, history]]),
    ...given,
  }
}

/** What a group remembers that has `next` and these above it. */
function committed(next: bigint, ...done: readonly bigint[]) {
  const distances = done.map((offset) => Number(offset - next))
  return { next, metadata: completionMap(next, distances, 4_096) }
}

const nothing = new Map()

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

test('facts outlive a last commit that did not arrive', () => {
  assert.deepEqual(partitionStart(committed(8n), 8n, facts()), {
    low: 10n,
    done: new Set([12n, 15n]),
    histories: new Map([[10n, history]]),
  })
})

test('both know something: all of it is done', () => {
  const { low, done } = partitionStart(committed(8n, 9n, 14n), 8n, facts())
  assert.deepEqual([low, done], [10n, new Set([9n, 14n, 12n, 15n])])
})

test('a group that is farther than the facts begins where it is', () => {
  const { low, done } = partitionStart(committed(13n, 16n), 13n, facts())
  assert.deepEqual([low, done.has(16n), done.has(15n)], [13n, true, true])
})

test('a group that was set back gets its events again', () => {
  assert.deepEqual(partitionStart(committed(7n), 7n, facts()), {
    low: 7n,
    done: new Set(),
    histories: nothing,
  })
})

test('without a commit that was confirmed nobody can tell, and a repeat does less harm than a gap', () => {
  assert.deepEqual(partitionStart(committed(8n), 8n, facts({ confirmed: undefined })), {
    low: 8n,
    done: new Set(),
    histories: nothing,
  })
})

test('a group that cannot be asked does not make the facts untrue', () => {
  assert.equal(partitionStart(undefined, 8n, facts()).low, 10n)
  assert.equal(partitionStart(undefined, 9n, facts()).low, 10n)
})

test('a group that remembers nothing and begins earlier than it had confirmed was reset', () => {
  assert.deepEqual(partitionStart(undefined, 0n, facts()), { low: 0n, done: new Set(), histories: nothing })
})

test('a topic that was made anew before anything of it was committed above 0 is not taken for the old one', () => {
  const old = facts({ low: 0n, confirmed: 0n })
  assert.deepEqual(partitionStart(undefined, 0n, old), { low: 0n, done: new Set(), histories: nothing })
  assert.deepEqual(partitionStart(committed(0n), 0n, old).done, new Set([12n, 15n]))
})
