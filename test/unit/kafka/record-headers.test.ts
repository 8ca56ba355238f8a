import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveWrittenEvent } from '../../../src/avro/proof.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import type { Event } from '../../../src/event/event.ts'
import { KafkaSink } from '../../../src/kafka/kafka-sink.ts'
import { recordBytes } from '../../../src/kafka/outgoing-record.ts'
import type { WireRecord } from '../../../src/kafka/producer-port.ts'
import { RecordSink, type RecordSinkOptions } from '../../../src/kafka/record-sink.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'
import { settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from './counted-telemetry.ts'
import { ScriptedBroker } from './scripted-producer.ts'

const push: Event = {
  id: 'e',
  action: 'push',
  target: { repository: 'team/app' },
  source: { addr: 'node:5000' },
}
const registryUrl = 'http://registry.test:8081'

function recordOf(event: Event, more: Partial<EventRecord> = {}): EventRecord {
  return {
    key: Buffer.from(event.target?.repository ?? ''),
    datum: proveWrittenEvent(event).datum,
    fingerprint: registryEventSchema.fingerprint,
    receivedAt: 1_700_000_000_123,
    ...more,
  }
}

async function bed(t: TestContext, options: Partial<RecordSinkOptions>) {
  const broker = new ScriptedBroker()
  const telemetry = new CountedTelemetry()
  const sink = new RecordSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 7 },
    telemetry,
    ...options,
  })
  await sink.start()
  await settle()
  t.after(() => sink.close({ deadlineMs: 0 }).catch(() => {}))
  const sent = (): readonly WireRecord[] =>
    broker.requests.flatMap(({ batches }) => batches.flatMap(({ records }) => records))
  return { sink, sent, telemetry }
}

test('the prefix stands in front of every key and decides the partition with it; the value is the same', async (t) => {
  const plain = await bed(t, {})
  const prefixed = await bed(t, { keyPrefix: 'eu-1/' })
  const record = recordOf(push)
  await plain.sink.write([record])
  const [ack] = await prefixed.sink.write([record])
  assert.equal(String(prefixed.sent()[0]?.key), 'eu-1/team/app')
  assert.equal(ack?.partition, partitionOf(Buffer.from('eu-1/team/app'), 3))
  assert.deepEqual(prefixed.sent()[0]?.value, plain.sent()[0]?.value)
  assert.equal(String(record.key), 'team/app', 'the record of the caller was changed')
})

test('with CloudEvents on every record has their headers, with the key as it stands in Kafka and the schema that it is framed with', async (t) => {
  const { sink, sent } = await bed(t, { keyPrefix: 'eu/', cloudEvents: { registryUrl } })
  await sink.write([recordOf(push, { headers: { traceparent: '00-a-b-01' } })])
  assert.deepEqual(sent()[0]?.headers, {
    traceparent: '00-a-b-01',
    'x-schema-fingerprint': registryEventSchema.fingerprint,
    ce_specversion: '1.0',
    ce_id: 'e',
    ce_source: '//node:5000',
    ce_type: 'io.registry.event.push.v1',
    ce_subject: 'team/app',
    ce_partitionkey: 'eu/team/app',
    'content-type': 'application/avro',
    ce_dataschema: `${registryUrl}/schemas/ids/7`,
  })
})

test('a schema id that comes later is in the headers too, and its place was counted from the start', async (t) => {
  let tell: (id: number) => void = () => {}
  const id = new Promise<number>((resolve) => {
    tell = resolve
  })
  const { sink, sent } = await bed(t, { schemaIds: { idOf: () => id }, cloudEvents: { registryUrl } })
  const writing = sink.write([recordOf(push)])
  await settle()
  const { bytes } = sink.pending
  tell(12_345)
  const [ack] = await writing
  const [record] = sent()
  assert.ok(record)
  assert.equal(ack?.schemaId, 12_345)
  assert.equal(unframe(record.value).schemaId, 12_345)
  assert.equal(record.headers?.['ce_dataschema'], `${registryUrl}/schemas/ids/12345`)
  const { timestamp, ...wire } = record
  const needed = recordBytes({ ...wire, timestamp: Number(timestamp), valueBytes: record.value.length })
  assert.ok(bytes >= needed, `${bytes} counted, ${needed} needed`)
})

test('a record that can be no CloudEvent is published without their headers, counted and told', async (t) => {
  const { sink, sent, telemetry } = await bed(t, { cloudEvents: {} })
  const other = recordOf(push, { fingerprint: 'f0'.repeat(32) })
  await sink.write([recordOf({ id: 'e' }), other, recordOf(push)])
  const withHeaders = sent().filter(({ headers }) => headers?.['ce_id'] !== undefined)
  assert.equal(sent().length, 3)
  assert.equal(withHeaders.length, 1)
  assert.equal(withHeaders[0]?.headers?.['ce_dataschema'], undefined)
  const left = sent().filter((record) => !withHeaders.includes(record))
  for (const { headers } of left) assert.deepEqual(Object.keys(headers ?? {}), ['x-schema-fingerprint'])
  assert.equal(telemetry.value('records_without_cloud_event_total no-source'), 1)
  assert.equal(telemetry.value('records_without_cloud_event_total unreadable'), 1)
  assert.equal(telemetry.logged('warn', /without the headers of CloudEvents/).length, 1)
})

test('a damaged datum is published all the same: what it says decides nothing', async (t) => {
  const { sink, sent } = await bed(t, { cloudEvents: {} })
  await sink.write([recordOf(push, { datum: Buffer.from('damaged') })])
  assert.deepEqual(unframe(sent()[0]?.value as Buffer).datum, Buffer.from('damaged'))
})

test('a sink of events takes prefix and CloudEvents as the sink of records does', async (t) => {
  const broker = new ScriptedBroker()
  const sink = new KafkaSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 1 },
    keyPrefix: 'lib/',
    cloudEvents: {},
  })
  t.after(() => sink.close())
  await sink.start()
  await sink.write([push])
  const [record] = broker.requests.flatMap(({ batches }) => batches.flatMap(({ records }) => records))
  assert.equal(String(record?.key), 'lib/team/app')
  assert.equal(record?.headers?.['ce_type'], 'io.registry.event.push.v1')
})
