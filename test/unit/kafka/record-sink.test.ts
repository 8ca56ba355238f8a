import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import { isRelayError } from '../../../src/errors.ts'
import { KafkaSink } from '../../../src/kafka/kafka-sink.ts'
import { RecordSink, type SchemaIdSource } from '../../../src/kafka/record-sink.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { keyOf } from './publisher-bed.ts'
import { ScriptedBroker } from './scripted-producer.ts'

function eventRecord(text: string, fingerprint = 'f1', partition = 0): EventRecord {
  return {
    key: Buffer.from(keyOf(partition)),
    datum: Buffer.from(text),
    fingerprint,
    receivedAt: 1_700_000_000_123,
  }
}

async function sinkOf(
  t: TestContext,
  schemaIds: SchemaIdSource,
): Promise<{ sink: RecordSink; broker: ScriptedBroker }> {
  const broker = new ScriptedBroker()
  const sink = new RecordSink({ topic: 'events', producer: broker.producer, schemaIds })
  await sink.start()
  await settle()
  t.after(() => sink.close({ deadlineMs: 0 }).catch(() => {}))
  return { sink, broker }
}

test('frames each datum with the id of its own schema, and sends fingerprint, time and headers with it', async (t) => {
  const ids: Record<string, number> = { f1: 7, f2: 8 }
  const { sink, broker } = await sinkOf(t, { idOf: (fingerprint) => ids[fingerprint] as number })
  const acks = await sink.write([
    { ...eventRecord('old'), headers: { ce_id: 'x' } },
    eventRecord('new', 'f2'),
  ])
  assert.deepEqual(acks, [
    { topic: 'events', partition: 0, offset: '0', schemaId: 7 },
    { topic: 'events', partition: 0, offset: '1', schemaId: 8 },
  ])
  const [old, young] = broker.requests[0]?.batches[0]?.records ?? []
  assert.deepEqual(old?.headers, { ce_id: 'x', 'x-schema-fingerprint': 'f1' })
  assert.deepEqual(young?.headers, { 'x-schema-fingerprint': 'f2' })
  assert.equal(old?.timestamp, '1700000000123')
  assert.deepEqual(unframe(old?.value as Buffer), { schemaId: 7, datum: Buffer.from('old') })
  assert.deepEqual(unframe(young?.value as Buffer), { schemaId: 8, datum: Buffer.from('new') })
})

test('S4: an id that moves while records wait for Kafka is not the one they are framed with', async (t) => {
  let id = 1
  const broker = new ScriptedBroker()
  const sink = new RecordSink({ topic: 'events', producer: broker.producer, schemaIds: { idOf: () => id } })
  t.after(() => sink.close({ deadlineMs: 0 }).catch(() => {}))
  const waiting = sink.write([eventRecord('a'), eventRecord('b')])
  await settle()
  id = 2
  await sink.start()
  assert.deepEqual(
    (await waiting).map(({ schemaId }) => schemaId),
    [2, 2],
  )
  const [first] = broker.requests[0]?.batches[0]?.records ?? []
  assert.equal(unframe(first?.value as Buffer).schemaId, 2)
})

test('two writes without await between keep their order, also when the id comes between them', async (t) => {
  let known: number | undefined
  let tell: (id: number) => void = () => {}
  const promise = new Promise<number>((resolve) => {
    tell = resolve
  })
  const { sink, broker } = await sinkOf(t, { idOf: () => known ?? promise })
  const first = sink.write([eventRecord('first')])
  await settle()
  known = 9
  const second = sink.write([eventRecord('second')])
  await settle()
  assert.deepEqual(broker.all, [], 'the second did not wait for the first')
  tell(9)
  const acks = (await Promise.all([first, second])).flat()
  assert.deepEqual(
    acks.map(({ offset, schemaId }) => [offset, schemaId]),
    [
      ['0', 9],
      ['1', 9],
    ],
  )
})

test('a source of ids that only ever promises is not asked for ever', async (t) => {
  const { sink, broker } = await sinkOf(t, { idOf: async () => 5 })
  const acks = await sink.write([eventRecord('a'), eventRecord('b')])
  assert.deepEqual(
    acks.map(({ schemaId }) => schemaId),
    [5, 5],
  )
  assert.deepEqual(broker.all.length, 2)
})

test('an id that cannot be had rejects the write, whether it is thrown or promised', async (t) => {
  const error = new Error('not ours')
  for (const idOf of [
    () => {
      throw error
    },
    () => Promise.reject(error),
  ]) {
    const { sink, broker } = await sinkOf(t, { idOf })
    await assert.rejects(sink.write([eventRecord('a')]), (thrown) => thrown === error)
    assert.equal(sink.pending.records, 0)
    assert.deepEqual(broker.all, [])
  }
})

test('a promised id that fails after its write was refused is no unhandled rejection', async (t) => {
  const { sink } = await sinkOf(t, { idOf: () => Promise.reject(new Error('too late')) })
  await sink.close()
  await assert.rejects(sink.write([eventRecord('a')]), (error) => isRelayError(error, 'SINK_CLOSED'))
  await settle()
})

test('a sink of events encodes them under the key of the repository, at the time of the write', async (t) => {
  const broker = new ScriptedBroker()
  const clock = new ManualClock()
  const sink = new KafkaSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 1 },
    publisherId: 'build-7',
    clock,
  })
  t.after(() => sink.close())
  await sink.start()
  const event = { id: 'e', action: 'push', target: { repository: 'library/alpine', tag: 'latest' } }
  await sink.write([event, { id: 'no repository' }])
  const records = broker.requests.flatMap(({ batches }) => batches.flatMap((batch) => batch.records))
  const stored = new Map(
    records.map(({ key, value }) => [String(key), decodeStoredEvent(unframe(value).datum)]),
  )
  assert.deepEqual(stored.get('library/alpine')?.event, event)
  assert.equal(stored.get('library/alpine')?.ingest?.receivedAt, clock.now())
  assert.equal(stored.get('library/alpine')?.ingest?.publisherId, 'build-7')
  assert.deepEqual(stored.get('')?.event, { id: 'no repository' })
  assert.ok(
    records.every(({ headers }) => headers?.['x-schema-fingerprint'] === registryEventSchema.fingerprint),
  )
})

test('an event that is not of the model rejects its write with its place, and nothing of it is written', async (t) => {
  const broker = new ScriptedBroker()
  const sink = new KafkaSink({ topic: 'events', producer: broker.producer, schemaIds: { idOf: () => 1 } })
  t.after(() => sink.close())
  await sink.start()
  const wrong = { id: 5 as unknown as string }
  await assert.rejects(sink.write([{ id: 'right' }, wrong]), (error) => {
    assert.ok(isRelayError(error, 'EVENT_INVALID'))
    assert.equal(error.facts['index'], 1)
    assert.match(error.message, /item 1.*id/)
    return true
  })
  await settle()
  assert.deepEqual(broker.all, [])
})

test('after close a sink of events rejects every write', async () => {
  const sink = new KafkaSink({
    topic: 't',
    producer: new ScriptedBroker().producer,
    schemaIds: { idOf: () => 1 },
  })
  await sink.close()
  await assert.rejects(sink.write([{ id: 'e' }]), (error) => isRelayError(error, 'SINK_CLOSED'))
  assert.equal(sink.readiness().ready, false)
})
