import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { Event } from '../../../src/event/event.ts'
import { ProducerSpans, type TracedRecord } from '../../../src/kafka/producer-spans.ts'
import { RecordSink } from '../../../src/kafka/record-sink.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { settle } from '../../support/manual-clock.ts'
import { RecordingTracer } from '../../support/recording-tracer.ts'
import { keyOf } from './publisher-bed.ts'
import { ScriptedBroker } from './scripted-producer.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const event: Event = { id: 'e-1', action: 'push', target: { repository: 'team/app' } }
const key = Buffer.from(keyOf(0))

function recordOf(headers: Record<string, string> | undefined, of: Event = event) {
  const rest = headers === undefined ? {} : { headers }
  return { key, datum: Buffer.from('d'), fingerprint: 'f', receivedAt: 0, event: of, ...rest }
}

test('each record goes to Kafka under a span of its own, which says where it is', async (t) => {
  const tracer = new RecordingTracer()
  const broker = new ScriptedBroker()
  const sink = new RecordSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 7 },
    telemetry: { ...noTelemetry, tracer },
    cloudEvents: { registryUrl: 'http://registry' },
  })
  t.after(() => sink.close({ deadlineMs: 0 }))
  await sink.start()
  await settle()
  const source: Event = { ...event, request: { host: 'registry.example' } }
  await sink.write([recordOf({ traceparent, tracestate: 'a=b' }, source), recordOf(undefined, {})])
  const [first, second] = tracer.spans
  assert.ok(first && second)
  assert.deepEqual(
    [first.name, first.kind, first.parent, first.ended, first.failure],
    ['send events', 'producer', { traceparent, tracestate: 'a=b' }, true, undefined],
  )
  assert.deepEqual(first.attributes, {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'events',
    'messaging.kafka.message.key': String(key),
    'messaging.message.id': 'e-1',
    'registry_relay.action': 'push',
    'registry_relay.repository': 'team/app',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0,
  })
  assert.deepEqual([second.parent, second.attributes['messaging.message.id']], [undefined, undefined])
  const sent = broker.requests.flatMap(({ batches }) => batches.flatMap(({ records }) => records))
  assert.deepEqual(
    sent.map(({ headers }) => [headers?.['traceparent'], headers?.['tracestate']]),
    [
      [first.context.traceparent, 'a=b'],
      [second.context.traceparent, undefined],
    ],
  )
  // Completed when it is sent, long after the headers were made.
  assert.equal(sent[0]?.headers?.['ce_dataschema'], 'http://registry/schemas/ids/7')
})

/** What a write that ends so leaves of the spans of three records. */
async function failuresAfter(error: Error): Promise<readonly (string | undefined)[]> {
  const tracer = new RecordingTracer()
  const spans = new ProducerSpans<TracedRecord>(tracer, 'events', () => ({}))
  await assert.rejects(
    spans.around([{ key }, { key }, { key }], () => Promise.reject(error)),
    error,
  )
  assert.ok(tracer.spans.every(({ ended }) => ended))
  return tracer.spans.map(({ failure }) => failure)
}

test('of a write that failed the spans say why, but for records that are in their topic', async () => {
  assert.deepEqual(await failuresAfter(new TypeError('x')), ['TypeError', 'TypeError', 'TypeError'])
  const over = new RelayError('OVER_BUDGET', 'x')
  assert.deepEqual(await failuresAfter(over), ['OVER_BUDGET', 'OVER_BUDGET', 'OVER_BUDGET'])
  const large = new RelayError('TOO_LARGE', 'x', { facts: { rejected: [{ index: 1, reason: 'too_large' }] } })
  assert.deepEqual(await failuresAfter(large), [undefined, 'TOO_LARGE', undefined])
})

test('what nobody gets to see is not looked up, and its context is carried all the same', async () => {
  const tracer = new RecordingTracer()
  tracer.recording = false
  const spans = new ProducerSpans<TracedRecord>(tracer, 'events', () => assert.fail('looked up'))
  const written: TracedRecord[] = []
  await spans.around([{ key, headers: { traceparent, other: 'x' } }], async (records) => {
    written.push(...records)
    return [{ partition: 3, offset: '-1' }]
  })
  const [span] = tracer.spans
  assert.deepEqual(written[0]?.headers, { other: 'x', ...span?.context })
  // A broker that only said that it has the record already.
  assert.equal(span?.attributes['messaging.kafka.offset'], undefined)
})
