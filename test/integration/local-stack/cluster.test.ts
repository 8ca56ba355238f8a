import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type kafkajs from 'kafkajs'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { probeMembers } from '../../../src/local-stack/kafka-members.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { FaultProxy } from '../../support/fault-proxy/fault-proxy.ts'
import { moveLeader } from '../../support/leaders.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'

let stack: LocalStack
let proxy: FaultProxy | undefined
let admin: kafkajs.Admin
let producer: kafkajs.Producer
const topic = 'three-copies'

before(async () => {
  stack = await startLocalStack({
    brokerCount: 3,
    schemaRegistry: false,
    listeners: [{ name: 'SECOND', protocol: 'PLAINTEXT' }],
    advertise: async (nodes) => {
      await proxy?.close()
      proxy = await FaultProxy.listen(nodes.length, seededRandom(1))
      proxy.forwardTo(nodes.map(({ port }) => `127.0.0.1:${port}`))
      return proxy.ports
    },
  })
  const kafka = createKafka({ brokers: stack.brokers, requestTimeoutMs: 3_000 }, noTelemetry)
  admin = kafka.admin()
  producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 30, maxRetryTime: 1_000 } })
  await admin.connect()
  await producer.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
})

after(async () => {
  await admin?.disconnect()
  await producer?.disconnect()
  await stack?.stop()
  await proxy?.close()
})

const partitions = async (): Promise<kafkajs.PartitionMetadata[]> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return (topics[0]?.partitions ?? []).toSorted((a, b) => a.partitionId - b.partitionId)
}
/** False also while the broker that is asked does not answer. */
const every = (holds: (isr: readonly number[]) => boolean): Promise<boolean> =>
  partitions().then(
    (found) => found.length === 3 && found.every(({ isr }) => holds(isr)),
    () => false,
  )
const inSync = (): Promise<boolean> => every((isr) => isr.length === 3)
/** One partition in each request: of a request to two brokers kafkajs can lose a half and call it sent. */
async function send(value: string): Promise<void> {
  for (const partition of [0, 1, 2]) {
    await producer.send({ topic, acks: -1, messages: [{ partition, value }] })
  }
}

test('a cluster of three is complete when it has started, and clients are told the ports of the proxies', async () => {
  assert.equal(stack.way, 'java')
  assert.deepEqual(
    stack.nodes.map(({ name }) => name),
    ['kafka-1', 'kafka-2', 'kafka-3'],
  )
  assert.equal(stack.kafka, stack.nodes[0])
  const { brokers } = await admin.describeCluster()
  assert.deepEqual(
    brokers
      .toSorted((a, b) => a.nodeId - b.nodeId)
      .map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]),
    stack.brokers.map((address, index) => [index + 1, address]),
  )
  assert.deepEqual(stack.brokers, proxy?.addresses)
  assert.ok((await partitions()).every(({ replicas }) => replicas.length === 3))
  await until(inSync)
  assert.ok((proxy?.counts.connections ?? 0) > 0)
})

test('a topic with three copies survives kill -9 of one broker, which comes back into sync', async () => {
  await send('before')
  const [, second] = stack.nodes
  assert.ok(second)
  await second.kill()
  await send('during')
  await until(() => every((isr) => !isr.includes(2)), { ms: 60_000 })
  await second.start()
  await until(inSync, { ms: 60_000 })
  await send('after')
  // A plain client may repeat what it has no answer to.
  const stored = await readRecords(stack.brokers, topic)
  for (const one of [0, 1, 2]) {
    const own = stored.filter(({ partition }) => partition === one).map(({ value }) => String(value))
    assert.deepEqual([...new Set(own)], ['before', 'during', 'after'])
  }
})

test('a broker that stands still loses its place, and takes it again', async () => {
  const [, , third] = stack.nodes
  assert.ok(third)
  third.pause()
  try {
    await until(() => every((isr) => !isr.includes(3)), { ms: 60_000 })
  } finally {
    third.resume()
  }
  await until(inSync, { ms: 60_000 })
  const [port] = stack.brokers.map((address) => Number(address.split(':')[1]))
  assert.ok(port)
  await probeMembers('127.0.0.1', port, [1, 2, 3], 2_000)
})

test('a leader can be moved to another broker', async () => {
  const [first] = await partitions()
  assert.ok(first)
  const to = (first.leader % 3) + 1
  await moveLeader(String(stack.brokers[0]), { topic, partition: 0, to })
  await until(async () => (await partitions())[0]?.leader === to)
})

test('a further listener leads to itself on every broker', async () => {
  const addresses = stack.listenerAddresses('SECOND')
  const second = createKafka({ brokers: addresses }, noTelemetry).admin()
  await second.connect()
  const { brokers } = await second.describeCluster()
  await second.disconnect()
  assert.deepEqual(brokers.map(({ host, port }) => `${host}:${port}`).toSorted(), [...addresses].toSorted())
  assert.throws(() => stack.listenerAddresses('THIRD'), /without a listener THIRD/)
})

test('a tool of Kafka tells what it has to say, and how it fails', async () => {
  const described = await stack.runTool('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', stack.listenerAddresses('SECOND').join(',')],
    ...['--describe', '--all', '--entity-type', 'brokers', '--entity-name', '2'],
  ])
  assert.match(described, /min\.insync\.replicas=2/)
  await assert.rejects(stack.runTool('kafka.admin.ConfigCommand', ['--describe']), {
    code: 'REAL_PARTS_FAILED',
    message: /kafka\.admin\.ConfigCommand: it ended with exit status 1/,
  })
})
