import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { connectionProblem, refusalProblem } from '../../../src/kafka/publisher-problem.ts'
import { PublisherBed, watch } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}

test('what somebody has to put right makes it not ready, with topic, reason and what to do, until it is right', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = () => {
    throw protocolError('TOPIC_AUTHORIZATION_FAILED', 29)
  }
  const write = watch(bed.write(0, 'a'))
  await bed.clock.advance(3_000)
  assert.equal(write.state, 'open')
  assert.deepEqual(bed.publisher.readiness(), {
    ready: false,
    reason:
      'Kafka refuses what is sent to events: broker says TOPIC_AUTHORIZATION_FAILED. ' +
      'Grant this user WRITE and DESCRIBE on the topic.',
  })
  const { problem } = bed.publisher
  assert.ok(isRelayError(problem, 'KAFKA_CONFIGURATION'))
  assert.deepEqual(problem.facts, {
    topic: 'events',
    reason: 'TOPIC_AUTHORIZATION_FAILED',
    action: 'Grant this user WRITE and DESCRIBE on the topic.',
  })
  assert.equal(
    bed.telemetry.logged('warn', /not confirmed/).length,
    1,
    'the same failure is logged every time',
  )
  bed.broker.onProduce = () => {}
  await bed.clock.advance(5_000)
  assert.equal(write.state, 'resolved')
  assert.deepEqual(bed.publisher.readiness(), { ready: true })
})

test('what somebody has to put right is tried every five seconds in the end, and metadata are not asked for', async (t) => {
  const bed = await PublisherBed.started(t)
  const times: number[] = []
  bed.broker.onProduce = () => {
    times.push(bed.clock.monotonic())
    throw protocolError('TOPIC_AUTHORIZATION_FAILED', 29)
  }
  watch(bed.write(0, 'a'))
  const before = bed.broker.refreshes
  await bed.clock.advance(60_000)
  const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
  assert.deepEqual(pauses.slice(0, 9), [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
  assert.equal(bed.broker.refreshes, before)
})

test('a partition that is refused stays a problem while the others are confirmed', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = ({ batches }) => {
    if (batches.some(({ partition }) => partition === 2)) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', 3)
  }
  watch(bed.write(2, 'a'))
  await bed.clock.advance(1_000)
  await bed.write(0, 'b')
  assert.match(bed.publisher.readiness().reason ?? '', /UNKNOWN_TOPIC_OR_PARTITION.*Create the topic/)
})

test('a refusal that turns into an outage is told as what it is now', async (t) => {
  const bed = await PublisherBed.started(t)
  let error: Error = protocolError('TOPIC_AUTHORIZATION_FAILED', 29)
  bed.broker.onProduce = () => {
    throw error
  }
  watch(bed.write(0, 'a'))
  await bed.clock.advance(1_000)
  assert.equal(bed.publisher.problem?.code, 'KAFKA_CONFIGURATION')
  error = new Error('socket hang up')
  await bed.clock.advance(5_000)
  assert.equal(bed.publisher.problem, undefined)
})

test('a wrong password is tried every five seconds in the end, and named', async (t) => {
  const bed = new PublisherBed(t)
  const times: number[] = []
  bed.broker.onConnect = () => {
    times.push(bed.clock.monotonic())
    throw Object.assign(new Error('SASL PLAIN authentication failed'), {
      name: 'KafkaJSSASLAuthenticationError',
    })
  }
  await bed.publisher.start()
  await bed.clock.advance(60_000)
  const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
  assert.deepEqual(pauses.slice(-2), [5_000, 5_000])
  assert.equal(
    bed.publisher.readiness().reason,
    'no connection to Kafka for events: SASL PLAIN authentication failed. Check the credentials: user name and password, or the token and whom it is for.',
  )
  assert.equal(bed.publisher.problem?.code, 'KAFKA_CONFIGURATION')
})

test('who is told at the end that records were given up is told why', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = () => {
    throw protocolError('TOPIC_AUTHORIZATION_FAILED', 29)
  }
  const write = assert.rejects(bed.write(0, 'a'), (error) => {
    assert.ok(isRelayError(error, 'DEADLINE_EXCEEDED'))
    assert.ok(isRelayError(error.cause, 'KAFKA_CONFIGURATION'))
    assert.equal(error.cause.facts['reason'], 'TOPIC_AUTHORIZATION_FAILED')
    return true
  })
  const closing = assert.rejects(bed.publisher.close({ deadlineMs: 500 }), /not confirmed/)
  await bed.clock.advance(10_000)
  await Promise.all([write, closing])
})

test('a topic that is missing is told as such: the brokers answer', () => {
  const { message } = connectionProblem('events', createErrorFromCode(3))
  assert.match(message, /^topic events is missing: .*Create the topic/)
  assert.doesNotMatch(message, /no connection/)
})

test('every reason has a name and an advice', () => {
  const coded = (code: string): Error => Object.assign(new Error('no'), { code })
  const table: readonly [Error, code: string, reason: string, advice: RegExp][] = [
    [createErrorFromCode(3), 'KAFKA_CONFIGURATION', 'UNKNOWN_TOPIC_OR_PARTITION', /topics apply/],
    [createErrorFromCode(31), 'KAFKA_CONFIGURATION', 'CLUSTER_AUTHORIZATION_FAILED', /IDEMPOTENT_WRITE/],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'KAFKA_CONFIGURATION', 'SELF_SIGNED_CERT_IN_CHAIN', /Check the CA/],
    [coded('ECONNREFUSED'), 'KAFKA_UNAVAILABLE', 'ECONNREFUSED', /goes on trying/],
    [createErrorFromCode(54), 'KAFKA_CONFIGURATION', 'SECURITY_DISABLED', /Check topic, credentials/],
    [new Error('hm'), 'KAFKA_UNAVAILABLE', 'Error', /goes on trying/],
  ]
  for (const [error, code, reason, advice] of table) {
    const problem = connectionProblem('events', error)
    assert.deepEqual([problem.code, problem.facts['reason']], [code, reason])
    assert.match(problem.message, advice)
  }
  assert.equal(refusalProblem('events', createErrorFromCode(44)).facts['reason'], 'POLICY_VIOLATION')
})
