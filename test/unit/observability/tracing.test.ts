import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { createTracer, type SdkTracer } from '../../../src/observability/tracing.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

afterEach(() => trace.disable())

/** An SDK that keeps spans here, once it has been told to send them. */
function register(): { readonly tracer: SdkTracer; readonly exported: InMemorySpanExporter } {
  const exported = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exported)] }),
  )
  const tracer = createTracer('1.2.3')
  assert.ok(tracer)
  return { tracer, exported }
}

const attributes = { 'messaging.system': 'kafka' }

test('without an SDK there is no tracer', () => {
  assert.equal(createTracer('1.2.3'), undefined)
})

test('a span is the child of its parent, and its own context is what is carried on', async () => {
  const { tracer, exported } = register()
  const parent = { traceparent, tracestate: 'a=b,c=d' }
  const span = tracer.start('send events', { kind: 'producer', parent, attributes })
  assert.equal(span.recording, true)
  span.set({ 'messaging.kafka.offset': 7 })
  span.end()
  await tracer.flush()
  const [seen] = exported.getFinishedSpans()
  assert.ok(seen)
  assert.equal(seen.name, 'send events')
  assert.equal(seen.kind, SpanKind.PRODUCER)
  assert.equal(seen.parentSpanContext?.spanId, '00f067aa0ba902b7')
  assert.deepEqual(seen.attributes, { ...attributes, 'messaging.kafka.offset': 7 })
  assert.equal(seen.status.code, SpanStatusCode.UNSET)
  assert.equal(seen.instrumentationScope.version, '1.2.3')
  assert.deepEqual(span.context, {
    traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${seen.spanContext().spanId}-01`,
    tracestate: 'a=b,c=d',
  })
})

test('a failure is the type of the error', async () => {
  const { tracer, exported } = register()
  tracer.start('POST', { kind: 'client', parent: undefined, attributes }).end('timeout')
  await tracer.flush()
  const [seen] = exported.getFinishedSpans()
  assert.equal(seen?.status.code, SpanStatusCode.ERROR)
  assert.equal(seen.attributes['error.type'], 'timeout')
})

test('a parent that is none by the rules begins a trace of its own', async () => {
  const { tracer, exported } = register()
  const none = [
    '',
    'made up',
    traceparent.toUpperCase(),
    `${traceparent}-more`,
    traceparent.replace(/4bf9[0-9a-f]+/, '0'.repeat(32)),
    traceparent.replace('00f067aa0ba902b7', '0'.repeat(16)),
  ]
  for (const text of none) {
    tracer.start('x', { kind: 'consumer', parent: { traceparent: text }, attributes }).end()
  }
  await tracer.flush()
  const spans = exported.getFinishedSpans()
  assert.equal(spans.length, none.length)
  for (const { parentSpanContext } of spans) assert.equal(parentSpanContext, undefined)
  assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, none.length)
})

test('a trace that is not sampled is carried on as that, and nothing is kept of it', async () => {
  const { tracer, exported } = register()
  const parent = { traceparent: traceparent.replace(/01$/, '00') }
  const span = tracer.start('x', { kind: 'server', parent, attributes })
  span.end()
  assert.equal(span.recording, false)
  assert.match(span.context.traceparent, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/)
  await tracer.flush()
  assert.deepEqual(exported.getFinishedSpans(), [])
})

test('an SDK that cannot send what it has does no harm', async () => {
  trace.setGlobalTracerProvider(
    Object.assign(new NodeTracerProvider(), { forceFlush: () => Promise.reject(new Error('no collector')) }),
  )
  await createTracer('1.2.3')?.flush()
})
