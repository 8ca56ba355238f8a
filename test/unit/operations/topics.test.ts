import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../../src/config/schema.ts'
import { isRelayError } from '../../../src/errors.ts'
import { topicFindings } from '../../../src/kafka/topic-findings.ts'
import type { ClusterState, TopicState } from '../../../src/kafka/topic-state.ts'
import type { TopicSpec } from '../../../src/kafka/topics.ts'
import { createMissingTopics, planTopics, topicSpecsOf } from '../../../src/operations/topics.ts'

const config = configSchema.parse({
  kafka: { brokers: 'kafka:9092' },
  topics: { routes: [{ topic: 'pulls', actions: ['pull'] }] },
  schemaRegistry: { url: 'http://registry:8081' },
})

function stateOf({ partitions, replicationFactor, settings }: TopicSpec): TopicState {
  return { partitions, replicationFactor, settings: new Map(Object.entries(settings)), copies: [] }
}

/** A cluster with the topics of the configuration, but those that are named. */
function clusterWithout(...but: readonly string[]): ClusterState {
  const there = topicSpecsOf(config).filter(({ topic }) => !but.includes(topic))
  return { brokers: 3, topics: new Map(there.map((spec) => [spec.topic, stateOf(spec)])) }
}

test('a plan names every topic of the configuration, and wants nothing where all is well', async () => {
  const plan = await planTopics(config, { describeTopics: async () => clusterWithout() })
  assert.deepEqual(
    plan.topics.map(({ wanted, findings }) => [wanted.topic, findings.length]),
    [
      ['registry.events.v1', 0],
      ['pulls', 0],
      ['registry.events.dlq.v1', 0],
      ['registry.events.rejected.v1', 0],
    ],
  )
  assert.ok(plan.asWanted)
  assert.match(
    plan.remarks.join(),
    /more than 2 MiB .* lets 32 MiB in\) is kept in registry\.events\.rejected\.v1/,
  )
})

test('a plan with a missing topic or a dangerous setting is not as wanted, one with a notice is', async () => {
  const asWanted = async (cluster: ClusterState) =>
    (await planTopics(config, { describeTopics: async () => cluster })).asWanted
  assert.equal(await asWanted(clusterWithout('pulls')), false)
  const changed = (settings: Readonly<Record<string, string>>): ClusterState => {
    const cluster = clusterWithout('pulls')
    const [, pulls] = topicSpecsOf(config) as [TopicSpec, TopicSpec]
    const state = stateOf({ ...pulls, settings: { ...pulls.settings, ...settings } })
    return { ...cluster, topics: new Map([...cluster.topics, ['pulls', state]]) }
  }
  assert.equal(await asWanted(changed({ 'cleanup.policy': 'compact' })), false)
  assert.equal(await asWanted(changed({ 'compression.type': 'gzip' })), true)
})

test('a gateway that takes no larger body than a topic takes needs no remark', async () => {
  const small = { ...config, gateway: { ...config.gateway, maxBodyBytes: 1_000_000 } }
  const { remarks } = await planTopics(small, { describeTopics: async () => clusterWithout() })
  assert.deepEqual(remarks, [])
})

test('the remark on what does not fit names the limits that the topics have, not those they should have', async () => {
  const cluster = clusterWithout()
  const small = (bytes: string): TopicState => ({
    partitions: 12,
    replicationFactor: 3,
    settings: new Map([['max.message.bytes', bytes]]),
    copies: [],
  })
  const remarksWith = async (...changed: readonly (readonly [string, TopicState])[]) =>
    (
      await planTopics(config, {
        describeTopics: async () => ({ ...cluster, topics: new Map([...cluster.topics, ...changed]) }),
      })
    ).remarks
  assert.deepEqual(await remarksWith(['registry.events.v1', small('100')], ['pulls', small('524288')]), [
    'an event of more than 100 bytes (max.message.bytes of registry.events.v1; gateway.maxBodyBytes lets 32 MiB in) is kept in registry.events.rejected.v1 instead',
    'an event of more than 512 KiB (max.message.bytes of pulls; gateway.maxBodyBytes lets 32 MiB in) is kept in registry.events.rejected.v1 instead',
  ])
  const hidden = { ...small('100'), settings: undefined }
  assert.match((await remarksWith(['pulls', hidden])).join(), /2 MiB \(.* of registry\.events\.v1, pulls;/)
  assert.deepEqual(
    await remarksWith(['registry.events.v1', small('33554432')], ['pulls', small('33554432')]),
    [],
  )
})

test('a plan warns of two names that are one to Kafka', async () => {
  const twins = configSchema.parse({
    kafka: { brokers: 'kafka:9092' },
    topics: { routes: [{ topic: 'registry_events.v1', actions: ['pull'] }] },
    schemaRegistry: { url: 'http://registry:8081' },
  })
  const { remarks } = await planTopics(twins, { describeTopics: async () => clusterWithout('pulls') })
  assert.deepEqual(
    remarks.filter((remark) => remark.includes('differ')),
    [
      'registry.events.v1 and registry_events.v1 differ only by . and _: that is one name to Kafka, and it refuses the one that comes later',
    ],
  )
})

test('a gateway writes to other topics than a bridge', () => {
  const names = (roles: Parameters<typeof topicSpecsOf>[1]) =>
    topicSpecsOf(config, roles).map(({ topic }) => topic)
  assert.deepEqual(names(['events', 'route', 'rejected']), [
    'registry.events.v1',
    'pulls',
    'registry.events.rejected.v1',
  ])
  assert.deepEqual(names(['dead-letters']), ['registry.events.dlq.v1'])
})

test('with fewer brokers than copies nothing is created, the reason names both, and it may pass', async () => {
  const admin = {
    planTopics: async (specs: readonly TopicSpec[]) => ({
      created: [],
      existing: [],
      missing: [],
      findings: topicFindings(specs, { brokers: 1, topics: new Map() }),
    }),
    ensureTopics: () => assert.fail('must not be called'),
  }
  await assert.rejects(
    createMissingTopics(config, admin),
    (error) =>
      isRelayError(error, 'KAFKA_UNAVAILABLE') &&
      error.retriable &&
      /registry\.events\.v1 cannot be created with 3 copies \(topics\.replicationFactor\), brokers that answer: 1;/.test(
        error.message,
      ),
  )
})
