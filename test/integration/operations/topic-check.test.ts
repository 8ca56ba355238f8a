import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { startBridge } from '../../../src/app/compose-bridge.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { watchTopics } from '../../../src/app/watch-topics.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { topicSpecsOf } from '../../../src/operations/topics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../../unit/kafka/counted-telemetry.ts'
import { KafkaBed } from '../kafka/kafka-bed.ts'

let bed: KafkaBed

before(async () => {
  bed = await KafkaBed.start()
})

after(() => bed.stop())

/** Topics of its own, on one broker. */
function configOf(): Config {
  const name = randomBytes(6).toString('hex')
  return configSchema.parse({
    kafka: { brokers: [...bed.stack.brokers] },
    topics: {
      events: `${name}.events`,
      deadLetters: `${name}.dlq`,
      rejected: `${name}.rejected`,
      partitions: 4,
      replicationFactor: 1,
      routes: [{ topic: `${name}.pulls`, actions: ['pull'] }],
    },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    bridge: { endpoints: [{ name: 'hook', url: 'http://127.0.0.1:1/' }] },
  })
}

const gateway = (brokers: readonly string[] = bed.stack.brokers) =>
  ({ kafka: { brokers }, roles: ['events', 'route', 'rejected'], everyMs: 50, againMs: 50 }) as const

test('a topic that was made wrong is warned of with each setting, and the note goes when it is put right', async (t) => {
  const config = configOf()
  const { events, rejected } = config.topics
  const pulls = config.topics.routes[0]?.topic ?? ''
  await bed.admin.ensureTopics([
    {
      topic: events,
      partitions: 6,
      replicationFactor: 1,
      settings: {
        'cleanup.policy': 'compact,delete',
        'retention.ms': '3600000',
        'retention.bytes': '1048576',
        'max.message.bytes': '1048588',
        'message.timestamp.before.max.ms': '3600000',
        'compression.type': 'gzip',
      },
    },
    { topic: rejected, partitions: 1, replicationFactor: 1, settings: { 'max.message.bytes': '2162688' } },
  ])
  const telemetry = new CountedTelemetry()
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop())
  const { topics: readiness } = watchTopics(config, gateway(), telemetry, supervisor)
  assert.ok(readiness !== undefined)
  const reason = (): string => readiness().reason ?? ''
  await until(() => reason() !== '')

  assert.equal(readiness().ready, true)
  assert.deepEqual(
    telemetry.logged('warn', /./).map(({ facts }) => [facts['topic'], facts['setting'], facts['found']]),
    [
      [events, 'partitions', '6'],
      [events, 'cleanup.policy', 'compact,delete'],
      [events, 'retention.ms', '3600000'],
      [events, 'retention.bytes', '1048576'],
      [events, 'message.timestamp.before.max.ms', '3600000'],
      [pulls, 'topic', 'missing'],
    ],
  )
  const notices = telemetry.logged('info', / is /).map(({ facts }) => [facts['topic'], facts['setting']])
  assert.deepEqual(notices, [
    [events, 'compression.type'],
    [events, 'max.message.bytes'],
    // Kafka's default is a week.
    [rejected, 'retention.ms'],
  ])
  // Of topics that this process does not write to, nothing is said.
  assert.ok(telemetry.lines.every(({ facts }) => facts['topic'] !== config.topics.deadLetters))

  await alter(events, {
    'cleanup.policy': 'delete',
    'retention.ms': '1209600000',
    'max.message.bytes': '2097152',
  })
  await bed.admin.ensureTopics([{ topic: pulls, partitions: 4, replicationFactor: 1, settings: {} }])
  // What is still wrong stays: nobody can take partitions away.
  await until(() => !/cleanup|retention|timestamp|missing/.test(reason()), { what: reason })
  assert.match(reason(), new RegExp(`^dangerous: ${events}: partitions is 6; see`))
  assert.equal(telemetry.logged('info', /retention\.ms was put right/).length, 1)
  assert.equal(await supervisor.stop(), true)
})

test('a bridge says which of the topics it reads is missing, and that of its dead letters', async (t) => {
  const config = configOf()
  const { deadLetters } = config.topics
  const pulls = config.topics.routes[0]?.topic ?? ''
  await bed.admin.ensureTopics(topicSpecsOf(config, ['events']))
  const telemetry = new CountedTelemetry()
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop())
  const { parts } = await startBridge(config, telemetry, supervisor)
  const reason = (): string => parts['topics of the bridge']?.().reason ?? ''
  await until(() => reason() !== '')
  const both = `${pulls}: topic is missing; ${deadLetters}: topic is missing`
  assert.match(reason(), new RegExp(`^dangerous: ${both}; see`))
  assert.equal(parts['topics of the bridge']?.().ready, true)
  const warned = telemetry.logged('warn', /topic is missing/).map(({ facts }) => facts['topic'])
  assert.deepEqual(warned, [pulls, deadLetters])
})

test('with no Kafka the note and one warning say why, the part stays ready, and the stop is clean', async (t) => {
  const telemetry = new CountedTelemetry()
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop())
  const { topics: readiness } = watchTopics(configOf(), gateway(['127.0.0.1:1']), telemetry, supervisor)
  await until(() => readiness?.().reason !== undefined)
  const { ready, reason = '' } = readiness?.() ?? {}
  assert.equal(ready, true)
  assert.match(reason, /^Kafka could not be asked about the topics: .*ECONNREFUSED/)
  const warned = telemetry.logged('warn', /could not be asked about the topics/)
  assert.equal(warned.length, 1)
  assert.match(String(warned[0]?.facts['reason']), /ECONNREFUSED/)
  assert.equal(await supervisor.stop(), true)
})

/** All that is not given goes back to the broker's default. */
async function alter(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const admin = bed.kafka.admin()
  await admin.connect()
  try {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    })
  } finally {
    await admin.disconnect()
  }
}
