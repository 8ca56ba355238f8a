import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawReceiver, status } from '../../support/raw-receiver.ts'
import { RecordingTracer } from '../../support/recording-tracer.ts'
import { deliveryBed, deliveryTo, failureOf, request } from './delivery-bed.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('an attempt is a span under what the request belongs to, and the endpoint is told the span', async (t) => {
  const tracer = new RecordingTracer()
  const { receiver, delivery } = await deliveryBed(t, status(204), { tracer })
  await delivery.deliver({ ...request, attempt: 3, traceparent, tracestate: 'a=b' })
  const [span] = tracer.spans
  assert.ok(span)
  const { port, origin } = new URL(receiver.url)
  assert.deepEqual(
    [span.name, span.kind, span.parent, span.ended, span.failure],
    ['POST', 'client', { traceparent, tracestate: 'a=b' }, true, undefined],
  )
  assert.deepEqual(span.attributes, {
    'http.request.method': 'POST',
    'server.address': '127.0.0.1',
    'server.port': Number(port),
    'url.full': `${origin}${new URL(receiver.url).pathname === '/' ? '/' : '/REDACTED'}`,
    'registry_relay.attempt': 3,
    'http.request.resend_count': 2,
    'http.response.status_code': 204,
  })
  const lines = receiver.requests[0]?.headers ?? []
  assert.ok(JSON.stringify(lines).includes(span.context.traceparent))
  assert.ok(!JSON.stringify(lines).includes(traceparent))
})

test('nothing of the path and the query of an endpoint is in a span: they may be secrets', async (t) => {
  const tracer = new RecordingTracer()
  const receiver = await rawReceiver(t, status(204))
  const delivery = deliveryTo(t, { url: new URL('/services/T0/secret?token=secret', receiver.url), tracer })
  await delivery.deliver(request)
  assert.ok(!JSON.stringify(tracer.spans).includes('secret'))
  assert.equal(tracer.spans[0]?.attributes['url.full'], `${new URL(receiver.url).origin}/REDACTED`)
})

test('a failed attempt says the answer, or why there was none', async (t) => {
  const tracer = new RecordingTracer()
  const { delivery } = await deliveryBed(t, status(503), { tracer })
  await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  const refusing = await deliveryBed(t, status(422), { tracer })
  await failureOf(refusing.delivery.deliver(request), 'DELIVERY_REFUSED')
  const nobody = deliveryTo(t, { url: 'http://127.0.0.1:1/', tracer })
  const { facts } = await failureOf(nobody.deliver(request), 'DELIVERY_FAILED')
  const reason = new Error('stop')
  await assert.rejects(delivery.deliver(request, AbortSignal.abort(reason)), reason)
  assert.deepEqual(
    tracer.spans.map(({ attributes, failure, ended }) => [
      attributes['http.response.status_code'],
      attributes['registry_relay.code'],
      failure,
      ended,
    ]),
    [
      [503, 'DELIVERY_FAILED', '503', true],
      [422, 'DELIVERY_REFUSED', '422', true],
      [undefined, 'DELIVERY_FAILED', facts['reason'], true],
      [undefined, undefined, 'Error', true],
    ],
  )
})
