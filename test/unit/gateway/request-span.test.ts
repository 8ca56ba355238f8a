import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createIntake } from '../../../src/gateway/intake.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import type { GatewayServerOptions } from '../../../src/gateway/server.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { RecordingTracer } from '../../support/recording-tracer.ts'
import { until } from '../../support/until.ts'
import { type Gateway, jsonHeaders, post, rawConnection, send, startGateway } from './harness.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const tracestate = 'vendor=1'
const body = '{"events":[{"id":"e","target":{"repository":"r"}}, 7]}'

async function traced(
  t: TestContext,
  options: Partial<GatewayServerOptions> = {},
): Promise<Gateway & { readonly tracer: RecordingTracer }> {
  const tracer = new RecordingTracer()
  const intake = createIntake({ quarantine: createQuarantine() })
  return { ...(await startGateway(t, { intake, telemetry: { ...noTelemetry, tracer }, ...options })), tracer }
}

test('the span of a request is the child of what the request says, and what it leaves behind says the span', async (t) => {
  const { tracer, sink, url } = await traced(t)
  const headers = { ...jsonHeaders, traceparent, tracestate, 'User-Agent': 'registry/3' }
  assert.equal((await post(`${url}?secret=1`, body, { headers })).status, 200)
  const [span] = tracer.spans
  assert.ok(span)
  assert.equal(tracer.spans.length, 1)
  assert.deepEqual(
    [span.name, span.kind, span.parent, span.ended, span.failure],
    ['POST /notifications', 'server', { traceparent, tracestate }, true, undefined],
  )
  assert.deepEqual(span.attributes, {
    'http.request.method': 'POST',
    'http.route': '/notifications',
    'url.path': '/notifications',
    'url.scheme': 'http',
    'client.address': '127.0.0.1',
    'user_agent.original': 'registry/3',
    'http.response.status_code': 200,
  })
  const [event, rejected] = sink.items
  assert.deepEqual(event?.record.headers, span.context)
  assert.equal(rejected?.kind, 'quarantine')
  assert.deepEqual(
    [rejected.record.headers['traceparent'], rejected.record.headers['tracestate']],
    [span.context.traceparent, tracestate],
  )
})

test('a request that says nothing of a trace, or what breaks the rules, begins one', async (t) => {
  const { tracer, sink, url } = await traced(t)
  await post(url, body)
  await post(url, body, { headers: { ...jsonHeaders, traceparent: 'made up' } })
  assert.deepEqual(
    tracer.spans.map(({ parent }) => parent),
    [undefined, undefined],
  )
  const carried = sink.items.flatMap((item) => (item.kind === 'event' ? [item.record.headers] : []))
  assert.deepEqual(
    carried,
    tracer.spans.map(({ context }) => context),
  )
})

test('what nobody may post has no span', async (t) => {
  const { tracer, url } = await traced(t, { authorizations: ['Bearer x'] })
  assert.equal((await post(url, body)).status, 401)
  assert.equal((await send(url, { method: 'GET' })).status, 405)
  assert.deepEqual(tracer.spans, [])
})

test('a refusal is no failure of the server, an answer of 503 and a sender that went away are', async (t) => {
  const { tracer, sink, url, port } = await traced(t, {
    strict: true,
    intake: createIntake({ quarantine: createQuarantine(), strict: true }),
    ackBudgetMs: 10,
  })
  assert.equal((await post(url, 'no Envelope')).status, 400)
  sink.hold = true
  assert.equal((await post(url, '{"events":[{"id":"e","target":{"repository":"r"}}]}')).status, 503)
  const { socket } = await rawConnection(t, port)
  socket.write(
    'POST /notifications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  await until(() => tracer.spans.length === 3)
  socket.destroy()
  await until(() => tracer.spans.every(({ ended }) => ended))
  assert.deepEqual(
    tracer.spans.map(({ attributes, failure }) => [
      attributes['http.response.status_code'],
      attributes['registry_relay.code'],
      failure,
    ]),
    [
      [400, 'NOT_AN_ENVELOPE', undefined],
      [503, 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
      [undefined, 'SENDER_GONE', 'SENDER_GONE'],
    ],
  )
})
