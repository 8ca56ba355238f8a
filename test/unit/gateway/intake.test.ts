import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { isRelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { compileRedaction, recommendedRedaction } from '../../../src/event/redaction.ts'
import type { QuarantineRecord } from '../../../src/gateway/gateway-item.ts'
import { createIntake, type IntakeOptions, type Notification } from '../../../src/gateway/intake.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { post, startGateway } from './harness.ts'

const contentType = mediaTypeOf('distribution-3')

function intakeForTest(options: Partial<IntakeOptions> = {}) {
  let requests = 0
  return createIntake({
    quarantine: createQuarantine({ clock: new ManualClock(1_700_000_000_123) }),
    publisherId: 'gateway-1',
    clock: new ManualClock(1_700_000_000_123),
    newEnvelopeId: () => `envelope-${++requests}`,
    ...options,
  })
}

const arrival = { contentType, sender: '192.0.2.7' }

/** The records of a notification whose items are all events. */
function recordsOf({ items }: Notification): readonly EventRecord[] {
  return items.map((item) => {
    assert.equal(item.kind, 'event')
    return item.record as EventRecord
  })
}

/** The records of what was rejected of a notification. */
function rejectedOf({ items }: Notification): readonly QuarantineRecord[] {
  return items.flatMap((item) => (item.kind === 'quarantine' ? [item.record] : []))
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
  const notification = intake(body, arrival)
  const { typed, verbatim, withoutRepository, misfits } = notification
  const records = recordsOf(notification)
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
    decodeStoredEvent(recordsOf(intake(body, arrival))[0]?.datum as Buffer).ingest?.envelopeId,
    'envelope-2',
  )
})

test('keeps the order of an Envelope of several events, numbers them, and gives them one envelope id', () => {
  const records = recordsOf(intakeForTest()(envelope(event('a'), event('b'), event('a')), arrival))
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
  const notification = intakeForTest()(
    Buffer.from(encodeEnvelope([event('named'), renamed, fromInstance, event(undefined)], 'gitlab')),
    { contentType: mediaTypeOf('gitlab') },
  )
  assert.equal(notification.withoutRepository, 3)
  assert.deepEqual(
    recordsOf(notification).map(({ key }) => key.toString()),
    ['named', 'old/path', 'instance-1', ''],
  )
})

test('keeps odd but legal Envelopes with their text, and says how many fields did not fit', () => {
  const body = Buffer.from(
    '{"events":[{"id":7,"action":"push","extra":true,"target":{"repository":"a","size":"1"}}]}',
  )
  const notification = intakeForTest()(body, { contentType: 'application/json' })
  const { typed, verbatim, misfits } = notification
  assert.deepEqual([typed, verbatim, misfits], [0, 1, 2])
  assert.equal(
    envelopeOf(decodeStoredEvent(recordsOf(notification)[0]?.datum as Buffer)).body,
    body.toString(),
  )
})

test('an Envelope without events leaves nothing behind', () => {
  for (const text of ['{}', '{"events":[]}', '{"events":null}']) {
    assert.deepEqual(intakeForTest()(Buffer.from(text), arrival).items, [], text)
  }
})

test('every recorded body becomes records that give it back, byte for byte and with its media type', () => {
  const intake = intakeForTest()
  const bodies = recordedBodies()
  assert.ok(bodies.length > 200)
  for (const { body, contentType: type, file } of bodies) {
    const records = recordsOf(intake(body, { contentType: type }))
    assert.equal(records.length, 1, file)
    const given = envelopeOf(decodeStoredEvent(records[0]?.datum as Buffer))
    assert.equal(given.body, body.toString(), file)
    assert.equal(given.mediaType, type, file)
  }
})

test('in strict mode a body that is no Envelope is refused whole, and neither answer nor log shows what was in it', async (t) => {
  const gateway = await startGateway(t, { intake: intakeForTest({ strict: true }), strict: true })
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

test('an event that has no UTF-8 or no type is stored or refused with an error of ours, never with another', () => {
  const intake = intakeForTest({ strict: true })
  for (const text of ['{"events":[{"id":"\\ud800"}]}', '{"events":[{"target":{"size":1e400}}]}']) {
    try {
      assert.equal(recordsOf(intake(Buffer.from(text), arrival)).length, 1, text)
    } catch (error) {
      assert.ok(isRelayError(error, 'EVENT_INVALID'), String(error))
    }
  }
})

test('keeps a body that is no Envelope as rejected, whole, and says why and whose it was', () => {
  const body = Buffer.from([0x7b, 0xff, 0x7d])
  const notification = intakeForTest()(body, { ...arrival, userAgent: 'Go-http-client/1.1' })
  assert.deepEqual([notification.items.length, notification.quarantined], [1, 1])
  const [record] = rejectedOf(notification)
  assert.deepEqual(record, {
    key: Buffer.from('192.0.2.7'),
    value: body,
    receivedAt: 1_700_000_000_123,
    headers: {
      'x-rejected-reason': 'NOT_AN_ENVELOPE',
      'x-rejected-message': 'Not an Envelope: the body is not UTF-8.',
      'x-rejected-content': 'whole',
      'x-rejected-bytes': '3',
      'x-rejected-sha256': createHash('sha256').update(body).digest('hex'),
      'x-rejected-sender': '192.0.2.7',
      'content-type': contentType,
      'user-agent': 'Go-http-client/1.1',
    },
  })
})

test('of a mixed Envelope the events are stored and the rest is kept as rejected under its place, in order', () => {
  const good = (id: string): string => `{"id":"${id}","target":{"repository":"r"}}`
  const body = Buffer.from(`{"events":[${good('a')},"no event",${good('b')},[1, 2]]}`)
  const notification = intakeForTest()(body, arrival)
  assert.deepEqual(
    notification.items.map((item) => item.kind),
    ['event', 'quarantine', 'event', 'quarantine'],
  )
  assert.equal(notification.quarantined, 2)
  assert.deepEqual(
    rejectedOf(notification).map(({ value, headers }) => [
      value.toString(),
      headers['x-rejected-reason'],
      headers['x-rejected-event-index'],
      headers['x-rejected-envelope-id'],
    ]),
    [
      ['"no event"', 'NOT_AN_EVENT', '1', 'envelope-1'],
      ['[1, 2]', 'NOT_AN_EVENT', '3', 'envelope-1'],
    ],
  )
  const ingests = notification.items.flatMap((item) =>
    item.kind === 'event' ? [decodeStoredEvent(item.record.datum).ingest] : [],
  )
  assert.deepEqual(
    ingests.map((ingest) => [ingest?.envelopeIndex, ingest?.envelopeCount]),
    [
      [0, 4],
      [2, 4],
    ],
  )
})

test('events that are ignored are counted and leave nothing behind, and the others keep their places', () => {
  const ignores = ({ target }: Event): boolean => target?.repository === 'b'
  const notification = intakeForTest({ ignores })(envelope(event('a'), event('b'), event('c')), arrival)
  assert.deepEqual([notification.ignored, notification.typed], [1, 2])
  assert.deepEqual(
    recordsOf(notification).map(({ key, datum }) => [
      key.toString(),
      decodeStoredEvent(datum).ingest?.envelopeIndex,
    ]),
    [
      ['a', 0],
      ['c', 2],
    ],
  )
})

test('what a policy takes out is in no item, and the record lists it', () => {
  const redact = compileRedaction({ rules: recommendedRedaction })
  const body = Buffer.from(
    encodeEnvelope([event('a', { actor: { name: 'n', user: 'canary.jwt' } })], 'gitlab'),
  )
  const [record] = recordsOf(intakeForTest({ redact })(body, { contentType: mediaTypeOf('gitlab') }))
  assert.ok(record)
  const stored = decodeStoredEvent(record.datum)
  assert.deepEqual(stored.redactions, ['/actor/user=drop'])
  assert.equal(record.datum.includes('canary'), false)
  assert.equal(stored.event.actor?.name, 'n')
})

test('the same event posted again has the same digest, and another under its id has another', () => {
  const intake = intakeForTest()
  const digestOf = (body: Buffer): string => {
    const [item] = intake(body, arrival).items
    return item?.kind === 'event' ? item.digest.toString('hex') : ''
  }
  assert.equal(digestOf(envelope(event('a'))).length, 32)
  assert.equal(digestOf(envelope(event('a'))), digestOf(envelope(event('a'))))
  assert.notEqual(digestOf(envelope(event('a'))), digestOf(envelope(event('a', { action: 'delete' }))))
})

test('what stands beside a list of events is not lost: the body is kept as rejected beside them', () => {
  const ab = '{"id":"a"},{"id":"b"}'
  for (const [text, events] of [
    [`{"version":2,"events":[${ab}]}`, 2],
    [`{"events":[{"id":"c"}],"events":[${ab}]}`, 2],
    [`{"events":[${ab}],"events":[]}`, 0],
    ['{"events":null,"version":2}', 0],
  ] as const) {
    const notification = intakeForTest()(Buffer.from(text), arrival)
    const [rejected, ...others] = rejectedOf(notification)
    assert.deepEqual(others, [])
    assert.equal(rejected?.value.toString(), text)
    assert.equal(rejected.headers['x-rejected-reason'], 'MORE_THAN_EVENTS')
    assert.equal(rejected.headers['x-rejected-content'], 'whole')
    assert.deepEqual([notification.items.length, notification.quarantined], [events + 1, 1])
  }
  // One event alone is kept with the whole body.
  assert.equal(
    recordsOf(intakeForTest()(Buffer.from('{"version":2,"events":[{"id":"a"}]}'), arrival)).length,
    1,
  )
})

test('where a policy takes something out of events, of a body beside them only the digest is kept', () => {
  const redact = compileRedaction({ rules: recommendedRedaction })
  const text = '{"version":2,"events":[{"actor":{"user":"canary"}},{"id":"b"}]}'
  const [rejected] = rejectedOf(intakeForTest({ redact })(Buffer.from(text), arrival))
  assert.equal(rejected?.headers['x-rejected-content'], 'digest')
  assert.equal(rejected.headers['x-rejected-bytes'], String(text.length))
  assert.equal(rejected.value.length, 0)
})
