import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import type { KafkaConnectionOptions, KafkaPassword, KafkaSasl } from '../../../src/kafka/connection.ts'
import { OAuthTokens } from '../../../src/kafka/oauth/tokens.ts'
import { until } from '../../support/until.ts'
import { fixture, SecureBed } from './secure-bed.ts'

let secure: SecureBed

before(async () => {
  secure = await SecureBed.start()
  await secure.setScramPassword('SCRAM-SHA-256', 'scram-256')
  await secure.setScramPassword('SCRAM-SHA-512', 'scram-512')
})
after(() => secure.stop())

const pem = (name: string): string => readFileSync(fixture(name), 'utf8')
const ca = pem('authority.crt')
const tls = { ca, cert: pem('client.crt'), key: pem('client.key') }
const user = (mechanism: KafkaPassword['mechanism'], password: string): KafkaSasl => ({
  ...{ mechanism, username: 'relay', password },
})
const plain = user('plain', 'plain-password')
const tokens = (clientSecret = secure.provider.secret): KafkaSasl => {
  const endpoint = { url: `${secure.provider.url}/token`, clientId: 'relay', clientSecret }
  const { token, refused } = new OAuthTokens({ endpoint })
  return { mechanism: 'oauthbearer', token, refused }
}

const ways: Readonly<Record<string, () => KafkaConnectionOptions>> = {
  'SASL PLAIN': () => ({ brokers: secure.at('SASL'), sasl: plain }),
  'SASL SCRAM-SHA-256': () => ({ brokers: secure.at('SASL'), sasl: user('scram-sha-256', 'scram-256') }),
  'SASL SCRAM-SHA-512 over TLS': () => ({
    ...{ brokers: secure.at('SASLTLS'), sasl: user('scram-sha-512', 'scram-512'), tls: { ca } },
  }),
  'SASL OAUTHBEARER': () => ({ brokers: secure.at('OAUTH'), sasl: tokens() }),
  'a client certificate': () => ({ brokers: secure.at('MTLS'), tls }),
}

for (const [way, connection] of Object.entries(ways)) {
  test(`publishes and consumes with ${way}`, async () => {
    const topic = await secure.bed.topic()
    const writer = await secure.publisher(topic, connection())
    await writer.write(50)
    const { consumer, values } = secure.consumer(topic, connection())
    await until(() => values.length >= 50)
    assert.deepEqual(values.toSorted(), writer.confirmed.toSorted())
    await Promise.all([consumer.close(), writer.publisher.close()])
    await secure.check(topic, writer.confirmed)
  })
}

const mistakes: Readonly<Record<string, readonly [connection: () => KafkaConnectionOptions, words: RegExp]>> =
  {
    'a wrong password': [
      () => ({ brokers: secure.at('SASL'), sasl: user('plain', 'canary') }),
      /PLAIN authentication failed: .*Invalid username or password/,
    ],
    'a wrong SCRAM password': [
      () => ({ brokers: secure.at('SASLTLS'), tls: { ca }, sasl: user('scram-sha-512', 'canary') }),
      /SCRAM SHA512 authentication failed: .*invalid credentials/,
    ],
    'a mechanism that the listener does not offer': [
      () => ({ brokers: secure.at('OAUTH'), sasl: plain }),
      /does not support the requested SASL mechanism.*Choose a SASL mechanism/,
    ],
    'a wrong client secret': [
      () => ({ brokers: secure.at('OAUTH'), sasl: tokens('canary') }),
      /the token endpoint .* answers 401 invalid_client: check clientId and clientSecret/,
    ],
    'a token that nobody signed': [
      () => ({
        brokers: secure.at('OAUTH'),
        sasl: { mechanism: 'oauthbearer', token: async () => 'eyJhbGciOiJSUzI1NiJ9.e30.canary' },
      }),
      /OAUTHBEARER authentication failed: .*invalid_token/,
    ],
    'no user on a listener with SASL': [
      () => ({ brokers: secure.at('SASL') }),
      /closed the connection without a word: .* its listener wants TLS or SASL/,
    ],
    'no TLS on a listener with TLS': [
      () => ({ brokers: secure.at('SASLTLS'), sasl: plain }),
      /closed the connection without a word: .* its listener wants TLS/,
    ],
    'TLS on a listener without': [
      () => ({ brokers: secure.at('SASL'), sasl: plain, tls: { ca } }),
      /closed before TLS stood: .* without TLS/,
    ],
    'a CA that did not sign the broker': [
      () => ({ brokers: secure.at('MTLS'), tls: { ...tls, ca: pem('other-authority.crt') } }),
      /the broker's certificate is of no authority that is trusted here/,
    ],
    'no client certificate where one is asked for': [
      () => ({ brokers: secure.at('MTLS'), tls: { ca } }),
      /the broker asks for a certificate of ours/,
    ],
  }

test('every mistake is told in words that say what to do, is tried again, and shows no secret', {
  concurrency: true,
}, async (t) => {
  const topic = await secure.bed.topic()
  const each = Object.entries(mistakes).map(([mistake, [connection, words]]) =>
    t.test(mistake, async () => {
      const writer = await secure.publisher(topic, connection())
      const writing = writer.write(1)
      writing.catch(() => {})
      await writer.refused(words)
      const { reason } = writer.publisher.readiness()
      assert.doesNotMatch(String(reason), /canary/)
      // It was held to the end, not dropped on the way.
      for (const ending of [writer.publisher.close({ deadlineMs: 100 }), writing]) {
        await assert.rejects(ending, { code: 'DEADLINE_EXCEEDED' })
      }
    }),
  )
  await Promise.all(each)
})

test('a connection outlives its tokens: each is replaced before it expires', async () => {
  secure.provider.lifetimeSeconds = 8
  const asked = secure.provider.asked.length
  try {
    const topic = await secure.bed.topic()
    const writer = await secure.publisher(topic, ways['SASL OAUTHBEARER']?.() as KafkaConnectionOptions)
    // The third is asked for when the first has expired.
    await until(async () => {
      await writer.write(5)
      return secure.provider.asked.length >= asked + 3
    })
    await writer.publisher.close()
    await secure.check(topic, writer.confirmed)
  } finally {
    secure.provider.lifetimeSeconds = 3_600
  }
})

test('a right that is taken away stops publishing with its name, and publishing goes on when it is granted', async (t) => {
  const topic = await secure.bed.topic()
  const admin = secure.bed.kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
  const denied = {
    ...{ resourceType: AclResourceTypes.TOPIC, resourceName: topic, host: '*', principal: 'User:relay' },
    resourcePatternType: ResourcePatternTypes.LITERAL,
    ...{ operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.DENY },
  }
  const writer = await secure.publisher(topic, { brokers: secure.at('SASL'), sasl: plain })
  await writer.write(20)
  await admin.createAcls({ acl: [denied] })
  // Until the broker has heard of it, writes pass.
  let stopped = false
  const writing = (async () => {
    while (!stopped) await writer.write(5)
  })()
  await writer.refused(new RegExp(`${topic}.*[Aa]uthoriz.*Grant this user WRITE`))
  await admin.deleteAcls({ filters: [denied] })
  await until(() => writer.publisher.readiness().ready)
  stopped = true
  await writing
  await writer.publisher.close()
  await secure.check(topic, writer.confirmed)
})
