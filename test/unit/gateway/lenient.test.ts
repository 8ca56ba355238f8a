import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { QuarantineRecord } from '../../../src/gateway/gateway-item.ts'
import { keptBytes, rejectedHeader } from '../../../src/gateway/quarantine.ts'
import { until } from '../../support/until.ts'
import {
  eventItem,
  fakeIntake,
  type Gateway,
  jsonHeaders,
  notificationOf,
  post,
  rawConnection,
  startGateway,
} from './harness.ts'

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const reasonOf = ({ headers }: QuarantineRecord) => headers[rejectedHeader.reason]
const quarantined = (gateway: Gateway, reason: string) =>
  gateway.metric(`registry_relay_gateway_quarantined_total{reason="${reason}"}`)

test('keeps what is no notification by its head, as it came, and answers 200', async (t) => {
  const gateway = await startGateway(t)
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ 'Content-Type': 'text/plain; charset=utf-8' }, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ 'Content-Type': 'application/x-www-form-urlencoded' }, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ ...jsonHeaders, 'Content-Encoding': 'gzip' }, 'UNSUPPORTED_ENCODING'],
    [{ ...jsonHeaders, 'Content-Encoding': 'identity, gzip' }, 'UNSUPPORTED_ENCODING'],
    [{ 'Content-Encoding': 'br' }, 'UNSUPPORTED_ENCODING'],
    [{ ...jsonHeaders, 'Transfer-Encoding': 'gzip, chunked' }, 'UNSUPPORTED_ENCODING'],
  ]
  const body = Buffer.from([0x1f, 0x8b, 0x00, 0xff, 0x0a])
  for (const [index, [headers, reason]] of cases.entries()) {
    const answer = await post(gateway.url, body, { headers: { ...headers, 'User-Agent': 'test/1' } })
    assert.equal(answer.status, 200, JSON.stringify(headers))
    assert.equal(answer.body, '')
    const record = gateway.sink.rejected[index]
    assert.ok(record)
    assert.deepEqual(record.value, body)
    assert.equal(reasonOf(record), reason)
    assert.equal(record.headers[rejectedHeader.content], 'whole')
    assert.equal(record.headers[rejectedHeader.bytes], '5')
    assert.equal(record.headers[rejectedHeader.sha256], sha256(body))
    assert.equal(record.headers[rejectedHeader.sender], '127.0.0.1')
    assert.equal(record.headers['user-agent'], 'test/1')
    assert.equal(record.headers['content-type'], headers['Content-Type'])
    assert.equal(record.headers['content-encoding'], headers['Content-Encoding'])
    assert.equal(record.key.toString(), '127.0.0.1')
  }
  assert.deepEqual(gateway.sink.texts, [])
  assert.equal(await quarantined(gateway, 'unsupported_media_type'), 3)
  assert.equal(await quarantined(gateway, 'unsupported_encoding'), 4)
  assert.equal(await gateway.metric('registry_relay_gateway_requests_total{code="200"}'), cases.length)
  assert.equal(gateway.logs.filter((line) => line.includes('UNSUPPORTED_ENCODING')).length, 1)
})

test('of a body over the limit keeps the beginning, and number of bytes and SHA-256 of all of it', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 100_000 })
  const bodies = [100_001, 250_000, 16 * 1024 * 1024].map((size) =>
    Buffer.from('0123456789'.repeat(Math.ceil(size / 10))).subarray(0, size),
  )
  const encodings: Record<string, string>[] = [{}, { 'Transfer-Encoding': 'chunked' }]
  for (const encoding of encodings) {
    for (const body of bodies) {
      const answer = await post(gateway.url, body, { headers: { ...jsonHeaders, ...encoding } })
      assert.equal(answer.status, 200)
      const record = gateway.sink.rejected.at(-1)
      assert.ok(record)
      assert.equal(reasonOf(record), 'TOO_LARGE')
      assert.deepEqual(record.value, body.subarray(0, keptBytes))
      assert.equal(record.headers[rejectedHeader.content], 'beginning')
      assert.equal(record.headers[rejectedHeader.bytes], String(body.length))
      assert.equal(record.headers[rejectedHeader.sha256], sha256(body))
    }
  }
  assert.equal(await quarantined(gateway, 'too_large'), 6)
  // Exactly at the limit is no matter.
  assert.equal((await post(gateway.url, Buffer.alloc(100_000, 'x'))).status, 200)
  assert.equal(gateway.sink.texts[0]?.length, 100_000)
})

test('counts a body that is too large although bodies have no room for it, and takes room for its beginning only', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 1_000, limits: { maxBodiesBytes: 2_000 } })
  gateway.sink.hold = true
  const body = Buffer.alloc(1_000_000, 'x')
  const first = post(gateway.url, body)
  const second = post(gateway.url, body)
  await until(() => gateway.sink.writes.length === 2)
  // Both wait for the sink with 1,000 bytes each: that is all there is.
  const refused = await post(gateway.url, 'y')
  assert.equal(refused.status, 503)
  assert.equal(refused.headers['retry-after'], '1')
  for (const write of gateway.sink.writes) write.resolve()
  assert.deepEqual([(await first).status, (await second).status], [200, 200])
  gateway.sink.hold = false
  assert.equal((await post(gateway.url, 'y'.repeat(1_000))).status, 200)
})

test('keeps bytes in the budget until the answer, whatever the answer is', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 1_000, limits: { maxBodiesBytes: 1_000 } })
  gateway.sink.hold = true
  for (const outcome of ['resolve', 'reject'] as const) {
    const write = gateway.sink.writes.length
    const posting = post(gateway.url, 'x'.repeat(1_000))
    await until(() => gateway.sink.writes.length === write + 1)
    assert.equal((await post(gateway.url, 'y')).status, 503)
    if (outcome === 'resolve') gateway.sink.writes[write]?.resolve()
    else gateway.sink.writes[write]?.reject(new Error('no'))
    assert.equal((await posting).status, outcome === 'resolve' ? 200 : 500)
  }
  gateway.sink.hold = false
  assert.equal((await post(gateway.url, 'x'.repeat(1_000))).status, 200)
})

test('a drain that does not end is 408 like any request that does not, and nothing of it is kept', async (t) => {
  const gateway = await startGateway(t, {
    maxBodyBytes: 10,
    limits: { headersTimeoutMs: 60, requestTimeoutMs: 150, checkIntervalMs: 20 },
  })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(
    `POST /notifications HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(50_000)}`,
  )
  await closed
  assert.match(text(), /^HTTP\/1\.1 408 /)
  assert.equal(gateway.sink.writes.length, 0)
})

test('tells a sender that asks first to send also what is going to be kept as rejected', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 10 })
  const { socket, text } = await rawConnection(t, gateway.port)
  socket.write(
    'POST /notifications HTTP/1.1\r\nHost: relay\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n',
  )
  await until(() => text() === 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('hello world')
  await until(() => text().includes('HTTP/1.1 200 OK'))
  assert.equal(gateway.sink.rejected.length, 1)
})

test('good and bad requests sent ahead on one connection reach the sink in their order', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 20 })
  const { socket, text } = await rawConnection(t, gateway.port)
  const bodies = ['good 1', 'x'.repeat(100_000), 'good 2', '', 'y'.repeat(21), 'good 3']
  socket.write(
    bodies
      .map(
        (body) =>
          `POST /notifications HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      .join(''),
  )
  await until(() => text().match(/HTTP\/1\.1 200/g)?.length === bodies.length)
  assert.deepEqual(
    gateway.sink.items.map((item) =>
      item.kind === 'event' ? item.record.datum.toString() : item.record.headers[rejectedHeader.bytes],
    ),
    ['good 1', '100000', 'good 2', '', '21', 'good 3'],
  )
})

test('an intake that fails in an unforeseen way does not block its sender: the body is kept, and the log says so', async (t) => {
  const gateway = await startGateway(t, {
    intake: (body, arrival) => {
      if (body.toString() === 'poison') throw new RangeError('out of stack')
      return fakeIntake(body, arrival)
    },
  })
  assert.equal((await post(gateway.url, 'poison')).status, 200)
  assert.equal((await post(gateway.url, 'next')).status, 200)
  assert.deepEqual(gateway.sink.texts, ['next'])
  const [record] = gateway.sink.rejected
  assert.ok(record)
  assert.equal(reasonOf(record), 'INTERNAL')
  assert.equal(record.value.toString(), 'poison')
  assert.equal(await quarantined(gateway, 'internal'), 1)
  assert.match(gateway.logs.join(''), /"level":"error".*out of stack/)
  assert.doesNotMatch(gateway.logs.join(''), /poison/)
})

test('an intake that refuses a body has it kept under its code; one that cannot now is answered 503', async (t) => {
  const gateway = await startGateway(t, {
    intake: (body) => {
      throw new RelayError(body.toString() as 'NOT_AN_ENVELOPE', 'said by the intake')
    },
  })
  assert.equal((await post(gateway.url, 'NOT_AN_ENVELOPE')).status, 200)
  const [record] = gateway.sink.rejected
  assert.ok(record)
  assert.equal(reasonOf(record), 'NOT_AN_ENVELOPE')
  assert.equal(record.headers[rejectedHeader.message], 'said by the intake')
  assert.equal((await post(gateway.url, 'OVER_BUDGET')).status, 503)
  assert.equal(gateway.sink.rejected.length, 1)
})

test('of what the sink will never take the beginning is kept, so that its sender gets past it', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const body = Buffer.alloc(100_000, 'x')
  const posting = post(gateway.url, body)
  await until(() => gateway.sink.writes.length === 1)
  gateway.sink.writes[0]?.reject(new RelayError('TOO_LARGE', 'a record never fits a spool of 9'))
  await until(() => gateway.sink.writes.length === 2)
  gateway.sink.writes[1]?.resolve()
  assert.equal((await posting).status, 200)
  const [record] = gateway.sink.rejected
  assert.ok(record)
  assert.equal(reasonOf(record), 'TOO_LARGE')
  assert.equal(record.value.length, keptBytes)
  assert.equal(record.headers[rejectedHeader.sha256], sha256(body))
  assert.equal(await quarantined(gateway, 'too_large'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_events_refused_total{reason="too_large"}'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="typed"}'), 0)
})

test('the beginning of what Kafka refuses for good is counted by that reason', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const posting = post(gateway.url, 'x')
  await until(() => gateway.sink.writes.length === 1)
  gateway.sink.writes[0]?.reject(new RelayError('RECORD_REJECTED', 'no'))
  await until(() => gateway.sink.writes.length === 2)
  gateway.sink.writes[1]?.resolve()
  assert.equal((await posting).status, 200)
  assert.equal(await quarantined(gateway, 'record_rejected'), 1)
})

test('when not even the beginning is taken the answer is a refusal, once', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const posting = post(gateway.url, 'x')
  for (const index of [0, 1]) {
    await until(() => gateway.sink.writes.length === index + 1)
    gateway.sink.writes[index]?.reject(new RelayError('RECORD_REJECTED', 'no'))
  }
  assert.equal((await posting).status, 413)
  assert.equal(gateway.sink.writes.length, 2)
})

test('the numbers add up: whatever is received is stored, ignored, kept as rejected, a duplicate or refused', async (t) => {
  const gateway = await startGateway(t, {
    intake: (body) => {
      const text = body.toString()
      if (text === 'bad') throw new RelayError('NOT_AN_ENVELOPE', 'bad')
      const events = [eventItem(text), eventItem(text), eventItem(text)]
      return notificationOf(events, { typed: 1, verbatim: 2, ignored: 4 })
    },
  })
  const of = (name: string) => gateway.metric(`registry_relay_gateway_${name}`)
  assert.equal((await post(gateway.url, 'new')).status, 200)
  assert.equal((await post(gateway.url, 'bad')).status, 200)
  assert.equal((await post(gateway.url, 'bad', { headers: {} })).status, 200)
  gateway.sink.hold = true
  const repeated = post(gateway.url, 'repeated')
  await until(() => gateway.sink.writes.length === 4)
  gateway.sink.writes[3]?.resolve({ duplicates: 2, conflicts: 1 })
  assert.equal((await repeated).status, 200)
  const refused = post(gateway.url, 'refused')
  await until(() => gateway.sink.writes.length === 5)
  gateway.sink.writes[4]?.reject(new RelayError('SPOOL_FULL', 'full'))
  assert.equal((await refused).status, 503)

  const counted = {
    received: await of('events_received_total'),
    typed: await of('events_total{way="typed"}'),
    verbatim: await of('events_total{way="verbatim"}'),
    ignored: await of('events_ignored_total'),
    malformed: await of('quarantined_total{reason="not_an_envelope"}'),
    untyped: await of('quarantined_total{reason="unsupported_media_type"}'),
    refused: await of('events_refused_total{reason="spool_full"}'),
  }
  assert.deepEqual(counted, {
    received: 23,
    typed: 2,
    verbatim: 4,
    ignored: 8,
    malformed: 1,
    untyped: 1,
    refused: 7,
  })
  const { received, ...parts } = counted
  assert.equal(
    Object.values(parts).reduce((sum, part) => sum + part, 0),
    received,
  )
  assert.equal(await of('events_duplicate_total'), 2)
  assert.equal(await of('events_conflicting_total'), 1)
})

test('an Envelope of ignored events only is acknowledged, counted, and no empty one', async (t) => {
  const gateway = await startGateway(t, { intake: () => notificationOf([], { ignored: 2 }) })
  assert.equal((await post(gateway.url, '{}')).status, 200)
  assert.equal(gateway.sink.writes.length, 0)
  assert.equal(await gateway.metric('registry_relay_gateway_events_ignored_total'), 2)
  assert.equal(await gateway.metric('registry_relay_gateway_empty_envelopes_total'), 0)
})

test('a GET or another path is refused also in lenient mode: it is a mistake in the configuration of the registry', async (t) => {
  const gateway = await startGateway(t)
  assert.equal((await post(`${gateway.url}/x`, 'x')).status, 404)
  assert.equal((await post(gateway.url, 'x', { method: 'PUT' })).status, 405)
  assert.equal(gateway.sink.writes.length, 0)
})
