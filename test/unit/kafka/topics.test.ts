import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relayTopics } from '../../../src/kafka/topics.ts'

test('the topics of the relay, with copies and settings that keep what was acknowledged', () => {
  const [events, deadLetters, rejected] = relayTopics({ replicationFactor: 3 })
  assert.deepEqual(events, {
    topic: 'registry.events.v1',
    partitions: 12,
    replicationFactor: 3,
    settings: {
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'false',
      'cleanup.policy': 'delete',
      'retention.ms': '1209600000',
      'compression.type': 'producer',
      'max.message.bytes': '2097152',
      'message.timestamp.type': 'CreateTime',
    },
  })
  assert.equal(deadLetters?.topic, 'registry.events.dlq.v1')
  assert.equal(rejected?.topic, 'registry.events.rejected.v1')
  assert.ok(
    Number(deadLetters?.settings['max.message.bytes']) > 2_097_152,
    'a dead letter is the record and its reason',
  )
})

test('on a single broker one copy is enough to write', () => {
  for (const { replicationFactor, settings } of relayTopics({
    replicationFactor: 1,
    events: 'e',
    partitions: 4,
  })) {
    assert.equal(replicationFactor, 1)
    assert.equal(settings['min.insync.replicas'], '1')
  }
  assert.equal(relayTopics({ replicationFactor: 1, events: 'e', partitions: 4 })[0]?.partitions, 4)
})
