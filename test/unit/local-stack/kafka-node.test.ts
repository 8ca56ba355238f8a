import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  brokerProperties,
  type KafkaNode,
  newUuid,
  prepareFolder,
} from '../../../src/local-stack/kafka-node.ts'

const host = '127.0.0.1'
const single: KafkaNode = {
  id: 1,
  host,
  clientPort: 1001,
  controllerPort: 1002,
  voters: [{ id: 1, host, controllerPort: 1002 }],
  folder: '/data',
  properties: {},
}

test('one broker keeps one copy of the topics that Kafka makes for itself', () => {
  const properties = brokerProperties(single)
  assert.equal(properties['controller.quorum.voters'], '1@127.0.0.1:1002')
  assert.equal(properties['advertised.listeners'], 'CLIENT://127.0.0.1:1001')
  assert.equal(properties['offsets.topic.replication.factor'], '1')
  assert.equal(properties['transaction.state.log.min.isr'], '1')
  assert.equal(properties['auto.create.topics.enable'], 'false')
})

test('three brokers name each other as voters and keep three copies', () => {
  const voters = [1, 2, 3].map((id) => ({ id, host, controllerPort: 2000 + id }))
  const properties = brokerProperties({ ...single, id: 2, voters })
  assert.equal(properties['node.id'], '2')
  assert.equal(properties['controller.quorum.voters'], '1@127.0.0.1:2001,2@127.0.0.1:2002,3@127.0.0.1:2003')
  assert.equal(properties['offsets.topic.replication.factor'], '3')
  assert.equal(properties['transaction.state.log.min.isr'], '2')
})

test('records of a cluster are acknowledged by two of three, those of one broker by itself', () => {
  const voters = [1, 2, 3].map((id) => ({ id, host, controllerPort: 2000 + id }))
  assert.equal(brokerProperties({ ...single, voters })['min.insync.replicas'], '2')
  assert.equal(brokerProperties(single)['min.insync.replicas'], '1')
})

test('behind a proxy clients are told its port, and brokers keep one of their own', () => {
  const properties = brokerProperties({ ...single, advertisedPort: 9999, interBrokerPort: 1003 })
  assert.equal(
    properties['listeners'],
    'CLIENT://127.0.0.1:1001,CONTROLLER://127.0.0.1:1002,INTERNAL://127.0.0.1:1003',
  )
  assert.equal(properties['advertised.listeners'], 'CLIENT://127.0.0.1:9999,INTERNAL://127.0.0.1:1003')
  assert.equal(properties['inter.broker.listener.name'], 'INTERNAL')
  assert.equal(brokerProperties(single)['inter.broker.listener.name'], 'CLIENT')
})

test('a further listener has its name, its protocol and its port', () => {
  const extraListeners = [{ name: 'MTLS', protocol: 'SSL', port: 1004 }] as const
  const properties = brokerProperties({ ...single, extraListeners })
  assert.equal(properties['advertised.listeners'], 'CLIENT://127.0.0.1:1001,MTLS://127.0.0.1:1004')
  assert.equal(properties['listener.security.protocol.map'], 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,MTLS:SSL')
})

test('settings of the caller win', () => {
  const properties = brokerProperties({
    ...single,
    properties: { 'auto.create.topics.enable': 'true', x: 'y' },
  })
  assert.equal(properties['auto.create.topics.enable'], 'true')
  assert.equal(properties['x'], 'y')
})

test('a folder is formatted once: a second start changes ports but not ids', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'kafka-node-'))
  t.after(() => rm(root, { recursive: true }))
  const bootstrap = join(root, 'bootstrap')
  await writeFile(bootstrap, 'metadata')
  const node = { ...single, folder: join(root, 'kafka') }
  await prepareFolder(node, bootstrap, newUuid())
  const ids = await readFile(join(node.folder, 'data', 'meta.properties'), 'utf8')
  assert.match(ids, /^version=1\ncluster\.id=[\w-]{22}\nnode\.id=1\ndirectory\.id=[\w-]{22}\n$/)
  assert.equal(await readFile(join(node.folder, 'data', 'bootstrap.checkpoint'), 'utf8'), 'metadata')
  await prepareFolder({ ...node, clientPort: 3001 }, bootstrap, newUuid())
  assert.equal(await readFile(join(node.folder, 'data', 'meta.properties'), 'utf8'), ids)
  assert.match(
    await readFile(join(node.folder, 'server.properties'), 'utf8'),
    /^advertised\.listeners=.*:3001$/m,
  )
})

test('ids are 16 bytes in base64url and never begin with a dash', () => {
  for (let n = 0; n < 500; n++) assert.match(newUuid(), /^\w[\w-]{21}$/)
})
