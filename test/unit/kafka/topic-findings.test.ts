import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicFindings } from '../../../src/kafka/topic-findings.ts'
import type { PartitionCopies, TopicFinding, TopicState } from '../../../src/kafka/topic-state.ts'
import { relayTopics, type TopicSpec } from '../../../src/kafka/topics.ts'

const specs = relayTopics({ replicationFactor: 3, routes: [{ topic: 'pulls' }] })
const [events, route, deadLetters, rejected] = specs as [TopicSpec, TopicSpec, TopicSpec, TopicSpec]

/** A topic just as it is wanted, but for what is given. */
function state(
  { partitions, replicationFactor, settings }: TopicSpec,
  but: Partial<Omit<TopicState, 'settings'>> & { settings?: Readonly<Record<string, string>> } = {},
): TopicState {
  // As Kafka 4 answers: its own defaults are among the settings.
  const ofKafka = { 'message.timestamp.before.max.ms': '9223372036854775807', 'retention.bytes': '-1' }
  return {
    partitions,
    replicationFactor,
    copies: [],
    ...but,
    settings: new Map(Object.entries({ ...ofKafka, ...settings, ...but.settings })),
  }
}

function findingsOf(spec: TopicSpec, found: TopicState, brokers = 3): readonly TopicFinding[] {
  return topicFindings([spec], { brokers, topics: new Map([[spec.topic, found]]) })
}

/** `severity setting found -> wanted` of each. */
function brief(findings: readonly TopicFinding[]): readonly string[] {
  return findings.map(
    ({ severity, setting, found, wanted }) => `${severity} ${setting} ${found} -> ${wanted}`,
  )
}

test('topics that are as wanted, or better, make no finding', () => {
  const topics = new Map(specs.map((spec) => [spec.topic, state(spec)]))
  assert.deepEqual(topicFindings(specs, { brokers: 3, topics }), [])
  const better = { 'retention.ms': '-1', 'max.message.bytes': '20971520', 'min.insync.replicas': '3' }
  assert.deepEqual(findingsOf(events, state(events, { replicationFactor: 5, settings: better }), 5), [])
})

test('one setting that is wrong makes one finding, with its severity and the value to set', () => {
  const largest = '9223372036854775807'
  const cases: readonly (readonly [string, string, string])[] = [
    ['min.insync.replicas', '1', 'danger min.insync.replicas 1 -> 2'],
    ['min.insync.replicas', '3', 'danger min.insync.replicas 3 -> 2'],
    ['min.insync.replicas', '4', 'danger min.insync.replicas 4 -> 2'],
    ['unclean.leader.election.enable', 'true', 'danger unclean.leader.election.enable true -> false'],
    ['cleanup.policy', 'compact', 'danger cleanup.policy compact -> delete'],
    ['cleanup.policy', 'compact,delete', 'danger cleanup.policy compact,delete -> delete'],
    ['retention.ms', '3600000', 'danger retention.ms 3600000 -> 1209600000'],
    ['retention.ms', '604800000', 'notice retention.ms 604800000 -> 1209600000'],
    ['retention.bytes', '1048576', 'danger retention.bytes 1048576 -> -1'],
    ['retention.bytes', '107374182400', 'notice retention.bytes 107374182400 -> -1'],
    ['max.message.bytes', '1048588', 'notice max.message.bytes 1048588 -> 2097152'],
    ['max.message.bytes', '1048575', 'danger max.message.bytes 1048575 -> 2097152'],
    ['message.timestamp.type', 'LogAppendTime', 'notice message.timestamp.type LogAppendTime -> CreateTime'],
    [
      'message.timestamp.before.max.ms',
      '3600000',
      `danger message.timestamp.before.max.ms 3600000 -> ${largest}`,
    ],
    [
      'message.timestamp.difference.max.ms',
      '3600000',
      `danger message.timestamp.difference.max.ms 3600000 -> ${largest}`,
    ],
    ['message.timestamp.after.max.ms', '1000', 'danger message.timestamp.after.max.ms 1000 -> 3600000'],
    ['message.timestamp.after.max.ms', '600000', 'notice message.timestamp.after.max.ms 600000 -> 3600000'],
    ['compression.type', 'gzip', 'notice compression.type gzip -> producer'],
  ]
  for (const [name, value, expected] of cases) {
    const findings = findingsOf(events, state(events, { settings: { [name]: value } }))
    assert.deepEqual(brief(findings), [expected])
    assert.ok(findings.every(({ why, action }) => why !== '' && action !== ''))
  }
})

test('a topic of events that takes small records only is dangerous, and the size that is named is the one it takes', () => {
  for (const spec of [events, route]) {
    const [finding] = findingsOf(spec, state(spec, { settings: { 'max.message.bytes': '100' } }))
    assert.equal(finding?.severity, 'danger')
    assert.match(finding?.why ?? '', /more than 100 bytes is not published/)
  }
  const [sideways] = findingsOf(rejected, state(rejected, { settings: { 'max.message.bytes': '100' } }))
  assert.equal(sideways?.severity, 'notice')
})

test('no time of a record is too old or too new where the broker stamps it', () => {
  const settings = { 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1000' }
  assert.deepEqual(brief(findingsOf(events, state(events, { settings }))), [
    'notice message.timestamp.type LogAppendTime -> CreateTime',
  ])
})

test('partitions matter where order does: more than configured may have been added later', () => {
  assert.deepEqual(brief(findingsOf(events, state(events, { partitions: 24 }))), [
    'danger partitions 24 -> 12',
  ])
  assert.deepEqual(brief(findingsOf(route, state(route, { partitions: 6 }))), ['notice partitions 6 -> 12'])
  assert.deepEqual(findingsOf(deadLetters, state(deadLetters, { partitions: 24 })), [])
})

test('one copy is a danger where there could be more, and worth knowing where there could not', () => {
  const one = state(events, { replicationFactor: 1, settings: { 'min.insync.replicas': '1' } })
  assert.deepEqual(brief(findingsOf(events, one, 3)), ['danger replicationFactor 1 -> 3'])
  assert.deepEqual(brief(findingsOf(events, one, 1)), ['notice replicationFactor 1 -> 3'])
  const single = relayTopics({ replicationFactor: 1 })[0] as TopicSpec
  assert.deepEqual(findingsOf(single, state(single), 1), [])
  assert.deepEqual(brief(findingsOf(single, state(single), 2)), ['danger replicationFactor 1 -> 2'])
})

test('with two copies there is no good number of replicas in sync: one could lose events, two cannot spare a broker', () => {
  const two = (count: string): TopicState =>
    state(events, { replicationFactor: 2, settings: { 'min.insync.replicas': count } })
  assert.deepEqual(brief(findingsOf(events, two('1'))), [
    'danger min.insync.replicas 1 -> 2',
    'notice replicationFactor 2 -> 3',
  ])
  assert.deepEqual(brief(findingsOf(events, two('2'))), [
    'notice replicationFactor 2 -> 3',
    'notice min.insync.replicas 2 -> 2',
  ])
})

test('an unclean election takes nothing away where there is one copy', () => {
  const single = relayTopics({ replicationFactor: 1 })[0] as TopicSpec
  const settings = { 'unclean.leader.election.enable': 'true' }
  assert.deepEqual(brief(findingsOf(single, state(single, { settings }), 1)), [
    'notice unclean.leader.election.enable true -> false',
  ])
})

test('dead letters and what was rejected must hold what the topics of events take', () => {
  const topics = new Map(
    specs.map((spec) => {
      const roomy = spec.role === 'route' ? { settings: { 'max.message.bytes': '4194304' } } : {}
      return [spec.topic, state(spec, roomy)]
    }),
  )
  const findings = topicFindings(specs, { brokers: 3, topics })
  assert.deepEqual(
    findings.map(({ topic, severity, wanted }) => [topic, severity, wanted]),
    [
      [deadLetters.topic, 'danger', String(4_194_304 + 65_536)],
      [rejected.topic, 'notice', String(4_194_304 + 65_536)],
    ],
  )
})

test('a topic that is missing is a finding, and so is that there are too few brokers to create it', () => {
  const none = new Map()
  assert.deepEqual(brief(topicFindings([events], { brokers: 3, topics: none })), [
    'danger topic missing -> there',
  ])
  assert.deepEqual(brief(topicFindings([events], { brokers: 1, topics: none })), [
    'danger topic missing -> there',
    'danger brokers 1 -> 3',
  ])
})

test('settings that may not be seen are said to be unknown, and the rest is compared', () => {
  const hidden = { partitions: 24, replicationFactor: 3, settings: undefined, copies: [] }
  assert.deepEqual(brief(findingsOf(events, hidden)), [
    'danger partitions 24 -> 12',
    'notice settings not permitted to see -> visible',
  ])
})

/** A partition of three copies. */
const copiesOf = (partition: number, inSync: number, hasLeader = true): PartitionCopies => ({
  ...{ partition, inSync, hasLeader, copies: 3 },
})
const copiesFindings = (...copies: readonly PartitionCopies[]): readonly string[] =>
  brief(findingsOf(events, state(events, { copies })))

test('partitions without a leader are a danger, and so are those with fewer copies in sync than must be', () => {
  assert.deepEqual(copiesFindings(copiesOf(0, 3), copiesOf(1, 0, false), copiesOf(2, 0, false)), [
    'danger leaders none in partitions 1, 2 -> one in each',
  ])
  assert.deepEqual(copiesFindings(copiesOf(0, 2), copiesOf(1, 1), copiesOf(2, 3)), [
    'danger inSync 1 of 3 copies in partition 1 -> at least 2',
  ])
})

test('copies that are behind and not needed yet are a notice, and with all in sync there is nothing to say', () => {
  assert.deepEqual(copiesFindings(copiesOf(0, 3), copiesOf(1, 2)), [
    'notice inSync 2 of 3 copies in partition 1 -> 3',
  ])
  const many = Array.from({ length: 12 }, (_, partition) => copiesOf(partition, 2))
  assert.deepEqual(copiesFindings(...many), [
    'notice inSync 2 of 3 copies in partitions 0, 1, 2, 3, 4 and 7 more -> 3',
  ])
  assert.deepEqual(copiesFindings(copiesOf(0, 3), copiesOf(1, 3)), [])
})

test('findings come in the order of the topics, the dangerous first', () => {
  const wrong = { 'max.message.bytes': '1048588', 'cleanup.policy': 'compact', 'compression.type': 'gzip' }
  const topics = new Map([
    [events.topic, state(events, { settings: wrong })],
    [route.topic, state(route, { settings: wrong })],
  ])
  assert.deepEqual(
    topicFindings([events, route], { brokers: 3, topics }).map(({ topic, setting }) => `${topic} ${setting}`),
    [events.topic, route.topic].flatMap((topic) => [
      `${topic} cleanup.policy`,
      `${topic} compression.type`,
      `${topic} max.message.bytes`,
    ]),
  )
})
