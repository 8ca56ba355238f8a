import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disorderAcrossMove } from '../../chaos/order-across-move.ts'
import { fatesOf } from '../../crash/fate.ts'
import type { Operation, TopicRecord } from '../../crash/operation.ts'

const repository = 'team/app'
const operations = ['a', 'b', 'c', 'd'].map(
  (id, i): Operation => ({
    event: { id, sender: 'registry-0', repository, hash: id },
    ...{ invokedAt: i * 10, endedAt: i * 10 + 2, outcome: { type: 'ok', status: 200 } },
  }),
)

/** `0:a` is event a in partition 0, behind what is named before it. */
function broken(...records: readonly string[]): readonly string[] {
  const { byId } = fatesOf(operations)
  const topic = records.map((text, offset): TopicRecord => {
    const [partition, id = ''] = text.split(':')
    return { partition: Number(partition), offset, key: repository, id }
  })
  return disorderAcrossMove(topic, byId).map(({ message }) => message)
}

test('a repository may go on in another partition, whichever comes first by number', () => {
  assert.deepEqual(broken('0:a', '0:b', '7:c', '7:d'), [])
  assert.deepEqual(broken('2:c', '2:d', '5:a', '5:b'), [])
  assert.deepEqual(broken('0:a', '0:b', '0:a', '7:c', '7:d'), [])
})

test('what was written later must not be in the old partition behind what is in the new one', () => {
  assert.deepEqual(broken('0:a', '0:c', '7:b', '7:d'), [`${repository}: number 1 first comes after number 2`])
  assert.deepEqual(broken('0:b', '0:a'), [`${repository}: number 0 first comes after number 1`])
})

test('a repository does not move twice', () => {
  assert.deepEqual(broken('0:a', '7:b', '8:c'), [`${repository} is in 3 partitions`])
})
