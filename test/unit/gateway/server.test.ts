import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { GatewayServer } from '../../../src/gateway/server.ts'
import { SinkClosedError } from '../../../src/sink/sink.ts'
import { until } from '../../support/until.ts'
import {
  eventItem,
  fakeIntake,
  jsonHeaders,
  notificationOf,
  post,
  RecordingSink,
  send,
  startGateway,
} from './harness.ts'

test('answers 200 without a body after the sink has acknowledged, not before', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  let answered = false
  const posting = post(gateway.url, 'one').finally(() => {
    answered = true
  })
  await until(() => gateway.sink.writes.length === 1)
  assert.equal(answered, false)
  assert.equal(await gateway.metric('registry_relay_gateway_in_flight_requests'), 1)

  gateway.sink.writes[0]?.resolve()
  const answer = await posting
  assert.equal(answer.status, 200)
  assert.equal(answer.body, '')
  assert.equal(answer.headers['content-length'], '0')
  assert.deepEqual(gateway.sink.texts, ['one'])
  assert.equal(await gateway.metric('registry_relay_gateway_requests_total{code="200"}'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="typed"}'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_request_seconds_count'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_body_bytes_sum'), 3)
  assert.equal(await gateway.metric('registry_relay_gateway_in_flight_requests'), 0)
})

test('never compresses, however much the sender asks for it', async (t) => {
  const gateway = await startGateway(t)
  const headers = { ...jsonHeaders, 'Accept-Encoding': 'gzip, br, *' }
  const accepted = await post(gateway.url, 'x', { headers })
  const refused = await send(gateway.url, { method: 'GET', headers })
  for (const answer of [accepted, refused]) {
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.equal(answer.headers['transfer-encoding'], undefined)
  }
  assert.equal(JSON.parse(refused.body).code, 'METHOD_NOT_ALLOWED')
})

test('serves a connection per event and many events per connection alike, keeping the order of a serial sender', async (t) => {
  const gateway = await startGateway(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const expected: string[] = []
  for (let index = 0; index < 60; index++) {
    const text = `event ${index} ${'x'.repeat((index % 7) * 20_000)}`
    expected.push(text)
    const answer = await post(gateway.url, text, index % 2 === 0 ? { agent } : {})
    assert.equal(answer.status, 200)
  }
  assert.deepEqual(gateway.sink.texts, expected)
})

test('answers 503 with Retry-After within the ack budget when the sink hangs, and withdraws the write', async (t) => {
  const gateway = await startGateway(t, { ackBudgetMs: 60 })
  gateway.sink.hold = true
  const began = performance.now()
  const answer = await post(gateway.url, 'x')
  // Far above the budget, far below any other limit that could have caused an answer.
  assert.ok(performance.now() - began < 5_000)
  assert.equal(answer.status, 503)
  assert.equal(answer.headers['retry-after'], '1')
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(JSON.parse(answer.body).code, 'DEADLINE_EXCEEDED')
  const signal = gateway.sink.writes[0]?.signal
  assert.equal(signal?.aborted, true)
  assert.ok(isRelayError(signal?.reason, 'DEADLINE_EXCEEDED'))
  assert.equal(await gateway.metric('registry_relay_gateway_requests_total{code="503"}'), 1)
  assert.equal(
    await gateway.metric('registry_relay_gateway_events_refused_total{reason="deadline_exceeded"}'),
    1,
  )

  // Stored after all: nobody is told.
  gateway.sink.writes[0]?.resolve()
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="typed"}'), 0)
})

test('a write that is acknowledged in time is not withdrawn', async (t) => {
  const gateway = await startGateway(t, { ackBudgetMs: 40 })
  assert.equal((await post(gateway.url, 'x')).status, 200)
  gateway.sink.hold = true
  assert.equal((await post(gateway.url, 'y')).status, 503)
  assert.deepEqual(
    gateway.sink.writes.map(({ signal }) => signal?.aborted),
    [false, true],
  )
})

const failures: readonly (readonly [string, unknown, number, string, string | undefined])[] = [
  ['over budget', new RelayError('OVER_BUDGET', 'full'), 503, 'OVER_BUDGET', '1'],
  ['Kafka unreachable', new RelayError('KAFKA_UNAVAILABLE', 'no broker'), 503, 'KAFKA_UNAVAILABLE', '1'],
  ['unknown schema', new RelayError('SCHEMA_NOT_REGISTERED', 'not yet'), 503, 'SCHEMA_NOT_REGISTERED', '1'],
  ['sink closed', new SinkClosedError(), 503, 'SINK_CLOSED', '1'],
  ['disk failed', new RelayError('SPOOL_FAILED', 'EIO'), 503, 'SPOOL_FAILED', '1'],
  [
    'rejected by the broker',
    new RelayError('RECORD_REJECTED', 'max.message.bytes is 1048588'),
    413,
    'RECORD_REJECTED',
    undefined,
  ],
  ['too large', new RelayError('TOO_LARGE', 'a record may have 900 bytes'), 413, 'TOO_LARGE', undefined],
  ['client changed', new RelayError('KAFKA_CLIENT_CHANGED', 'canary'), 500, 'INTERNAL', undefined],
  ['anything else', new TypeError('canary'), 500, 'INTERNAL', undefined],
]
for (const [what, error, status, code, retryAfter] of failures) {
  test(`in strict mode answers ${status} when the sink fails with: ${what}`, async (t) => {
    const gateway = await startGateway(t, { strict: true })
    gateway.sink.hold = true
    const posting = post(gateway.url, 'x')
    await until(() => gateway.sink.writes.length === 1)
    gateway.sink.writes[0]?.reject(error)
    const answer = await posting
    assert.equal(answer.status, status)
    assert.equal(answer.headers['retry-after'], retryAfter)
    const problem = JSON.parse(answer.body)
    assert.equal(problem.code, code)
    if (status === 413) assert.match(problem.message, /1048588|900/)
    // What nobody foresaw may hold anything, so it goes to the log only.
    assert.doesNotMatch(answer.body, /canary/)
    if (status === 500) assert.match(gateway.logs.join(''), /"level":"error".*canary/)
    assert.equal(
      await gateway.metric(`registry_relay_gateway_rejected_total{reason="${code.toLowerCase()}"}`),
      1,
    )
    assert.equal(await gateway.metric(`registry_relay_gateway_requests_total{code="${status}"}`), 1)
  })
}

test('a sink that throws instead of rejecting is answered as well', async (t) => {
  const sink = new RecordingSink()
  sink.write = () => {
    throw new RelayError('OVER_BUDGET', 'full')
  }
  const gateway = await startGateway(t, { sink })
  assert.equal((await post(gateway.url, 'x')).status, 503)
})

test('in strict mode a body that gives no items is answered 400 and reaches no sink', async (t) => {
  for (const code of ['NOT_AN_ENVELOPE', 'EVENT_INVALID'] as const) {
    const gateway = await startGateway(t, {
      strict: true,
      intake: () => {
        throw new RelayError(code, 'the body is empty')
      },
    })
    const answer = await post(gateway.url, '')
    assert.equal(answer.status, 400)
    assert.deepEqual(JSON.parse(answer.body), { code, message: 'the body is empty' })
    assert.equal(gateway.sink.writes.length, 0)
  }
})

test('in strict mode an intake that fails in an unforeseen way is answered 500, and the server goes on', async (t) => {
  let fail = true
  const gateway = await startGateway(t, {
    strict: true,
    intake: (body, arrival) => {
      if (fail) throw new RangeError('canary')
      return fakeIntake(body, arrival)
    },
  })
  const answer = await post(gateway.url, 'x')
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.body, /canary/)
  fail = false
  assert.equal((await post(gateway.url, 'x')).status, 200)
})

test('an Envelope without events is answered 200, counted, and nothing is published', async (t) => {
  const gateway = await startGateway(t, {
    intake: () => notificationOf([]),
  })
  assert.equal((await post(gateway.url, '{}')).status, 200)
  assert.equal(gateway.sink.writes.length, 0)
  assert.equal(await gateway.metric('registry_relay_gateway_empty_envelopes_total'), 1)
})

test('counts events by way, without repository and with misfits when they are acknowledged', async (t) => {
  const gateway = await startGateway(t, {
    intake: (body) =>
      notificationOf([eventItem(body), eventItem(body), eventItem(body)], {
        typed: 1,
        verbatim: 2,
        withoutRepository: 3,
        misfits: 4,
      }),
  })
  await post(gateway.url, 'x')
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="typed"}'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="verbatim"}'), 2)
  assert.equal(await gateway.metric('registry_relay_gateway_events_without_repository_total'), 3)
  assert.equal(await gateway.metric('registry_relay_gateway_misfit_fields_total'), 4)
})

test('takes other methods for a mistake: 405 and Allow, nothing published', async (t) => {
  const gateway = await startGateway(t)
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
    const answer = await send(gateway.url, { method })
    assert.equal(answer.status, 405, method)
    assert.equal(answer.headers['allow'], 'POST')
  }
  assert.equal(gateway.sink.writes.length, 0)
})

test('property: no method and no path is ever answered 3xx, and only POST on the path with 2xx', async (t) => {
  const gateway = await startGateway(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const method = fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'PATCH',
    'TRACE',
    'LINK',
    'M-SEARCH',
  )
  const path = fc.oneof(
    fc.webPath(),
    fc.constantFrom(
      '/',
      '/notifications',
      '/notifications/',
      '//notifications',
      '/notifications?a=b',
      '/NOTIFICATIONS',
    ),
    fc.webPath().map((text) => `/notifications${text}`),
  )
  await fc.assert(
    fc.asyncProperty(method, path, async (verb, text) => {
      const target = text.startsWith('/') ? text : `/${text}`
      const answer = await send(`http://127.0.0.1:${gateway.port}${target}`, {
        method: verb,
        agent,
        headers: jsonHeaders,
        ...(verb === 'POST' ? { body: 'x' } : {}),
      })
      assert.ok(answer.status < 300 || answer.status >= 400, `${verb} ${target}: ${answer.status}`)
      const taken = verb === 'POST' && target.split('?')[0] === '/notifications'
      assert.equal(answer.status < 300, taken, `${verb} ${target}: ${answer.status}`)
    }),
    { numRuns: 200 },
  )
})

test('takes the configured path with any query, and answers 404 elsewhere', async (t) => {
  const gateway = await startGateway(t, { path: '/hooks/registry' })
  assert.match(gateway.url, /\/hooks\/registry$/)
  assert.equal((await post(`${gateway.url}?from=eu`, 'x')).status, 200)
  const elsewhere = await post(`http://127.0.0.1:${gateway.port}/notifications`, 'x')
  assert.equal(elsewhere.status, 404)
  assert.equal(JSON.parse(elsewhere.body).code, 'NOT_FOUND')
})

test('in strict mode refuses media types that are no Envelope, none at all, and encoded bodies with 415', async (t) => {
  const gateway = await startGateway(t, { strict: true })
  const refused: Record<string, string>[] = [
    {},
    { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    { ...jsonHeaders, 'Content-Encoding': 'gzip' },
    { ...jsonHeaders, 'Content-Encoding': 'identity, gzip' },
  ]
  for (const headers of refused) {
    assert.equal((await post(gateway.url, 'x', { headers })).status, 415, JSON.stringify(headers))
  }
  assert.equal(gateway.sink.writes.length, 0)
  for (const type of [
    'application/vnd.docker.distribution.events.v1+json',
    'application/json; charset=utf-8',
  ]) {
    const headers = { 'Content-Type': type, 'Content-Encoding': 'Identity' }
    assert.equal((await post(gateway.url, 'x', { headers })).status, 200, type)
  }
})

test('listens on loopback by default and tells where; refuses a taken port with CANNOT_LISTEN', async (t) => {
  const gateway = await startGateway(t)
  assert.equal(gateway.url, `http://127.0.0.1:${gateway.port}/notifications`)
  assert.deepEqual(gateway.server.readiness(), { ready: true })
  const second = new GatewayServer({
    intake: fakeIntake,
    quarantine: createQuarantine(),
    sink: gateway.sink,
    port: gateway.port,
  })
  assert.deepEqual(second.readiness(), { ready: false, reason: 'not listening yet' })
  await assert.rejects(second.start(), (error) => {
    assert.ok(isRelayError(error, 'CANNOT_LISTEN'))
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${gateway.port}: .* \\(gateway\\.port\\)$`))
    return true
  })
  await second.close()
})

test('logs a reason when it comes up, not once per request', async (t) => {
  const gateway = await startGateway(t)
  for (let index = 0; index < 20; index++) await send(gateway.url, { method: 'GET' })
  assert.equal(gateway.logs.filter((line) => line.includes('METHOD_NOT_ALLOWED')).length, 1)
  assert.equal(await gateway.metric('registry_relay_gateway_rejected_total{reason="method_not_allowed"}'), 20)
})
