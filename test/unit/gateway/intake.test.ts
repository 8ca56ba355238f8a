import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { isRelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { createIntake } from '../../../src/gateway/intake.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { post, startGateway } from './harness.ts'

const contentType = mediaTypeOf('distribution-3')

function intakeForTest() {
  let requests = 0
  return createIntake({
    publisherId: 'gateway-1',
    clock: new ManualClock(1_700_000_000_123),
    newEnvelopeId: () => `envelope-${++requests}`,
  })
}

const event = (repository: string | undefined, more: Partial<Event> = {}): Event => ({
  id: `id-${repository}`,
  timestamp: '2026-01-02T03:04:05Z',
  action: 'push',
  target: {
    mediaType: 'application/octet-stream',
    digest: 'sha256:0',
    size: 1,
    ...(repository === undefined ? {} : { repository }),
  },
  request: { id: 'r', method: 'PUT', useragent: 'go' },
  actor: {},
  source: {},
  ...more,
})

const envelope = (...events: Event[]) => Buffer.from(encodeEnvelope(events, 'distribution-3'))

test('makes one record of every event: key, datum, fingerprint, time, and how it was received', () => {
  const intake = intakeForTest()
  const body = envelope(event('library/app'))
  const { records, typed, verbatim, withoutRepository, misfits } = intake(body, contentType)
  assert.deepEqual([records.length, typed, verbatim, withoutRepository, misfits], [1, 1, 0, 0, 0])
  const [record] = records
  assert.ok(record)
  assert.equal(record.key.toString(), 'library/app')
  assert.equal(record.fingerprint, registryEventSchema.fingerprint)
  assert.equal(record.receivedAt, 1_700_000_000_123)
  const stored = decodeStoredEvent(record.datum)
  assert.deepEqual(stored.ingest, {
    receivedAt: 1_700_000_000_123,
    publisherId: 'gateway-1',
    envelopeId: 'envelope-1',
    envelopeIndex: 0,
    envelopeCount: 1,
    contentType,
    profile: 'distribution-3',
  })
  assert.equal(envelopeOf(stored).body, body.toString())
  assert.equal(
    decodeStoredEvent(intake(body, contentType).records[0]?.datum as Buffer).ingest?.envelopeId,
    'envelope-2',
  )
})

test('keeps the order of an Envelope of several events, numbers them, and gives them one envelope id', () => {
  const { records } = intakeForTest()(envelope(event('a'), event('b'), event('a')), contentType)
  assert.deepEqual(
    records.map(({ key }) => key.toString()),
    ['a', 'b', 'a'],
  )
  const ingests = records.map(({ datum }) => decodeStoredEvent(datum).ingest)
  assert.deepEqual(
    ingests.map((ingest) => [ingest?.envelopeId, ingest?.envelopeIndex, ingest?.envelopeCount]),
    [
      ['envelope-1', 0, 3],
      ['envelope-1', 1, 3],
      ['envelope-1', 2, 3],
    ],
  )
})

test('keys an event without repository by the old path of a rename, the instance, or nothing, and counts it', () => {
  const renamed = event(undefined, { target: { rename: { type: 'name', from: 'old/path', to: 'new/path' } } })
  const fromInstance = event(undefined, { source: { addr: 'registry:5000', instanceID: 'instance-1' } })
  const { records, withoutRepository } = intakeForTest()(
    Buffer.from(encodeEnvelope([event('named'), renamed, fromInstance, event(undefined)], 'gitlab')),
    mediaTypeOf('gitlab'),
  )
  assert.equal(withoutRepository, 3)
  assert.deepEqual(
    records.map(({ key }) => key.toString()),
    ['named', 'old/path', 'instance-1', ''],
  )
})

test('keeps odd but legal Envelopes with their text, and says how many fields did not fit', () => {
  const body = Buffer.from(
    '{"events":[{"id":7,"action":"push","extra":true,"target":{"repository":"a","size":"1"}}]}',
  )
  const { records, typed, verbatim, misfits } = intakeForTest()(body, 'application/json')
  assert.deepEqual([typed, verbatim, misfits], [0, 1, 2])
  assert.equal(envelopeOf(decodeStoredEvent(records[0]?.datum as Buffer)).body, body.toString())
})

test('an Envelope without events gives no records', () => {
  for (const text of ['{}', '{"events":[]}', '{"events":null}']) {
    assert.deepEqual(intakeForTest()(Buffer.from(text), contentType).records, [], text)
  }
})

test('every recorded body becomes records that give it back, byte for byte and with its media type', () => {
  const intake = intakeForTest()
  const bodies = recordedBodies()
  assert.ok(bodies.length > 200)
  for (const { body, contentType: type, file } of bodies) {
    const { records } = intake(body, type)
    assert.equal(records.length, 1, file)
    const given = envelopeOf(decodeStoredEvent(records[0]?.datum as Buffer))
    assert.equal(given.body, body.toString(), file)
    assert.equal(given.mediaType, type, file)
  }
})

test('a body that is no Envelope is refused whole, and neither answer nor log shows what was in it', async (t) => {
  const gateway = await startGateway(t, { intake: intakeForTest() })
  const canary = 'canary-eyJhbGciOi'
  const good = '{"target":{"repository":"a"}}'
  const bodies = [
    '',
    'null',
    `"${canary}"`,
    `{"events":[{"actor":{"user":"${canary}"}}`,
    `{"events":["${canary}"]}`,
    `{"events":[${good},${good},null]}`,
    `{"events":{"user":"${canary}"}}`,
    `{"${canary}":1}`,
    `{"events":[${'['.repeat(100_000)}`,
  ]
  for (const text of [...bodies.map((body) => Buffer.from(body)), Buffer.from([0x7b, 0xff, 0x7d])]) {
    const answer = await post(gateway.url, text)
    assert.equal(answer.status, 400, text.toString('utf8', 0, 60))
    const problem = JSON.parse(answer.body)
    assert.equal(problem.code, 'NOT_AN_ENVELOPE')
    assert.ok(problem.message.length < 200)
    assert.doesNotMatch(answer.body, /canary/)
  }
  assert.equal(gateway.sink.writes.length, 0)
  assert.equal(await gateway.metric('registry_relay_gateway_requests_total{code="400"}'), bodies.length + 1)
  assert.doesNotMatch(gateway.logs.join(''), /canary/)
})

test('tokens inside accepted events never reach the log', async (t) => {
  const gateway = await startGateway(t, { intake: intakeForTest() })
  const body = Buffer.from(
    encodeEnvelope([event('a', { actor: { name: 'n', user: 'canary.jwt' } })], 'gitlab'),
  )
  const answer = await post(gateway.url, body, { headers: { 'Content-Type': mediaTypeOf('gitlab') } })
  assert.equal(answer.status, 200)
  assert.doesNotMatch(gateway.logs.join(''), /canary/)
})

test('refuses an event that has no UTF-8 or no type with an error of ours, never with another', () => {
  const intake = intakeForTest()
  for (const text of ['{"events":[{"id":"\\ud800"}]}', '{"events":[{"target":{"size":1e400}}]}']) {
    try {
      assert.equal(intake(Buffer.from(text), contentType).records.length, 1, text)
    } catch (error) {
      assert.ok(isRelayError(error, 'EVENT_INVALID'), String(error))
    }
  }
})
