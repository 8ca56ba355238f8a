import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingText } from '../../../src/cli/setting-text.ts'
import { applyText, planText } from '../../../src/cli/topics-human.ts'
import type { TopicFinding } from '../../../src/kafka/topic-state.ts'

const wanted = {
  topic: 'events',
  partitions: 12,
  replicationFactor: 3,
  settings: { 'retention.ms': '1209600000' },
}
const finding: TopicFinding = {
  topic: 'events',
  setting: 'retention.ms',
  found: '3600000',
  wanted: '1209600000',
  severity: 'danger',
  why: 'events are gone',
  action: 'set it to 1209600000',
}
const found = { partitions: 24, replicationFactor: 1, settings: new Map(), copies: [] }

test('a plan shows at a glance what is there, then what to do about it, with the command to paste', () => {
  const partitions = {
    ...finding,
    setting: 'partitions',
    found: '24',
    wanted: '12',
    why: 'order',
    action: 'leave it',
  }
  const text = planText(
    {
      brokers: 3,
      asWanted: false,
      topics: [
        { wanted, found, findings: [finding, { ...partitions, severity: 'notice' }] },
        {
          wanted: { ...wanted, topic: 'a-longer-name' },
          found: undefined,
          findings: [missing('a-longer-name')],
        },
      ],
      remarks: ['something to know'],
    },
    ['k1:9092', 'k2:9092'],
  )
  assert.equal(
    text,
    `Kafka at k1:9092, k2:9092 (3 brokers)

TOPIC          PARTITIONS  COPIES  STATE
events         24          1       1 danger, 1 notice
a-longer-name  12          3       missing

To be created: a-longer-name, with
  retention.ms  1209600000 (14 d)

events
  DANGER  retention.ms is 3600000 (1 h), wanted 1209600000 (14 d)
          events are gone
  notice  partitions is 24, wanted 12
          order
          -> leave it
  To set what can be set:
    kafka-configs.sh --bootstrap-server k1:9092 --alter --topic events --add-config retention.ms=1209600000

Note: something to know.

1 topic missing: \`registry-relay topics apply\` creates what is missing. 1 dangerous setting: nothing here alters a topic, you decide.`,
  )
})

test('a plan with nothing to do says so in its last line', () => {
  const last = (findings: readonly TopicFinding[]): string | undefined =>
    planText({ brokers: 3, asWanted: true, topics: [{ wanted, found, findings }], remarks: [] }, ['k:9092'])
      .split('\n')
      .at(-1)
  assert.equal(last([]), 'All topics are as wanted.')
  assert.match(last([{ ...finding, severity: 'notice' }]) ?? '', /nothing is dangerous/)
})

test('what is missing and cannot be created yet is said with the numbers, once for all topics', () => {
  const tooFew = {
    ...finding,
    setting: 'brokers',
    found: '1',
    wanted: '3',
    action: 'wait until all brokers run',
  }
  const text = planText(
    {
      brokers: 1,
      asWanted: false,
      topics: ['a', 'b'].map((topic) => ({
        wanted: { ...wanted, topic },
        found: undefined,
        findings: [missing(topic), { ...tooFew, topic }],
      })),
      remarks: [],
    },
    ['k:9092'],
  )
  assert.match(
    text,
    /\n2 topics missing: they cannot be created with 3 copies while 1 broker can hold them; wait until all brokers run\.$/,
  )
  assert.doesNotMatch(text, /DANGER/)
})

test('what was created and what was there, with what differs', () => {
  assert.equal(
    applyText({ created: ['new'], existing: ['events', 'other'], findings: [finding] }, ['k:9092']),
    `created  new
exists   events  1 danger
exists   other   as wanted

events
  DANGER  retention.ms is 3600000 (1 h), wanted 1209600000 (14 d)
          events are gone
  To set what can be set:
    kafka-configs.sh --bootstrap-server k:9092 --alter --topic events --add-config retention.ms=1209600000`,
  )
})

test('values of Kafka are shown with what people read of them', () => {
  const texts = [
    ['retention.ms', '604800000'],
    ['retention.ms', '5400000'],
    ['retention.ms', '-1'],
    ['message.timestamp.before.max.ms', '9223372036854775807'],
    ['max.message.bytes', '1048588'],
    ['retention.bytes', '107374182400'],
    ['max.message.bytes', '12'],
    ['min.insync.replicas', '2'],
    ['cleanup.policy', 'compact'],
  ].map(([name = '', value = '']) => settingText(name, value))
  assert.deepEqual(texts, [
    '604800000 (7 d)',
    '5400000 (1.5 h)',
    '-1 (no limit)',
    '9223372036854775807 (no limit)',
    '1048588 (1 MiB)',
    '107374182400 (100 GiB)',
    '12',
    '2',
    'compact',
  ])
})

function missing(topic: string): TopicFinding {
  return { ...finding, topic, setting: 'topic', found: 'missing', wanted: 'there' }
}

test('what a broker has as a setting cannot move the cursor', () => {
  const odd = { ...finding, setting: 'cleanup.policy', found: '\u001b[2J\n', wanted: 'delete' }
  const text = planText(
    { brokers: 3, asWanted: false, topics: [{ wanted, found, findings: [odd] }], remarks: [] },
    ['k:9092'],
  )
  assert.match(text, /cleanup\.policy is \\x1b\[2J\\x0a, wanted delete\n/)
})
