import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minInSync, relayTopics } from '../../../src/kafka/topics.ts'

test('the topics of the relay, with copies and settings that keep what was acknowledged', () => {
  const [events, deadLetters, rejected] = relayTopics({ replicationFactor: 3 })
  assert.deepEqual(events, {
    topic: 'registry.events.v1',
    role: 'events',
    partitions: 12,
    replicationFactor: 3,
    settings: {
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'false',
      'cleanup.policy': 'delete',
      'retention.ms': '1209600000',
      'retention.bytes': '-1',
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

test('the topic of a route is made like the one of events, once, however many routes lead there', () => {
  const routes = ['pulls', 'e', 'blobs', 'pulls'].map((topic) => ({ topic }))
  const specs = relayTopics({ replicationFactor: 3, events: 'e', partitions: 5, routes })
  assert.deepEqual(
    specs.map(({ topic, role }) => [topic, role]),
    [
      ['e', 'events'],
      ['pulls', 'route'],
      ['blobs', 'route'],
      ['registry.events.dlq.v1', 'dead-letters'],
      ['registry.events.rejected.v1', 'rejected'],
    ],
  )
  const [events, pulls] = specs
  assert.deepEqual({ ...pulls, topic: 'e', role: 'events' }, events)
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

test('with two copies and more, what is acknowledged is on two brokers at least', () => {
  assert.deepEqual([1, 2, 3, 4, 5].map(minInSync), [1, 2, 2, 3, 4])
})
