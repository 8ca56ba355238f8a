import assert from 'node:assert/strict'
import { test } from 'node:test'
import type kafkajs from 'kafkajs'
import { systemClock } from '../../../../src/clock.ts'
import { fetchGroupOffsets } from '../../../../src/kafka/kafkajs/group-offsets.ts'

/** An answer without partitions is what a real client gives when a refresh of its metadata comes in between. */
test('a client that has lost sight of the partitions is asked again: the group does not remember nothing', async () => {
  const answers = [
    [],
    [
      { partition: 0, offset: '5', metadata: 'map' },
      { partition: 1, offset: '-1', metadata: null },
    ],
  ]
  const fetchOffsets = async ({ topics = [] }: { topics?: string[] }) => [
    { topic: topics[0] ?? '', partitions: answers.shift() ?? [] },
  ]
  const admin = { fetchOffsets } as unknown as kafkajs.Admin
  assert.deepEqual(
    await fetchGroupOffsets(admin, systemClock, 'group', 'events'),
    new Map([[0, { next: 5n, metadata: 'map' }]]),
  )
  assert.equal(answers.length, 0)
})
