import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LateSinks, sinkParts } from '../../../src/app/late-sinks.ts'
import type { KafkaSinks } from '../../../src/app/open-kafka-sinks.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { RelayError } from '../../../src/errors.ts'
import type { QuarantineRecord } from '../../../src/gateway/gateway-item.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { RecordingSink } from '../../../src/testing.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

const parts = Object.fromEntries(sinkParts.map((name) => [name, () => ({ ready: true, reason: name })]))
const record: QuarantineRecord = {
  key: Buffer.from('library/app'),
  value: Buffer.from('{'),
  receivedAt: 0,
  headers: {},
}

/** Sinks whose opening ends when the test says so, and the client of which is begun before that. */
function held() {
  const events = new RecordingSink<EventRecord>()
  const rejected = new RecordingSink<QuarantineRecord>()
  const seen: string[] = []
  let end: (outcome: KafkaSinks | Promise<never>) => void = () => {}
  const late = new LateSinks({
    open(supervisor) {
      seen.push('begun')
      supervisor.add('client', async () => {
        seen.push('stopped')
      })
      return new Promise((resolve) => {
        end = resolve
      })
    },
    topics: [],
    onFailure: ({ message }) => seen.push(message),
    telemetry: noTelemetry,
  })
  return {
    late,
    rejected,
    seen,
    succeed: () => end({ events, rejected, parts }),
    fail: (error: Error) => end(Promise.reject(error)),
  }
}

test('until they are open their parts are starting and a write may be tried again; then all is as theirs', async () => {
  const { late, rejected, succeed } = held()
  const asked = Object.entries(late.parts)
  const opening = late.open()
  for (const [, ask] of asked) assert.deepEqual(ask(), { ready: false, reason: 'starting' })
  await assert.rejects(late.rejected.write([record]), { code: 'KAFKA_UNAVAILABLE', retriable: true })
  succeed()
  assert.equal(await opening, true)
  for (const [name, ask] of asked) assert.deepEqual(ask(), { ready: true, reason: name })
  await late.rejected.write([record])
  assert.deepEqual(rejected.items, [record])
})

test('a stop that comes while they are opened waits for that, closes them and stops what was begun', async () => {
  const { late, rejected, seen, succeed } = held()
  const opening = late.open()
  const closing = late.rejected.close()
  const stopping = late.stop(1_000)
  // What a stop does without waiting is done by now.
  await new Promise(setImmediate)
  assert.deepEqual(seen, ['begun'])
  succeed()
  await Promise.all([opening, closing, stopping])
  assert.deepEqual(seen, ['begun', 'stopped'])
  await assert.rejects(rejected.write([record]), { code: 'SINK_CLOSED' })
})

test('closed before they were opened they are not opened any more', async () => {
  const { late, seen } = held()
  await late.events.close()
  assert.equal(await late.open(), false)
  assert.deepEqual(seen, [])
  await assert.rejects(late.events.write([]), { code: 'SINK_CLOSED' })
  await late.stop()
})

test('an opening that fails is told, and what it had begun is stopped', async () => {
  const { late, seen, fail } = held()
  const opening = late.open()
  fail(new RelayError('CONFIG_INVALID', 'kafka.compression: a package is missing'))
  assert.equal(await opening, false)
  await late.stop()
  assert.deepEqual(seen, ['begun', 'kafka.compression: a package is missing', 'stopped'])
})

test('what does not stop cleanly is told to whoever stops them', async () => {
  const late = new LateSinks({
    async open(supervisor) {
      supervisor.add('client', () => Promise.reject(new Error('stuck')))
      return { events: new RecordingSink(), rejected: new RecordingSink(), parts }
    },
    topics: [],
    onFailure: () => {},
    telemetry: noTelemetry,
  })
  await late.open()
  await assert.rejects(late.stop(), { code: 'DEADLINE_EXCEEDED' })
})

test('before they are open the numbers of what they wrote are 0, and not missing', () => {
  const telemetry = new CountedTelemetry()
  new LateSinks({
    open: () => Promise.reject(new Error('not asked for')),
    topics: ['registry.events.v1'],
    onFailure: () => {},
    telemetry,
  })
  for (const name of ['produced_records_total', 'unawaited_records_total', 'buffered_records']) {
    assert.equal(telemetry.values.get(`registry_relay_kafka_${name}`), 0, name)
  }
})
