import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { applyTopics } from '../../../src/app/compose.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { fixture, SecureBed } from '../kafka/secure-bed.ts'
import { examine } from './doctor-bed.ts'

let secure: SecureBed

before(async () => {
  secure = await SecureBed.start()
})
after(() => secure.stop())

const name = randomBytes(6).toString('hex')
const events = `${name}.events`
const group = `${name}.relay`

function configOf(kafka: object): Config {
  return configSchema.parse({
    kafka,
    topics: {
      events,
      deadLetters: `${name}.dlq`,
      rejected: `${name}.rejected`,
      partitions: 3,
      replicationFactor: 1,
    },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    gateway: { port: 0, ackMode: 'kafka' },
    bridge: { group, endpoints: [{ name: 'audit', url: 'http://127.0.0.1:1' }] },
  })
}

const withPassword = (password: string): Config =>
  configOf({
    brokers: [...secure.at('SASL')],
    sasl: { mechanism: 'plain', username: 'relay', password },
  })

/** Names of all topics, those of Kafka itself included, and of all groups. */
async function inventory(): Promise<{ topics: string[]; groups: string[] }> {
  const admin = secure.bed.kafka.admin()
  await admin.connect()
  try {
    const { groups } = await admin.listGroups()
    return {
      topics: (await admin.listTopics()).toSorted(),
      groups: groups.map(({ groupId }) => groupId).toSorted(),
    }
  } finally {
    await admin.disconnect()
  }
}

// Before any test that makes one: a cluster that never had a group has no topic of groups either.
test('no topic and no group comes into being in a cluster that is new', async () => {
  const before = await inventory()
  assert.deepEqual(before, { topics: [], groups: [] })
  const config = configOf({ brokers: [...secure.bed.stack.brokers] })
  const missing = await examine(config, ['topics', 'rights'])
  assert.equal(missing.states['topics'], 'error')
  assert.match(String(missing.lines('rights')[0]?.text), /has kept no group yet/)
  assert.deepEqual(await inventory(), before)
})

test('a wrong password is one error that says so; topics and rights are skipped for it', async () => {
  const { results, states, lines } = await examine(withPassword('canary'), ['topics', 'rights'])
  assert.equal(states['brokers'], 'ok')
  const [seen] = lines('cluster')
  assert.match(String(seen?.text), /PLAIN authentication failed/)
  assert.match(String(seen?.todo), /user name and password/)
  assert.deepEqual(
    results.slice(-2).map(({ name: of, because }) => [of, because]),
    [
      ['topics', 'Kafka does not let us in'],
      ['rights', 'Kafka does not let us in'],
    ],
  )
  assert.ok(!JSON.stringify(results).includes('canary'))
})

test('a listener with TLS and a client without: the way is free, and the words say what it may be', async () => {
  const { states, lines } = await examine(configOf({ brokers: [...secure.at('MTLS')] }), ['kafka'])
  assert.equal(states['brokers'], 'ok')
  assert.equal(states['cluster'], 'error')
  assert.match(`${lines('cluster')[0]?.text} ${lines('cluster')[0]?.todo}`, /TLS/)
})

test('the authority of the brokers is missing: their certificate is named, with the key that trusts it', async () => {
  const brokers = [...secure.at('MTLS')]
  const { lines } = await examine(configOf({ brokers, tls: true }), ['kafka'])
  assert.match(String(lines('brokers')[0]?.text), /no authority that is trusted here/)
  assert.match(String(lines('brokers')[0]?.todo), /kafka\.tls\.caFile/)
})

test('a client certificate lets us in, and without one a broker that wants it does not', async () => {
  const brokers = [...secure.at('MTLS')]
  const caFile = fixture('authority.crt')
  const tls = { caFile, certificateFile: fixture('client.crt'), keyFile: fixture('client.key') }
  const well = await examine(configOf({ brokers, tls }), ['kafka'])
  assert.match(String(well.lines('brokers')[0]?.text), /TLSv1\.3 .* certificate valid until 2099-12-31/)
  assert.equal(well.lines('cluster')[0]?.text, 'Kafka lets us in (by a client certificate), 1 broker')
  const without = await examine(configOf({ brokers, tls: { caFile } }), ['kafka'])
  assert.equal(without.states['cluster'], 'error')
  assert.match(
    String(without.lines('cluster')[0]?.text),
    /asks for a certificate of ours|refuses our certificate/,
  )
})

test('tokens: the endpoint that gives them is looked at, and a secret that it refuses is told', async () => {
  const kafka = (clientSecret: string): object => ({
    brokers: [...secure.at('OAUTH')],
    sasl: {
      mechanism: 'oauthbearer',
      tokenUrl: `${secure.provider.url}/token`,
      clientId: 'relay',
      clientSecret,
    },
  })
  const well = await examine(configOf(kafka(secure.provider.secret)), ['kafka'])
  assert.equal(well.states['cluster'], 'ok')
  assert.equal(well.states['token endpoint'], 'ok')
  const refused = await examine(configOf(kafka('canary')), ['kafka'])
  assert.equal(refused.states['cluster'], 'error')
  assert.ok(!JSON.stringify(refused.results).includes('canary'))
})

test('rights that are denied are told one by one with the command, and asking leaves no record', async (t) => {
  const config = withPassword('plain-password')
  await applyTopics(configOf({ brokers: [...secure.bed.stack.brokers] }), noTelemetry)
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
  const denied = (
    resourceType: kafkajs.AclResourceTypes,
    resourceName: string,
    operation: kafkajs.AclOperationTypes,
  ) => ({
    ...{ resourceType, resourceName, operation, host: '*', principal: 'User:relay' },
    ...{ resourcePatternType: ResourcePatternTypes.LITERAL, permissionType: AclPermissionTypes.DENY },
  })
  const acl = [
    denied(AclResourceTypes.TOPIC, events, AclOperationTypes.WRITE),
    // Where there is one rule for a topic, everybody needs one.
    {
      ...denied(AclResourceTypes.TOPIC, events, AclOperationTypes.READ),
      permissionType: AclPermissionTypes.ALLOW,
    },
    denied(AclResourceTypes.TOPIC, `${name}.dlq`, AclOperationTypes.ALL),
    denied(AclResourceTypes.GROUP, `${group}.audit`, AclOperationTypes.READ),
  ]
  const admin = secure.bed.kafka.admin()
  await admin.connect()
  await admin.createAcls({ acl })
  t.after(async () => {
    await admin.deleteAcls({ filters: acl })
    await admin.disconnect()
  })
  let errors: readonly string[] = []
  // The broker learns of its rules a moment later.
  await until(
    async () => {
      const { lines } = await examine(config, ['rights'])
      errors = lines('rights')
        .filter(({ state }) => state === 'error')
        .map(({ text }) => text)
      return errors.length >= 3
    },
    { what: () => errors.join('\n') },
  )
  assert.deepEqual(errors, [
    `User:relay may not WRITE the topic ${events}: the gateway cannot publish events there`,
    `User:relay may not WRITE the topic ${name}.dlq: what cannot be delivered holds up its partition`,
    `User:relay may not READ the group ${group}.audit: the bridge cannot deliver to this endpoint`,
  ])
  const { states, lines } = await examine(config, ['topics', 'rights'])
  assert.match(
    String(lines('rights')[0]?.text),
    new RegExp(`^may write to ${name}\\.rejected; read ${events}$`),
  )
  // A topic that may not be seen is no topic that is missing.
  assert.notEqual(states['topics'], 'error')
  assert.ok(
    lines('topics').some(({ text }) =>
      text.startsWith(`${name}.dlq is not there, or this user may not see it`),
    ),
  )
  assert.deepEqual(await secure.bed.read(events), [])
})
