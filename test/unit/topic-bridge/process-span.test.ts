import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { ProcessSpans } from '../../../src/topic-bridge/process-span.ts'
import { settle } from '../../support/manual-clock.ts'
import { RecordingTracer } from '../../support/recording-tracer.ts'
import { batchOf, record } from './bridge-support.ts'
import { partitionBed } from './partition-bed.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

function traced() {
  const tracer = new RecordingTracer()
  const spans = new ProcessSpans({ tracer, group: 'relay.billing', endpoint: 'billing' })
  return { tracer, ...partitionBed({ spans }) }
}

test('a record is one span from its first attempt to its outcome, and its attempts belong to it', async () => {
  const { tracer, run, deliverer, clock } = traced()
  let answers = 0
  deliverer.answer = () => (++answers < 3 ? 'fail' : 'ok')
  run.take(batchOf([record(0n, 'team/app', 'a', { traceparent, tracestate: 'a=b' })]))
  await settle()
  assert.deepEqual(
    tracer.spans.map(({ ended }) => ended),
    [false],
  )
  await clock.advance(10_000)
  const [span] = tracer.spans
  assert.ok(span)
  assert.equal(tracer.spans.length, 1)
  assert.deepEqual(
    [span.name, span.kind, span.parent, span.ended, span.failure],
    ['process events', 'consumer', { traceparent, tracestate: 'a=b' }, true, undefined],
  )
  assert.deepEqual(span.attributes, {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'events',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0,
    'messaging.consumer.group.name': 'relay.billing',
    'registry_relay.endpoint': 'billing',
    'messaging.message.id': 'id-a',
    'registry_relay.outcome': 'delivered',
    'registry_relay.attempts': 3,
  })
  assert.deepEqual(
    deliverer.requests.map((request) => [request.traceparent, request.tracestate]),
    Array(3).fill([span.context.traceparent, 'a=b']),
  )
})

test('a record without a trace begins one', async () => {
  const { tracer, run, deliverer } = traced()
  run.take(batchOf([record(0n, 'team/app', 'a', { tracestate: 'a=b' })]))
  await settle()
  assert.equal(tracer.spans[0]?.parent, undefined)
  assert.equal(deliverer.requests[0]?.tracestate, undefined)
  assert.equal(deliverer.requests[0]?.traceparent, tracer.spans[0]?.context.traceparent)
})

test('a dead letter is a failure', async () => {
  const { tracer, run, deliverer } = traced()
  deliverer.answer = () => new RelayError('DELIVERY_REFUSED', 'answered 422', { facts: { status: 422 } })
  run.take(batchOf([record(0n, 'team/app')]))
  await settle()
  const [span] = tracer.spans
  assert.deepEqual(
    [span?.ended, span?.failure, span?.attributes['registry_relay.outcome']],
    [true, 'dead_letter', 'dead_letter'],
  )
})

test('a record that is given back ends its span, and one that never had an attempt has none', async () => {
  const { tracer, run, deliverer, giveBack } = traced()
  deliverer.answer = () => 'fail'
  run.take(batchOf([record(0n, 'team/app'), record(1n, 'team/app')]))
  await settle()
  await giveBack().ended
  assert.deepEqual(
    tracer.spans.map(({ ended, failure, attributes }) => [
      ended,
      failure,
      attributes['messaging.kafka.offset'],
      attributes['registry_relay.outcome'],
    ]),
    [[true, undefined, 0, 'given_back']],
  )
})
