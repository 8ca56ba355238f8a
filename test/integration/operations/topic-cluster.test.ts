import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { applyTopics } from '../../../src/app/compose.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { relayTopics, type TopicSpec } from '../../../src/kafka/topics.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { doctorConfig, examine } from './doctor-bed.ts'
import { relayCommand, textFile } from './relay-command.ts'

/** Three brokers, and a door to them where a user may do what nobody was given the right to alone. */
let stack: LocalStack
let admin: KafkaAdmin
const login = { mechanism: 'plain', username: 'relay', password: 'secret' } as const

before(async () => {
  stack = await startLocalStack({
    brokerCount: 3,
    schemaRegistry: false,
    listeners: [{ name: 'SASL', protocol: 'SASL_PLAINTEXT' }],
    brokerProperties: {
      'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_relay="secret";',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'allow.everyone.if.no.acl.found': 'true',
    },
  })
  admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
})

after(async () => {
  await admin.close()
  await stack.stop()
})

/** The topic of events as three brokers should have it, under another name. */
function specOf(topic: string, but: Partial<TopicSpec> = {}): TopicSpec {
  const [events] = relayTopics({ replicationFactor: 3 })
  assert.ok(events !== undefined)
  return { ...events, topic, partitions: 1, ...but }
}

async function brief(specs: readonly TopicSpec[], asking: KafkaAdmin = admin): Promise<readonly string[]> {
  const { findings } = await asking.planTopics(specs)
  return findings.map(
    ({ topic, severity, setting, found, wanted }) => `${topic}: ${severity} ${setting} ${found} -> ${wanted}`,
  )
}

test('on three brokers, too few copies and too few or too many in sync are dangers', async () => {
  const made = async (topic: string, replicationFactor: number, inSync: string): Promise<void> => {
    const settings = { ...specOf(topic).settings, 'min.insync.replicas': inSync }
    await admin.ensureTopics([specOf(topic, { replicationFactor, settings })])
  }
  await made('right', 3, '2')
  await made('one-copy', 1, '1')
  await made('one-in-sync', 3, '1')
  await made('all-in-sync', 3, '3')
  await made('unclean', 3, '2')
  await alter('unclean', 'unclean.leader.election.enable', 'true')
  const names = ['right', 'one-copy', 'one-in-sync', 'all-in-sync', 'unclean']
  const dangers = async (): Promise<readonly string[]> =>
    (await brief(names.map((topic) => specOf(topic)))).filter((one) => one.includes('danger'))
  // Any of the brokers may be asked, and the last to hear of what was altered is not always the one that altered it.
  await until(async () => (await dangers()).length >= 4)
  assert.deepEqual(await dangers(), [
    'one-copy: danger replicationFactor 1 -> 3',
    'one-in-sync: danger min.insync.replicas 1 -> 2',
    'all-in-sync: danger min.insync.replicas 3 -> 2',
    'unclean: danger unclean.leader.election.enable true -> false',
  ])
})

test('copies that no broker is there for are found before Kafka refuses to make them', async () => {
  assert.deepEqual(await brief([specOf('wide', { replicationFactor: 4 })]), [
    'wide: danger topic missing -> there',
    'wide: danger brokers 3 -> 4',
  ])
})

test('where the settings may not be seen, partitions and copies are compared all the same', async () => {
  await admin.ensureTopics([specOf('hidden', { replicationFactor: 1, settings: {} })])
  const acls = createKafka({ brokers: stack.brokers }, noTelemetry).admin()
  await acls.connect()
  await acls.createAcls({
    acl: [
      {
        resourceType: kafkajs.AclResourceTypes.TOPIC,
        resourceName: 'hidden',
        resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
        principal: 'User:relay',
        host: '*',
        operation: kafkajs.AclOperationTypes.DESCRIBE,
        permissionType: kafkajs.AclPermissionTypes.ALLOW,
      },
    ],
  })
  await acls.disconnect()
  const brokers = stack.listenerAddresses('SASL')
  const relay = new KafkaAdmin(createKafka({ brokers, sasl: login }, noTelemetry))
  try {
    assert.deepEqual(await brief([specOf('hidden')], relay), [
      'hidden: danger replicationFactor 1 -> 3',
      'hidden: notice settings not permitted to see -> visible',
    ])
  } finally {
    await relay.close()
  }
})

test('with a wrong password, `topics plan` fails and says that it is the credentials', async (t) => {
  const config = textFile(
    t,
    'relay.yaml',
    `
kafka:
  brokers: "${stack.listenerAddresses('SASL').join(',')}"
  sasl: { mechanism: plain, username: relay, password: wrong }
schemaRegistry: { url: "http://127.0.0.1:1" }
`,
  )
  const { status, stdout, stderr } = await relayCommand('topics', 'plan', '-c', config)
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^looking at topics: .*[Aa]uthentication failed.*\nKAFKA_CONFIGURATION: .*credentials/)
  assert.doesNotMatch(stderr, /wrong/)
})

test('with a broker down, partitions without a leader and those that lack copies are found, whatever else the cluster has', async () => {
  const make = async (topic: string, replicationFactor: number, inSync: string): Promise<void> => {
    const settings = { ...specOf(topic).settings, 'min.insync.replicas': inSync }
    await admin.ensureTopics([specOf(topic, { partitions: 3, replicationFactor, settings })])
  }
  await make('lacking', 3, '2')
  await make('too-few', 3, '3')
  const config = doctorConfig({ brokers: stack.brokers, registry: 'http://127.0.0.1:1' })
  await applyTopics(config, noTelemetry)
  const node = stack.nodes[2]
  assert.ok(node !== undefined)
  await node.stop()
  try {
    const names = ['lacking', 'too-few', config.topics.events]
    const specs = names.map((topic) => specOf(topic, { partitions: 3 }))
    let found: readonly string[] = []
    // The brokers that are left hear of it one after the other.
    await until(
      async () => {
        found = (await brief(specs)).filter((one) => /inSync|leaders/.test(one))
        return found.length === 3
      },
      { what: () => found.join() },
    )
    assert.match(String(found[0]), /^lacking: notice inSync 2 of 3 copies in partitions 0, 1, 2 -> 3$/)
    assert.match(
      String(found[1]),
      /^too-few: danger inSync 2 of 3 copies in partitions 0, 1, 2 -> at least 3$/,
    )
    assert.match(String(found[2]), /^\w+\.events: danger leaders none in partition \d -> one in each$/)

    const { states, lines } = await examine(config, ['rights'])
    assert.equal(states['cluster'], 'ok')
    const leaderless = lines('topics').find(({ text }) => text.startsWith(`${config.topics.events}: leaders`))
    assert.equal(leaderless?.state, 'error')
    assert.match(String(leaderless?.text), /leaders is none in partition \d, wanted one in each/)
    assert.match(String(leaderless?.todo), /start the brokers that hold the copies/)
    assert.match(String(lines('rights')[0]?.text), /^may write to /)
  } finally {
    await node.start()
  }
})

async function alter(topic: string, name: string, value: string): Promise<void> {
  const raw = createKafka({ brokers: stack.brokers }, noTelemetry).admin()
  await raw.connect()
  const entries = Object.entries({ ...specOf(topic).settings, [name]: value })
  const configEntries = entries.map(([key, text]) => ({ name: key, value: text }))
  const type = kafkajs.ConfigResourceTypes.TOPIC
  await raw.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] })
  await raw.disconnect()
}
