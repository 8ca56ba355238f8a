import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RelayError } from '../../../../src/errors.ts'
import { classify, rootCause } from '../../../../src/kafka/classify.ts'
import type { KafkaConnectionOptions, KafkaSasl } from '../../../../src/kafka/connection.ts'
import { createKafka } from '../../../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../../../src/telemetry.ts'
import { until } from '../../../support/until.ts'
import { FakeBroker, type Verdict } from './fake-broker.ts'

function adminOf(t: TestContext, broker: FakeBroker, options: Partial<KafkaConnectionOptions>) {
  const admin = createKafka({ brokers: [broker.address], ...options }, noTelemetry).admin({
    retry: { retries: 0 },
  })
  t.after(() => admin.disconnect())
  return admin
}

const plain = (password: string): KafkaSasl => ({ mechanism: 'plain', username: 'relay', password })

test('every new connection of a running client authenticates with the password of now', async (t) => {
  const broker = await FakeBroker.start(t)
  let password = 'first'
  const sasl = () => plain(password)
  const admin = adminOf(t, broker, { sasl })
  await admin.connect()
  password = 'second'
  broker.cut()
  // The first one may still go into the connection that was cut; none gets an answer to its Metadata.
  await until(async () => {
    await admin.listTopics().catch(() => {})
    return broker.seen.includes('metadata')
  })
  assert.deepEqual(broker.seen.slice(0, 3), [
    'authenticate:\0relay\0first',
    'authenticate:\0relay\0second',
    'metadata',
  ])
})

test('an object that is given as it is stays as it is', async (t) => {
  const broker = await FakeBroker.start(t)
  const sasl = Object.freeze(plain('fixed'))
  await adminOf(t, broker, { sasl }).connect()
  assert.deepEqual(broker.seen, ['authenticate:\0relay\0fixed'])
  assert.deepEqual(Object.keys(sasl), ['mechanism', 'username', 'password'])
})

test('what the broker says of a wrong password is passed on, and the password is not', async (t) => {
  const broker = await FakeBroker.start(t)
  broker.verdict = () => ({ error: 'Invalid username or password' })
  await assert.rejects(adminOf(t, broker, { sasl: plain('canary') }).connect(), (error) => {
    assert.equal(classify(error), 'configuration')
    assert.match(rootCause(error).message, /PLAIN authentication failed: Invalid username or password/)
    assert.doesNotMatch(String((error as Error).stack), /canary/)
    return true
  })
})

test('a connection that breaks while it authenticates is no wrong password', async (t) => {
  const broker = await FakeBroker.start(t)
  broker.verdict = () => {
    broker.cut()
    return {}
  }
  await assert.rejects(adminOf(t, broker, { sasl: plain('right') }).connect(), (error) => {
    assert.equal(classify(error), 'retry', String(error))
    return true
  })
})

const bearer = (token: string): string => `authenticate:n,,\u0001auth=Bearer ${token}\u0001\u0001`

test('before a session ends, the next request authenticates again with another token', async (t) => {
  const broker = await FakeBroker.start(t)
  broker.verdict = () => ({ lifetimeMs: 1_000 })
  let tokens = 0
  const token = async () => `token-${++tokens}`
  const admin = adminOf(t, broker, { sasl: { mechanism: 'oauthbearer', token } })
  await admin.connect()
  await assert.rejects(admin.listTopics())
  const asked = broker.seen.slice(0, broker.seen.indexOf('metadata'))
  assert.ok(asked.length >= 2, broker.seen.join())
  assert.deepEqual(
    asked,
    asked.map((_, index) => bearer(`token-${index + 1}`)),
  )
  assert.equal(broker.connections, 1)
})

test('a token that is refused is told of with the words of the broker, and not used again', async (t) => {
  const broker = await FakeBroker.start(t)
  broker.verdict = (bytes) =>
    bytes === '\u0001' ? { error: 'the issuer is another' } : { challenge: '{"status":"invalid_token"}' }
  const refused: string[] = []
  const token = async () => 'canary-token'
  const sasl: KafkaSasl = { mechanism: 'oauthbearer', token, refused: (one) => refused.push(one) }
  await assert.rejects(adminOf(t, broker, { sasl }).connect(), (error) => {
    assert.equal(classify(error), 'configuration')
    assert.match(rootCause(error).message, /OAUTHBEARER authentication failed: the issuer is another/)
    assert.doesNotMatch(String((error as Error).stack), /canary/)
    return true
  })
  assert.deepEqual(refused, ['canary-token'])
  assert.deepEqual(broker.seen, [bearer('canary-token'), 'authenticate:\u0001'])
})

test('a broker that goes away or says nothing while it authenticates has not refused the token', async (t) => {
  const broker = await FakeBroker.start(t)
  const refused: string[] = []
  const token = async () => 'good'
  const sasl: KafkaSasl = { mechanism: 'oauthbearer', token, refused: (one) => refused.push(one) }
  const silences: readonly (() => Verdict)[] = [
    () => {
      broker.cut()
      return {}
    },
    () => ({ silent: true }),
  ]
  for (const verdict of silences) {
    broker.verdict = verdict
    await assert.rejects(adminOf(t, broker, { sasl, requestTimeoutMs: 100 }).connect(), (error) => {
      assert.equal(classify(error), 'retry', String(error))
      assert.doesNotMatch(rootCause(error).message, /authentication failed/)
      return true
    })
  }
  assert.deepEqual(new Set(broker.seen), new Set([bearer('good')]))
  assert.deepEqual(refused, [])
})

test('without a token: what somebody must correct is told at once, what may pass is tried again', async (t) => {
  const broker = await FakeBroker.start(t)
  let asked = 0
  const failing = (code: 'KAFKA_CONFIGURATION' | 'KAFKA_UNAVAILABLE'): KafkaSasl => ({
    mechanism: 'oauthbearer',
    async token() {
      asked += 1
      if (asked < 3) throw new RelayError(code, 'the provider says no')
      return 'late'
    },
  })
  await assert.rejects(adminOf(t, broker, { sasl: failing('KAFKA_CONFIGURATION') }).connect(), (error) => {
    assert.equal(classify(error), 'configuration')
    assert.match(rootCause(error).message, /no token for SASL OAUTHBEARER: the provider says no/)
    return true
  })
  assert.equal(asked, 1)
  await adminOf(t, broker, { sasl: failing('KAFKA_UNAVAILABLE') }).connect()
  assert.deepEqual(broker.seen, [bearer('late')])
})
