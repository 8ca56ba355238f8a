import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openKafkaSink } from '../../src/app/open-kafka-sink.ts'
import { registryEventSchema } from '../../src/avro/event-schema.ts'
import { unframe } from '../../src/avro/wire-format.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { relayTopics } from '../../src/kafka/topics.ts'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { type RawRecord, readRecords } from '../support/read-records.ts'
import { startRelay } from '../support/relay.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

function bodyOf(id: string, action: string, repository = 'team/app'): string {
  return JSON.stringify({
    events: [
      {
        id,
        timestamp: '2026-03-04T05:06:07.123Z',
        action,
        target: { repository, tag: '1.0' },
        request: { host: 'registry.example.test' },
      },
    ],
  })
}

async function post(url: string, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json', traceparent }
  return (await fetch(url, { method: 'POST', headers, body })).status
}

function idsOf(records: readonly RawRecord[]): string[] {
  return records.map(({ headers }) => headers['ce_id'] ?? '?').toSorted()
}

test('routed events are in their topic, with key, headers and compression as set, and reach the endpoint byte for byte', async (t) => {
  const pulls = `pulls-${randomUUID()}`
  const relay = await startRelay(t, stack, {
    topics: `routes: [{ topic: ${pulls}, actions: [pull], repositories: { exclude: ["kept/**"] } }]`,
    records: 'keyPrefix: "eu-1/", cloudEvents: true, traceparent: true',
    kafka: 'compression: lz4',
  })
  const bodies = [
    bodyOf('push', 'push'),
    bodyOf('pull', 'pull'),
    bodyOf('kept', 'pull', 'kept/app'),
    bodyOf('delete', 'delete'),
  ]
  for (const body of bodies) assert.equal(await post(relay.url, body), 200)
  await relay.receivedAtLeast(bodies.length)
  assert.deepEqual(relay.received.map(({ body }) => String(body)).toSorted(), bodies.toSorted())

  const main = await readRecords(stack.brokers, relay.config.topics.events)
  const routed = await readRecords(stack.brokers, pulls)
  assert.deepEqual(idsOf(main), ['delete', 'kept', 'push'])
  assert.deepEqual(idsOf(routed), ['pull'])
  const [record] = routed
  assert.ok(record)
  const { schemaId } = unframe(record.value)
  assert.equal(record.key, 'eu-1/team/app')
  assert.deepEqual(record.headers, {
    traceparent,
    'x-schema-fingerprint': registryEventSchema.fingerprint,
    ce_specversion: '1.0',
    ce_id: 'pull',
    ce_source: '//registry.example.test',
    ce_type: 'io.registry.event.pull.v1',
    ce_time: '2026-03-04T05:06:07.123Z',
    ce_subject: 'team/app:1.0',
    ce_partitionkey: 'eu-1/team/app',
    ce_dataschema: `${stack.schemaRegistryUrl.replace(/\/+$/, '')}/schemas/ids/${schemaId}`,
    'content-type': 'application/avro',
  })
  const schema = await fetch(record.headers['ce_dataschema'] ?? '')
  assert.ok(JSON.stringify(await schema.json()).includes('RegistryEvent'))

  const admin = createKafka({ brokers: stack.brokers }, noTelemetry).admin()
  t.after(() => admin.disconnect())
  await admin.connect()
  const { group } = relay.config.bridge
  const { groups } = await admin.listGroups()
  assert.deepEqual(
    groups
      .map(({ groupId }) => groupId)
      .filter((name) => name.startsWith(group))
      .toSorted(),
    [`${group}.${pulls}.receiver`, `${group}.receiver`].toSorted(),
  )
})

test('a sink of a program routes its events, each topic under a subject of its own', async (t) => {
  const run = randomUUID()
  const [topic, pushes] = [`events-${run}`, `pushes-${run}`]
  const admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
  t.after(() => admin.close())
  await admin.ensureTopics(
    relayTopics({ events: topic, routes: [{ topic: pushes }], partitions: 3, replicationFactor: 1 }).filter(
      (spec) => [topic, pushes].includes(spec.topic),
    ),
  )
  const sink = openKafkaSink({
    kafka: { brokers: stack.brokers },
    schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
    topic,
    routes: [{ topic: pushes, actions: ['push'] }],
    keyPrefix: 'lib/',
  })
  t.after(() => sink.close())
  const acks = await sink.write(
    ['push', 'pull', 'push'].map((action) => ({ id: action, action, target: { repository: 'r' } })),
  )
  assert.deepEqual(
    acks.map((ack) => ack.topic),
    [pushes, topic, pushes],
  )
  assert.deepEqual(sink.readiness(), { ready: true })
  for (const name of [topic, pushes]) {
    const answer = await fetch(new URL(`subjects/${name}-value/versions`, `${stack.schemaRegistryUrl}/`))
    assert.equal(answer.status, 200, name)
    for (const { key } of await readRecords(stack.brokers, name)) assert.equal(key, 'lib/r')
  }
})
