import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import { createKafka } from '../../../../src/kafka/kafkajs/client.ts'
import { kafkajsLog } from '../../../../src/kafka/kafkajs/log.ts'
import { leaderProbe } from '../../../../src/kafka/kafkajs/partition-guard.ts'
import { patchKafkajs } from '../../../../src/kafka/kafkajs/patches.ts'
import { kafkajsProducers } from '../../../../src/kafka/kafkajs/producer.ts'
import { SocketGuard } from '../../../../src/kafka/kafkajs/socket-guard.ts'
import { checkKafkajsVersion } from '../../../../src/kafka/kafkajs/version.ts'
import { noTelemetry } from '../../../../src/telemetry.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { until } from '../../../support/until.ts'
import { CountedTelemetry } from '../counted-telemetry.ts'

const require = createRequire(import.meta.url)

test('works with the version it was tested with, and refuses every other', () => {
  checkKafkajsVersion()
  for (const found of ['2.2.3', '2.2.5', '2.3.0', '3.0.0']) {
    assert.throws(
      () => checkKafkajsVersion(found),
      (error) => {
        assert.ok(isRelayError(error, 'KAFKA_CLIENT_CHANGED'))
        return error.message.includes(found) && error.message.includes('2.2.4')
      },
    )
  }
})

test('the client takes NaN for its retries, and takes 0 for an idempotent producer as a mistake', () => {
  const kafka = createKafka({ brokers: ['127.0.0.1:1'] }, noTelemetry)
  kafka.producer({ idempotent: true, retry: { retries: Number.NaN } })
  assert.throws(() => kafka.producer({ idempotent: true, retry: { retries: 0 } }), /must allow retries/)
})

test('an idle connection arms no timer, and a request that waits is still looked after', () => {
  patchKafkajs()
  patchKafkajs()
  const RequestQueue = require('kafkajs/src/network/requestQueue')
  const logger = { debug() {} }
  const queue = new RequestQueue({ requestTimeout: 1_000, maxInFlightRequests: null, logger })
  queue.checkPendingRequests()
  assert.equal(queue.throttleCheckTimeoutId, null)
  queue.pending.push({})
  queue.scheduleCheckPendingRequests()
  assert.notEqual(queue.throttleCheckTimeoutId, null)
  queue.destroy()
})

test('the log of the client comes with our levels, without its own stamps', () => {
  const telemetry = new CountedTelemetry()
  const log = kafkajsLog(telemetry.logger, new ManualClock())(kafkajs.logLevel.INFO)
  const { ERROR, WARN, INFO, DEBUG } = kafkajs.logLevel
  const say = (level: kafkajs.logLevel, namespace: string, message: string, extra: object = {}): void =>
    log({ namespace, level, label: '', log: { timestamp: 'then', logger: 'kafkajs', message, ...extra } })
  say(ERROR, 'Connection', 'Connection error: refused', { broker: 'a:1', stack: 'long' })
  say(ERROR, 'ConsumerGroup', 'offset out of range', { stack: 'useful' })
  say(ERROR, 'Connection', 'Response Heartbeat', { error: 'The group is rebalancing, so a rejoin is needed' })
  say(ERROR, 'Producer', `Failed to send messages: ${leaderProbe}`)
  say(WARN, 'Cluster', 'hm')
  say(INFO, 'ConsumerGroup', 'joined')
  say(DEBUG, 'Connection', 'bytes')
  assert.deepEqual(
    telemetry.lines.map(({ level }) => level),
    ['warn', 'error', 'info', 'debug', 'warn', 'info', 'debug'],
  )
  assert.deepEqual(telemetry.lines[0]?.facts, { client: 'Connection', broker: 'a:1' })
  assert.deepEqual(telemetry.lines[1]?.facts, { client: 'ConsumerGroup', stack: 'useful' })
})

test('a sentence that repeats is counted, not written, for ten seconds', async () => {
  const telemetry = new CountedTelemetry()
  const clock = new ManualClock()
  const log = kafkajsLog(telemetry.logger, clock)(kafkajs.logLevel.INFO)
  const say = (broker: string): void =>
    log({
      namespace: 'Connection',
      level: kafkajs.logLevel.ERROR,
      label: 'ERROR',
      log: { timestamp: '', message: 'Connection error', broker },
    })
  for (let i = 0; i < 50; i++) say('a:1')
  say('b:1')
  await clock.advance(10_000)
  say('a:1')
  assert.deepEqual(
    telemetry.lines.map(({ facts }) => [facts['broker'], facts['repeated']]),
    [
      ['a:1', undefined],
      ['b:1', undefined],
      ['a:1', 49],
    ],
  )
})

test('a request that is never answered costs the connection, and the next attempt makes a new one', async (t) => {
  // Reads and never answers, as a broker that was paused.
  const accepted: Socket[] = []
  const server = createServer((socket) => accepted.push(socket.resume()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  const broker = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const telemetry = new CountedTelemetry()
  const kafka = createKafka({ brokers: [broker], requestTimeoutMs: 100 }, telemetry)
  const producer = kafkajsProducers(kafka, { topic: 't' })(() => {})
  const connecting = producer.connect().catch(() => {})
  await until(() => accepted.length >= 2 && accepted[0]?.destroyed === true, { ms: 10_000 })
  assert.ok(telemetry.logged('warn', /does not answer/).length > 0)
  for (const socket of accepted) socket.destroy()
  server.close()
  await connecting
  await producer.close()
})

test('the guard knows the sockets of each broker and forgets the closed ones', async (t) => {
  const server = createServer((socket) => socket.resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const guard = new SocketGuard(noTelemetry.logger)
  const broker = `127.0.0.1:${port}`
  const errors: Error[] = []
  const sockets = [1, 2].map(() =>
    // kafkajs passes null for no TLS, which its types do not say.
    guard
      .connect({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => {} })
      .on('error', (error) => errors.push(error)),
  )
  assert.equal(guard.open(broker), 2)
  guard.destroy('other:1', 'nobody there')
  assert.equal(guard.open(broker), 2)
  guard.destroy(broker, 'test')
  await until(() => guard.open(broker) === 0)
  assert.ok(sockets.every((socket) => socket.destroyed))
  assert.equal(errors.length, 2, 'kafkajs would not notice a socket that closes without an error')
})
