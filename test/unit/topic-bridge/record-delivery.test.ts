import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import type { Delivered, RecordDecoder } from '../../../src/topic-bridge/delivered.ts'
import { RecordDelivery } from '../../../src/topic-bridge/record-delivery.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import {
  decode,
  RecordingDeadLetters,
  RecordingTelemetry,
  record,
  ScriptedDeliverer,
} from './bridge-support.ts'

function setUp(
  given: ConsumedRecord,
  onDelivered?: (delivered: Delivered) => void,
  decodeWith: RecordDecoder['decode'] = decode,
) {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const deliverer = new ScriptedDeliverer()
  const deadLetters = new RecordingDeadLetters()
  let outcomes = 0
  const parts = {
    decoder: { decode: decodeWith },
    deliverer,
    deadLetters,
    backoff: { baseMs: 100, capMs: 1_000 },
    unknownSchemaMs: 900_000,
    clock,
    random: () => 0.5,
    observer: new BridgeObserver(telemetry, clock, 'billing', 'relay.billing'),
    onDelivered,
  }
  const delivery = new RecordDelivery(given, parts, () => outcomes++)
  const attempt = (signal = new AbortController().signal) => delivery.attempt(signal)
  return { attempt, deliverer, deadLetters, telemetry, clock, outcomes: () => outcomes }
}

test('posts the Envelope with its media type and the id of its event', async () => {
  const { attempt, deliverer, outcomes, telemetry } = setUp(record(3n, 'team/app', 'body'))
  assert.equal(await attempt(), undefined)
  assert.deepEqual(deliverer.requests, [
    { body: 'body', mediaType: 'application/x-test', eventId: 'id-body' },
  ])
  assert.equal(outcomes(), 1)
  assert.equal(telemetry.values.get('registry_relay_bridge_records_total billing delivered'), 1)
})

test('tells the callback everything about the delivery', async () => {
  const seen: Delivered[] = []
  const { attempt, deliverer, clock } = setUp(record(3n, 'team/app', 'body'), (delivered) =>
    seen.push(delivered),
  )
  deliverer.answer = () => 'fail'
  await attempt()
  deliverer.answer = () => 'ok'
  await clock.advance(250)
  await attempt()
  assert.deepEqual(seen, [
    {
      event: { id: 'id-body' },
      body: 'body',
      mediaType: 'application/x-test',
      schemaId: 7,
      topic: 'events',
      partition: 0,
      offset: 3n,
      attempts: 2,
      status: 204,
      receivedAt: 1_700_000_000_000,
      deliveredAt: 1_700_000_000_250,
    },
  ])
})

test('a callback that throws does not make the event be delivered again', async () => {
  const { attempt, outcomes, telemetry } = setUp(record(3n, 'team/app'), () => {
    throw new Error('printer on fire')
  })
  assert.equal(await attempt(), undefined)
  assert.equal(outcomes(), 1)
  assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
})

test('a failed attempt has no outcome, waits longer each time, and is counted by its reason', async () => {
  const { attempt, deliverer, outcomes, telemetry } = setUp(record(3n, 'team/app'))
  deliverer.answer = () => 'fail'
  assert.deepEqual([await attempt(), await attempt(), await attempt()], [50, 100, 200])
  assert.equal(outcomes(), 0)
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing deliver status 503'), 3)
  assert.equal(telemetry.values.get('registry_relay_bridge_in_flight billing relay.billing'), 0)
})

test('waits as long as the endpoint asked, and its jitter on top', async () => {
  const { attempt, deliverer } = setUp(record(3n, 'team/app'))
  deliverer.answer = () =>
    new RelayError('DELIVERY_FAILED', 'answered 429', { facts: { status: 429, retryAfterMs: 7_000 } })
  assert.equal(await attempt(), 7_050)
})

test('failures are logged once in ten seconds, with the number of those left out', async () => {
  const { attempt, deliverer, telemetry, clock } = setUp(record(3n, 'team/app'))
  deliverer.answer = () => 'fail'
  for (let n = 0; n < 5; n++) await attempt()
  await clock.advance(10_000)
  await attempt()
  const warnings = telemetry.lines.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ facts }) => facts['alike']),
    [0, 4],
  )
})

for (const [what, value] of [
  ['bytes that cannot be read', 'bad'],
  ['a record without a value', null],
] as const) {
  test(`${what}: into the dead letters as they are, and only then an outcome`, async () => {
    const given = record(3n, 'team/app', value)
    const { attempt, deadLetters, deliverer, outcomes, telemetry } = setUp(given)
    deadLetters.failures = 2
    assert.equal(await attempt(), 50)
    assert.equal(await attempt(), 100)
    assert.equal(outcomes(), 0)
    assert.equal(await attempt(), undefined)
    assert.equal(outcomes(), 1)
    assert.deepEqual(
      deadLetters.written.map(({ record: kept, reason }) => [kept, reason.code]),
      [[given, 'RECORD_UNDECODABLE']],
    )
    assert.equal(deliverer.requests.length, 0)
    assert.equal(telemetry.values.get('registry_relay_bridge_records_total billing dead_letter'), 1)
    assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
  })
}

test('S6: a schema that is not known is waited for from the first attempt on, and then the record is a dead letter as it is', async () => {
  const given = record(3n, 'team/app', 'later', { 'x-schema-fingerprint': 'abc' })
  const { attempt, deadLetters, deliverer, outcomes, telemetry, clock } = setUp(given)
  // The time counts from the attempt, not from the start of the bridge.
  await clock.advance(5_000_000)
  for (let n = 0; n < 20; n++) assert.ok(((await attempt()) ?? -1) >= 50)
  await clock.advance(899_999)
  assert.ok(((await attempt()) ?? -1) >= 50)
  assert.deepEqual([deadLetters.written.length, outcomes()], [0, 0])
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing decode SCHEMA_UNKNOWN'), 21)
  await clock.advance(1)
  assert.equal(await attempt(), undefined)
  assert.deepEqual(deadLetters.written, [
    { record: given, reason: { code: 'SCHEMA_UNKNOWN', message: 'no schema 7' } },
  ])
  assert.deepEqual([deliverer.requests.length, outcomes()], [0, 1])
  assert.equal(telemetry.values.get('registry_relay_bridge_records_total billing dead_letter'), 1)
  const [line] = telemetry.lines.filter(({ level }) => level === 'error')
  assert.equal(line?.facts['code'], 'SCHEMA_UNKNOWN')
})

test('S6: a registry that comes back after longer than that, and knows the schema, gets the record delivered', async () => {
  let error: RelayError | undefined = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers')
  const { attempt, deadLetters, deliverer, outcomes, clock } = setUp(
    record(3n, 'team/app'),
    undefined,
    (value) => {
      if (error !== undefined) throw error
      return decode(value)
    },
  )
  for (const code of ['SCHEMA_REGISTRY_UNAVAILABLE', 'SCHEMA_REGISTRY_REFUSED'] as const) {
    error = new RelayError(code, 'no answer')
    for (let hour = 0; hour < 50; hour++) {
      assert.ok(((await attempt()) ?? -1) >= 50)
      await clock.advance(3_600_000)
    }
  }
  error = undefined
  assert.equal(await attempt(), undefined)
  assert.deepEqual([deadLetters.written.length, deliverer.requests.length, outcomes()], [0, 1, 1])
})

test('S5: a record whose schema is not the one under its id waits as well, and is given up after the same time', async () => {
  const asked: (string | undefined)[] = []
  const mismatch = new RelayError('SCHEMA_UNKNOWN', 'another schema', {
    facts: { reason: 'schema_mismatch' },
  })
  const given = record(3n, 'team/app', 'body', { 'x-schema-fingerprint': 'abc' })
  const { attempt, deadLetters, outcomes, telemetry, clock } = setUp(
    given,
    undefined,
    (_value, fingerprint) => {
      asked.push(fingerprint)
      throw mismatch
    },
  )
  for (let n = 0; n < 20; n++) assert.ok(((await attempt()) ?? -1) >= 50)
  assert.deepEqual([deadLetters.written.length, outcomes()], [0, 0])
  assert.deepEqual(new Set(asked), new Set(['abc']))
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing decode schema_mismatch'), 20)
  await clock.advance(900_000)
  assert.equal(await attempt(), undefined)
  assert.deepEqual(deadLetters.written, [
    { record: given, reason: { code: 'SCHEMA_UNKNOWN', message: 'another schema' } },
  ])
})

test('an aborted attempt is no failure of the endpoint', async () => {
  const { attempt, deliverer, outcomes, telemetry } = setUp(record(3n, 'team/app'))
  deliverer.answer = () => 'hold'
  const controller = new AbortController()
  const attempted = attempt(controller.signal)
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort(new Error('given back'))
  assert.equal(await attempted, 0)
  assert.equal(outcomes(), 0)
  assert.equal(telemetry.lines.length, 0)
})

test('given back while its schema is being fetched: it is not delivered after that', async () => {
  const controller = new AbortController()
  const { attempt, deliverer, deadLetters, outcomes } = setUp(
    record(3n, 'team/app'),
    undefined,
    async (value) => {
      controller.abort(new Error('given back'))
      return decode(value)
    },
  )
  assert.equal(await attempt(controller.signal), 0)
  assert.deepEqual([deliverer.requests.length, deadLetters.written.length, outcomes()], [0, 0, 0])
})
