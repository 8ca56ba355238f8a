import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { Delivered } from '../../../src/topic-bridge/delivered.ts'
import { decode, learning, record } from './bridge-support.ts'
import { deliveryBed as setUp } from './delivery-bed.ts'

test('posts the Envelope with its media type and the id of its event', async () => {
  const { attempt, deliverer, outcomes, pass } = setUp(record(3n, 'team/app', 'body'))
  assert.equal(await attempt(), undefined)
  assert.deepEqual(deliverer.requests, [
    {
      body: 'body',
      mediaType: 'application/x-test',
      eventId: 'id-body',
      attempt: 1,
      record: 'events-0@3',
      traceparent: undefined,
      tracestate: undefined,
    },
  ])
  assert.deepEqual([outcomes, pass.verdicts], [['delivered'], ['succeeded']])
})

test('tells the callback everything about the delivery', async () => {
  const seen: Delivered[] = []
  const { attempt, deliverer, clock } = setUp(record(3n, 'team/app', 'body'), {
    onDelivered: (delivered) => seen.push(delivered),
  })
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
  const { attempt, outcomes, telemetry } = setUp(record(3n, 'team/app'), {
    onDelivered: () => {
      throw new Error('printer on fire')
    },
  })
  assert.equal(await attempt(), undefined)
  assert.equal(outcomes.length, 1)
  assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
})

test('a failed attempt has no outcome, waits longer each time, and is counted by its reason', async () => {
  const { attempt, deliverer, outcomes, telemetry } = setUp(record(3n, 'team/app'))
  deliverer.answer = () => 'fail'
  assert.deepEqual([await attempt(), await attempt(), await attempt()], [50, 100, 200])
  assert.equal(outcomes.length, 0)
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
    const { attempt, deadLetters, deliverer, outcomes, telemetry, pass } = setUp(given)
    deadLetters.failures = 2
    assert.deepEqual([await attempt(), await attempt(), await attempt()], [0, 50, 100])
    assert.deepEqual(outcomes, [])
    assert.equal(await attempt(), undefined)
    assert.deepEqual(outcomes, ['dead_letter'])
    assert.deepEqual(
      deadLetters.written.map(({ record: kept, reason }) => [
        kept,
        reason.code,
        reason.stage,
        reason.attempts,
      ]),
      [[given, 'RECORD_UNDECODABLE', 'decode', 1]],
    )
    assert.deepEqual([deliverer.requests.length, pass.verdicts], [0, []])
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
  assert.deepEqual([deadLetters.written.length, outcomes.length], [0, 0])
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing decode SCHEMA_UNKNOWN'), 21)
  await clock.advance(1)
  assert.deepEqual([await attempt(), await attempt()], [0, undefined])
  const [letter] = deadLetters.written
  assert.deepEqual([deadLetters.written.length, letter?.record], [1, given])
  const { code, message, stage, attempts } = letter?.reason ?? {}
  assert.deepEqual([code, message, stage, attempts], ['SCHEMA_UNKNOWN', 'no schema 7', 'decode', 22])
  assert.deepEqual([deliverer.requests.length, outcomes.length], [0, 1])
  const [line] = telemetry.lines.filter(({ level }) => level === 'error')
  assert.equal(line?.facts['code'], 'SCHEMA_UNKNOWN')
})

test('S6: a registry that comes back after longer than that, and knows the schema, gets the record delivered', async () => {
  let error: RelayError | undefined = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers')
  const { attempt, deadLetters, deliverer, outcomes, clock } = setUp(record(3n, 'team/app'), {
    decode: (value) => {
      if (error !== undefined) throw error
      return decode(value)
    },
  })
  for (const code of ['SCHEMA_REGISTRY_UNAVAILABLE', 'SCHEMA_REGISTRY_REFUSED'] as const) {
    error = new RelayError(code, 'no answer')
    for (let hour = 0; hour < 50; hour++) {
      assert.ok(((await attempt()) ?? -1) >= 50)
      await clock.advance(3_600_000)
    }
  }
  error = undefined
  assert.equal(await attempt(), undefined)
  assert.deepEqual([deadLetters.written.length, deliverer.requests.length, outcomes.length], [0, 1, 1])
})

test('S5: a record whose schema is not the one under its id waits as well, and is given up after the same time', async () => {
  const asked: (string | undefined)[] = []
  const mismatch = new RelayError('SCHEMA_UNKNOWN', 'another schema', {
    facts: { reason: 'schema_mismatch' },
  })
  const given = record(3n, 'team/app', 'body', { 'x-schema-fingerprint': 'abc' })
  const { attempt, deadLetters, outcomes, telemetry, clock } = setUp(given, {
    decode: (_value, fingerprint) => {
      asked.push(fingerprint)
      throw mismatch
    },
  })
  for (let n = 0; n < 20; n++) assert.ok(((await attempt()) ?? -1) >= 50)
  assert.deepEqual([deadLetters.written.length, outcomes.length], [0, 0])
  assert.deepEqual(new Set(asked), new Set(['abc']))
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing decode schema_mismatch'), 20)
  await clock.advance(900_000)
  assert.deepEqual([await attempt(), await attempt()], [0, undefined])
  const [letter] = deadLetters.written
  assert.deepEqual([deadLetters.written.length, letter?.record], [1, given])
  const { code, message, stage, attempts } = letter?.reason ?? {}
  assert.deepEqual([code, message, stage, attempts], ['SCHEMA_UNKNOWN', 'another schema', 'decode', 21])
})

test('an aborted attempt is no failure of the endpoint', async () => {
  const { attempt, deliverer, outcomes, telemetry, pass } = setUp(record(3n, 'team/app'))
  deliverer.answer = () => 'hold'
  const controller = new AbortController()
  const attempted = attempt(controller.signal)
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort(new Error('given back'))
  assert.equal(await attempted, 0)
  assert.equal(outcomes.length, 0)
  assert.deepEqual([telemetry.lines.length, pass.verdicts], [0, []])
})

test('given back while its schema is being fetched: it is not delivered after that', async () => {
  const controller = new AbortController()
  const { attempt, deliverer, deadLetters, outcomes } = setUp(record(3n, 'team/app'), {
    decode: async (value) => {
      controller.abort(new Error('given back'))
      return decode(value)
    },
  })
  assert.equal(await attempt(controller.signal), 0)
  assert.deepEqual([deliverer.requests.length, deadLetters.written.length, outcomes.length], [0, 0, 0])
})

test('the lease is lost while its schema is being fetched: it is not delivered then, and later if it is held after all', async () => {
  const { attempt, lease, deliverer, outcomes, pass } = setUp(record(3n, 'team/app'), learning())
  const asked = attempt()
  lease.held = false
  assert.deepEqual([await asked, await attempt()], [0, 1_000])
  assert.deepEqual([deliverer.requests.length, outcomes, pass.verdicts], [0, [], ['end']])
  lease.held = true
  assert.deepEqual([await attempt(), outcomes], [undefined, ['delivered']])
})

test('while its schema is being fetched others have its pass, and then it is read at once, for its first attempt', async () => {
  let answer = (): void => {}
  let known = false
  const { attempt, deliverer, outcomes, pass, history } = setUp(record(3n, 'team/app', 'body'), {
    decode: (value) =>
      known
        ? decode(value)
        : new Promise((resolve) => {
            answer = () => resolve(decode(value))
          }),
  })
  const asked = attempt()
  assert.deepEqual([pass.verdicts, deliverer.requests.length], [['end'], 0])
  known = true
  answer()
  assert.deepEqual([await asked, history.attempts], [0, 0])
  assert.equal(await attempt(), undefined)
  assert.deepEqual([outcomes, pass.verdicts], [['delivered'], ['end', 'succeeded']])
  assert.deepEqual([deliverer.requests.map((request) => request.attempt), history.attempts], [[1], 1])
})

test('a schema that cannot be had counts as an attempt, and says nothing of the endpoint', async () => {
  let known = false
  const { attempt, deliverer, pass, telemetry } = setUp(record(3n, 'team/app', 'body'), {
    decode: (value) =>
      known ? decode(value) : Promise.reject(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'down')),
  })
  assert.deepEqual([await attempt(), await attempt()], [50, 100])
  known = true
  assert.equal(await attempt(), undefined)
  assert.deepEqual(
    [deliverer.requests.map((request) => request.attempt), pass.verdicts],
    [[3], ['end', 'end', 'succeeded']],
  )
  const failures = telemetry.values.get(
    'registry_relay_bridge_retries_total billing decode SCHEMA_REGISTRY_UNAVAILABLE',
  )
  assert.equal(failures, 2)
})

test('while the partition may be somebody elses, nothing is begun and nothing is counted', async () => {
  const { attempt, deliverer, history, lease, pass } = setUp(record(3n, 'team/app'))
  lease.held = false
  assert.equal(await attempt(), 1_000)
  assert.deepEqual([deliverer.requests.length, history.attempts, pass.verdicts], [0, 0, []])
  lease.held = true
  assert.equal(await attempt(), undefined)
})

test('what turns out not to be for the endpoint when its schema has come is filtered, and says nothing of the endpoint', async () => {
  let known = false
  const { attempt, deliverer, outcomes, pass } = setUp(record(3n, 'team/app'), {
    decode: (value) =>
      known ? decode(value) : Promise.reject(new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'down')),
    wants: ({ id }) => id !== 'id-team/app#3',
  })
  assert.equal(await attempt(), 50)
  known = true
  assert.equal(await attempt(), undefined)
  assert.deepEqual([outcomes, deliverer.requests.length, pass.verdicts], [['filtered'], 0, ['end']])
})

test('each request says which attempt it is, where the record lies and what trace it belongs to', async () => {
  const { attempt, deliverer } = setUp(
    record(3n, 'a', 'body', { traceparent: '00-aa-bb-01', tracestate: 'v=1' }, 7),
  )
  deliverer.answer = () => 'fail'
  await attempt()
  await attempt()
  assert.deepEqual(
    deliverer.requests.map(({ attempt: number, record: place, traceparent, tracestate }) => [
      number,
      place,
      traceparent,
      tracestate,
    ]),
    [1, 2].map((number) => [number, 'events-7@3', '00-aa-bb-01', 'v=1']),
  )
})

test('with a profile the event is posted as a registry of that kind writes it', async () => {
  const { attempt, deliverer } = setUp(record(3n, 'team/app', 'body'), { profile: 'distribution-3' })
  assert.equal(await attempt(), undefined)
  const [request] = deliverer.requests
  assert.equal(request?.mediaType, 'application/vnd.docker.distribution.events.v2+json')
  assert.equal(JSON.parse(request?.body ?? '').events[0].id, 'id-body')
})

test('the history goes on where the bridge had left it when it gave the partition back', async () => {
  const history = { attempts: 7, failures: 4, begunAt: 0, firstFailureAt: 5 }
  const { attempt, deliverer, deadLetters } = setUp(record(3n, 'a'), { history, retry: { maxAttempts: 5 } })
  deliverer.answer = () => 'fail'
  assert.deepEqual([await attempt(), await attempt()], [0, undefined])
  const [letter] = deadLetters.written
  assert.deepEqual([letter?.reason.attempts, letter?.reason.firstFailureAt], [8, 5])
})
