import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, RelayError } from '../../../src/errors.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecordingTelemetry, record } from './bridge-support.ts'
import { deliveryBed } from './delivery-bed.ts'

/** What `HttpDelivery` rejects with. */
function refusal(code: ErrorCode, status: number, retryAfterMs?: number): RelayError {
  const facts = { status, reason: `status ${status}` }
  return new RelayError(code, `answered ${status}`, {
    facts: retryAfterMs === undefined ? facts : { ...facts, retryAfterMs },
  })
}

test('G10: an event that the endpoint refuses is a dead letter, and the endpoint counts as one that works', async () => {
  const { attempt, delivery, deliverer, deadLetters, outcomes, pass, clock } = deliveryBed(record(3n, 'a'))
  deliverer.answer = () => refusal('DELIVERY_REFUSED', 422)
  assert.equal(delivery.needsEndpoint, true)
  assert.equal(await attempt(), 0)
  assert.deepEqual([delivery.needsEndpoint, outcomes, pass.verdicts], [false, [], ['succeeded']])
  assert.equal(await attempt(), undefined)
  assert.deepEqual(
    deadLetters.written.map(({ reason }) => reason),
    [
      {
        code: 'DELIVERY_REFUSED',
        message: 'answered 422',
        stage: 'deliver',
        attempts: 1,
        firstFailureAt: clock.now(),
        lastFailureAt: clock.now(),
        lastStatus: 422,
      },
    ],
  )
  assert.deepEqual([outcomes, deliverer.requests.length], [['dead_letter'], 1])
})

test('G10: a wrong set-up is tried again slowly, is never given up by the number of attempts, and is said once in a minute', async () => {
  const { attempt, deliverer, outcomes, pass, telemetry, clock } = deliveryBed(record(3n, 'a'), {
    retry: { maxAttempts: 1 },
  })
  deliverer.answer = () => refusal('ENDPOINT_MISCONFIGURED', 401)
  for (let n = 0; n < 10; n++) {
    assert.equal(await attempt(), 45_000)
    await clock.advance(30_000)
  }
  assert.deepEqual(outcomes, [])
  assert.deepEqual(pass.verdicts[0], ['misconfigured', 'lane', 'status 401'])
  const alarms = telemetry.lines.filter(({ level }) => level === 'error')
  assert.deepEqual(
    alarms.map(({ facts }) => facts['reason']),
    Array(5).fill('status 401'),
  )
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing deliver status 401'), 10)
  deliverer.answer = () => 'ok'
  assert.equal(await attempt(), undefined)
  assert.deepEqual(outcomes, ['delivered'])
})

test('a dead letter is told with where it is kept; what is kept nowhere is left to whoever tells of it', async () => {
  const { attempt, deliverer, telemetry } = deliveryBed(record(3n, 'a'))
  deliverer.answer = () => refusal('DELIVERY_REFUSED', 422)
  await attempt()
  await attempt()
  const [line, ...others] = telemetry.lines.filter(({ level }) => level === 'error')
  assert.match(line?.message ?? '', /kept as dead letter 1@0 of dlq, see registry-relay dlq show 1@0$/)
  assert.deepEqual([line?.facts['key'], line?.facts['offset'], others], ['a', '3', []])

  const told = deliveryBed(record(3n, 'a'), {
    deadLetters: { write: async () => undefined, close: async () => {} },
  })
  told.deliverer.answer = () => refusal('DELIVERY_REFUSED', 422)
  await told.attempt()
  assert.equal(await told.attempt(), undefined)
  assert.deepEqual(
    [told.outcomes, told.telemetry.lines.map(({ level }) => level)],
    [['dead_letter'], ['debug']],
  )
})

test('an endpoint that refuses every event is one error in ten seconds, with how many there were alike', async () => {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const observer = new BridgeObserver(telemetry, clock, 'billing', 'relay.billing')
  const place = { topic: 'dlq', partition: 1, offset: 0n }
  const reason = {
    code: 'DELIVERY_REFUSED',
    message: 'answered 422',
    stage: 'deliver',
    attempts: 1,
    firstFailureAt: 0,
    lastFailureAt: 0,
  } as const
  const refuse = () => observer.deadLettered(record(3n, 'a'), reason, place)
  for (let n = 0; n < 3; n++) refuse()
  await clock.advance(10_000)
  refuse()
  const said = telemetry.lines.map(({ level, facts }) => [level, facts['alike']])
  assert.deepEqual(said, [
    ['error', 0],
    ['debug', undefined],
    ['debug', undefined],
    ['error', 2],
  ])
})

test('G10: an endpoint that is gone says so for all, and the record is kept for the next start', async () => {
  const { attempt, deliverer, deadLetters, outcomes, pass, telemetry } = deliveryBed(record(3n, 'a'), {
    retry: { maxAttempts: 1, maxAgeMs: 1 },
  })
  deliverer.answer = () => refusal('ENDPOINT_GONE', 410)
  assert.equal(await attempt(), 45_000)
  assert.deepEqual([deadLetters.written, outcomes, pass.verdicts], [[], [], ['gone']])
  // Its gate says it once; "it is tried again" would be wrong.
  assert.deepEqual(telemetry.lines, [])
  assert.equal(
    telemetry.values.get('registry_relay_bridge_retries_total billing deliver status 410'),
    undefined,
  )
})

test('G9: of 429 and 503 the pause that was asked for is for everybody', async () => {
  for (const status of [429, 503]) {
    const { attempt, deliverer, pass } = deliveryBed(record(3n, 'a'))
    deliverer.answer = () => refusal('DELIVERY_FAILED', status, 7_000)
    assert.equal(await attempt(), 7_050)
    assert.deepEqual(pass.verdicts, [['failed', 'lane', `status ${status}`, 7_000]])
  }
})

test('G9: of any other status it is for this repository', async () => {
  const { attempt, deliverer, pass } = deliveryBed(record(3n, 'a'))
  deliverer.answer = () => refusal('DELIVERY_FAILED', 500, 7_000)
  assert.equal(await attempt(), 7_050)
  assert.deepEqual(pass.verdicts, [['failed', 'lane', 'status 500', 0]])
})

test('G11: no answer is a failure of the endpoint, by the name of its reason', async () => {
  const { attempt, deliverer, pass } = deliveryBed(record(3n, 'a'))
  deliverer.answer = () =>
    new RelayError('DELIVERY_FAILED', 'no answer', { facts: { reason: 'ECONNREFUSED' } })
  assert.equal(await attempt(), 50)
  assert.deepEqual(pass.verdicts, [['failed', 'lane', 'ECONNREFUSED', 0]])
})

test('an event is given up after as many failures as the option says, and not before', async () => {
  const { attempt, deliverer, deadLetters, outcomes, pass } = deliveryBed(record(3n, 'a'), {
    retry: { maxAttempts: 3 },
  })
  deliverer.answer = () => 'fail'
  assert.deepEqual([await attempt(), await attempt(), await attempt()], [50, 100, 0])
  assert.deepEqual(outcomes, [])
  assert.equal(await attempt(), undefined)
  const { code, message, attempts, lastStatus } = deadLetters.written[0]?.reason ?? {}
  assert.deepEqual(
    [code, message, attempts, lastStatus],
    ['DELIVERY_FAILED', 'given up after 3 failures: answered 503', 3, 503],
  )
  assert.deepEqual([outcomes, pass.verdicts.length], [['dead_letter'], 3])
})

test('an event is given up when it is too old, counted from when it was received', async () => {
  const { attempt, deliverer, deadLetters, clock } = deliveryBed(record(3n, 'a'), {
    retry: { maxAgeMs: 60_000 },
  })
  deliverer.answer = () => 'fail'
  await clock.advance(59_999)
  assert.equal(await attempt(), 50)
  await clock.advance(1)
  assert.deepEqual([await attempt(), await attempt()], [0, undefined])
  assert.match(deadLetters.written[0]?.reason.message ?? '', /^given up 60000 ms after it was received/)
})

test('an event that is too old and can be delivered is delivered', async () => {
  const { attempt, outcomes, clock } = deliveryBed(record(3n, 'a'), { retry: { maxAgeMs: 1 } })
  await clock.advance(60_000)
  assert.equal(await attempt(), undefined)
  assert.deepEqual(outcomes, ['delivered'])
})

test('an event that the profile cannot hold is a dead letter, and says nothing of the endpoint that was not asked', async () => {
  const bed = deliveryBed(record(3n, 'a'), {
    profile: 'distribution-3',
    decode: (value) => ({
      // Beyond what any registry can mean by a size.
      event: { id: 'x', target: { size: -(2n ** 70n) } },
      body: value.toString(),
      mediaType: 'application/x-test',
      schemaId: 7,
    }),
  })
  assert.deepEqual([await bed.attempt(), await bed.attempt()], [0, undefined])
  assert.deepEqual([bed.outcomes, bed.deliverer.requests.length, bed.pass.verdicts], [['dead_letter'], 0, []])
  const { code, stage, attempts } = bed.deadLetters.written[0]?.reason ?? {}
  assert.deepEqual([code, stage, attempts], ['EVENT_INVALID', 'deliver', 0])
})

test('a bridge that closes gives nothing up', async () => {
  const { attempt, deliverer, deadLetters } = deliveryBed(record(3n, 'a'), { retry: { maxAttempts: 1 } })
  deliverer.answer = () => new RelayError('SINK_CLOSED', 'closed')
  assert.ok(((await attempt()) ?? 0) > 0)
  assert.equal(deadLetters.written.length, 0)
})

test('what a deliverer throws that nobody knows is a failure like others', async () => {
  const { attempt, deliverer, pass, telemetry } = deliveryBed(record(3n, 'a'))
  deliverer.deliver = () => {
    throw new TypeError('bug')
  }
  assert.equal(await attempt(), 50)
  assert.deepEqual(pass.verdicts, [['failed', 'lane', 'TypeError', 0]])
  assert.equal(telemetry.values.get('registry_relay_bridge_retries_total billing deliver TypeError'), 1)
})

test('a dead letter that Kafka does not take is waited for, and the endpoint is not asked again meanwhile', async () => {
  const { attempt, deliverer, deadLetters, outcomes, telemetry } = deliveryBed(record(3n, 'a'))
  deliverer.answer = () => refusal('DELIVERY_REFUSED', 400)
  deadLetters.failures = 50
  await attempt()
  for (let n = 0; n < 50; n++) assert.ok(((await attempt()) ?? 0) >= 50)
  assert.deepEqual(outcomes, [])
  assert.equal(await attempt(), undefined)
  assert.deepEqual([deliverer.requests.length, outcomes], [1, ['dead_letter']])
  assert.equal(
    telemetry.values.get('registry_relay_bridge_retries_total billing dead_letter KAFKA_UNAVAILABLE'),
    50,
  )
})
