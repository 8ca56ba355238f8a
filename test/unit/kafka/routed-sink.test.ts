import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveWrittenEvent } from '../../../src/avro/proof.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import { type ErrorCode, isRelayError, RelayError } from '../../../src/errors.ts'
import { KafkaSink } from '../../../src/kafka/kafka-sink.ts'
import { RecordSink } from '../../../src/kafka/record-sink.ts'
import { settleTogether, type WrittenPart } from '../../../src/kafka/routed-outcome.ts'
import { createRecordSink, RoutedSink, type RoutedSinkOptions } from '../../../src/kafka/routed-sink.ts'
import type { TopicRoute } from '../../../src/kafka/topic-routes.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from './counted-telemetry.ts'
import { protocolError, ScriptedBroker } from './scripted-producer.ts'

const pullRoute: TopicRoute = { topic: 'pulls', actions: ['pull'] }

function recordOf(id: string, action: string, more: Partial<EventRecord> = {}): EventRecord {
  return {
    key: Buffer.from('team/app'),
    datum: proveWrittenEvent({ id, action, target: { repository: 'team/app' } }).datum,
    fingerprint: registryEventSchema.fingerprint,
    receivedAt: 1_700_000_000_123,
    ...more,
  }
}

const push = (id: string): EventRecord => recordOf(id, 'push')
const pull = (id: string): EventRecord => recordOf(id, 'pull')

/** One scripted Kafka per topic, so that one of them can be in trouble. */
async function bed(t: TestContext, options: Partial<RoutedSinkOptions> = {}) {
  const events = new ScriptedBroker()
  const pulls = new ScriptedBroker()
  const telemetry = new CountedTelemetry()
  const clock = new ManualClock()
  const sink = new RoutedSink({
    topic: 'events',
    producer: events.producer,
    schemaIds: { idOf: () => 1 },
    routes: [pullRoute],
    partsOf: () => ({ producer: pulls.producer, schemaIds: { idOf: () => 2 } }),
    clock,
    random: () => 0,
    telemetry,
    ...options,
  })
  await sink.start()
  await settle()
  t.after(() => {
    for (const broker of [events, pulls]) {
      broker.hold = false
      for (const request of [...broker.open]) request.confirm()
    }
    const closing = sink.close({ deadlineMs: 0 }).catch(() => {})
    return Promise.all([closing, clock.advance(10_000)])
  })
  return { sink, events, pulls, telemetry, clock }
}

function idsIn(broker: ScriptedBroker): string[] {
  return broker.requests
    .flatMap(({ batches }) => batches.flatMap(({ records }) => records))
    .map(({ value }) => /[a-z]\d/.exec(String(unframe(value).datum))?.[0] ?? '?')
}

async function failure(writing: Promise<unknown>): Promise<RelayError> {
  const error = await writing.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isRelayError(error))
  return error
}

test('each event goes to the topic of the first route that means it, with the schema id of that topic', async (t) => {
  const { sink, events, pulls } = await bed(t, {
    routes: [pullRoute, { topic: 'events', actions: ['pull', 'push'] }],
  })
  const acks = await sink.write([push('a1'), pull('b1'), push('a2'), recordOf('c1', 'mount'), pull('b2')])
  assert.deepEqual(
    acks.map(({ topic, schemaId }) => [topic, schemaId]),
    [
      ['events', 1],
      ['pulls', 2],
      ['events', 1],
      ['events', 1],
      ['pulls', 2],
    ],
  )
  assert.deepEqual(idsIn(events), ['a1', 'a2', 'c1'])
  assert.deepEqual(idsIn(pulls), ['b1', 'b2'])
})

test('receipts stand in the order of the write, also when one topic is slow', async (t) => {
  const { sink, events } = await bed(t)
  events.hold = true
  const writing = sink.write([push('a1'), pull('b1'), push('a2')])
  await settle()
  events.hold = false
  for (const request of [...events.open]) request.confirm()
  const acks = await writing
  assert.deepEqual(
    acks.map(({ topic, offset }) => `${topic} ${offset}`),
    ['events 0', 'pulls 0', 'events 1'],
  )
})

test('writes that follow one another keep their order in each topic', async (t) => {
  const { sink, events, pulls } = await bed(t)
  const ids = Array.from({ length: 9 }, (_, i) => i)
  await Promise.all(ids.map((i) => sink.write([push(`a${i}`), pull(`b${i}`)])))
  assert.deepEqual(
    idsIn(events),
    ids.map((i) => `a${i}`),
  )
  assert.deepEqual(
    idsIn(pulls),
    ids.map((i) => `b${i}`),
  )
})

test('a record that Kafka refuses in one topic is named by its place in the write, and all others are stored', async (t) => {
  const { sink, events, pulls } = await bed(t)
  pulls.onProduce = ({ batches }) => {
    const texts = batches.flatMap(({ records }) => records.map(({ value }) => String(value)))
    if (texts.some((text) => text.includes('b2'))) throw protocolError('INVALID_TIMESTAMP', 32)
  }
  const writing = sink.write([push('a1'), pull('b1'), push('a2'), pull('b2')])
  const error = await failure(writing)
  assert.equal(error.code, 'RECORD_REJECTED')
  const rejected = error.facts['rejected'] as readonly { readonly index: number }[]
  assert.deepEqual(
    rejected.map(({ index }) => index),
    [3],
  )
  assert.equal(events.all.length, 2)
  assert.equal(pulls.all.length, 1)
})

test('a record too large for its topic is refused alone, by its place in the write', async (t) => {
  const { sink, events, pulls } = await bed(t, { maxRecordBytes: 2_000 })
  const large = recordOf('b2', 'pull', { headers: { note: 'x'.repeat(3_000) } })
  const error = await failure(sink.write([push('a1'), pull('b1'), push('a2'), large]))
  assert.equal(error.code, 'TOO_LARGE')
  assert.equal(error.facts['index'], 3)
  const rejected = error.facts['rejected'] as readonly { readonly index: number }[]
  assert.deepEqual(
    rejected.map(({ index }) => index),
    [3],
  )
  assert.equal(events.all.length, 2)
  assert.equal(pulls.all.length, 1)
})

test('where one topic has no room nothing goes to the others: whoever is refused writes all of it again', async (t) => {
  const { sink, events, pulls } = await bed(t, { budgetRecords: 1, overBudget: 'reject' })
  pulls.hold = true
  void sink.write([pull('b0')])
  await settle()
  for (let time = 0; time < 3; time++) {
    assert.equal((await failure(sink.write([push('a1'), pull('b1')]))).code, 'OVER_BUDGET')
  }
  await settle()
  assert.deepEqual(events.all, [])
  assert.equal(sink.pending.records, 1)
})

test('of two failures the one that may pass is told, or a caller would give up what could still be stored', async () => {
  const failed = (topic: string, index: number, code: ErrorCode): WrittenPart => ({
    topic,
    indices: [index],
    written: Promise.reject(new RelayError(code, topic)),
  })
  const parts = [failed('events', 0, 'TOO_LARGE'), failed('pulls', 1, 'DEADLINE_EXCEEDED')]
  const error = await failure(settleTogether(parts))
  assert.equal(error.code, 'DEADLINE_EXCEEDED')
  assert.ok(error.retriable)
  const rejected = error.facts['rejected'] as readonly { readonly index: number }[]
  assert.deepEqual(
    rejected.map(({ index }) => index),
    [0, 1],
  )
})

test('the reason of an aborted signal is what the write rejects with, whatever the topics', async (t) => {
  const { sink, events, pulls } = await bed(t)
  events.hold = true
  pulls.hold = true
  const stop = new AbortController()
  const writing = sink.write([push('a1'), pull('b1')], { signal: stop.signal })
  const reason = new Error('given up')
  stop.abort(reason)
  await assert.rejects(writing, (error) => error === reason)
})

test('a record of another schema version, and one that cannot be read, go to the main topic, counted and told', async (t) => {
  const { sink, events, pulls, telemetry } = await bed(t)
  const other = { ...pull('a1'), fingerprint: 'f0'.repeat(32) }
  const damaged = { ...pull('a2'), datum: Buffer.from('a2 damaged') }
  await sink.write([other, damaged, pull('b1')])
  assert.deepEqual(idsIn(events), ['a1', 'a2'])
  assert.deepEqual(idsIn(pulls), ['b1'])
  assert.equal(telemetry.value('unrouted_records_total'), 2)
  assert.equal(telemetry.logged('warn', /cannot be read here/).length, 1)
})

test('it is ready when every topic is, and says once what order there is', async (t) => {
  const { sink, telemetry } = await bed(t)
  assert.deepEqual(sink.readiness(), { ready: true })
  const [line] = telemetry.logged('info', /the order of a repository holds within each/)
  assert.deepEqual(line?.facts, { topics: ['events', 'pulls'] })

  const pulls = new ScriptedBroker()
  pulls.onConnect = () => {
    throw new Error('no such topic')
  }
  const other = await bed(t, {
    partsOf: () => ({ producer: pulls.producer, schemaIds: { idOf: () => 2 } }),
  })
  const { ready, reason } = other.sink.readiness()
  assert.equal(ready, false)
  assert.match(reason ?? '', /pulls/)
})

test('what is pending is the sum over the topics', async (t) => {
  const { sink, events, pulls, clock } = await bed(t)
  events.hold = true
  pulls.hold = true
  void sink.write([pull('b1')])
  await clock.advance(500)
  void sink.write([push('a1'), push('a2')])
  await clock.advance(500)
  const { records, bytes, oldestMs } = sink.pending
  assert.equal(records, 3)
  assert.ok(bytes > 0)
  assert.equal(oldestMs, 1_000)
})

test('without routes it is one topic, and routes need to know how to reach their topics', () => {
  const options = { topic: 't', producer: new ScriptedBroker().producer, schemaIds: { idOf: () => 1 } }
  assert.ok(createRecordSink(options) instanceof RecordSink)
  assert.throws(() => createRecordSink({ ...options, routes: [pullRoute] }), { code: 'CONFIG_INVALID' })
})

test('a sink of events routes the events that it is given', async (t) => {
  const events = new ScriptedBroker()
  const pulls = new ScriptedBroker()
  const sink = new KafkaSink({
    topic: 'events',
    producer: events.producer,
    schemaIds: { idOf: () => 1 },
    routes: [{ topic: 'pulls', actions: ['pull'], repositories: { include: ['team/**'] } }],
    partsOf: () => ({ producer: pulls.producer, schemaIds: { idOf: () => 2 } }),
  })
  t.after(() => sink.close())
  await sink.start()
  const acks = await sink.write([
    { id: 'a1', action: 'push', target: { repository: 'team/app' } },
    { id: 'b1', action: 'pull', target: { repository: 'team/app' } },
    { id: 'a2', action: 'pull', target: { repository: 'other' } },
  ])
  assert.deepEqual(
    acks.map(({ topic }) => topic),
    ['events', 'pulls', 'events'],
  )
})
