import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RejectedSink } from '../../../src/app/rejected-sink.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { settle } from '../../support/manual-clock.ts'
import { RecordingTracer } from '../../support/recording-tracer.ts'
import { ScriptedBroker } from '../kafka/scripted-producer.ts'

test('what is kept as rejected goes to Kafka under a span of its own, below that of its request', async (t) => {
  const tracer = new RecordingTracer()
  const broker = new ScriptedBroker()
  const telemetry = { ...noTelemetry, tracer }
  const sink = new RejectedSink({ topic: 'rejected', producer: broker.producer, telemetry })
  t.after(() => sink.close({ deadlineMs: 0 }))
  await sink.start()
  await settle()
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  const { record } = createQuarantine()({ reason: 'x', message: 'x', content: Buffer.from('x') }, { trace })
  await sink.write([record])
  const [span] = tracer.spans
  assert.ok(span)
  assert.deepEqual(
    [span.name, span.parent, span.attributes['messaging.kafka.offset'], span.failure],
    ['send rejected', trace, 0, undefined],
  )
  const [sent] = broker.requests[0]?.batches[0]?.records ?? []
  assert.equal(sent?.headers?.['traceparent'], span.context.traceparent)
})
