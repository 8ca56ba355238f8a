import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { OtlpReceiver, otlpKind, type ReceivedSpan } from '../support/otlp-receiver.ts'
import { inOrder, type RawReceiver, rawReceiver, status } from '../support/raw-receiver.ts'
import { until } from '../support/until.ts'
import { envelope } from './gateway/gateway-bed.ts'
import { Chain } from './promises/chain.ts'
import { headerOf } from './topic-bridge/fault-run.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const registrySpan = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${registrySpan}-01`
const example = fileURLToPath(new URL('../../examples/tracing.mjs', import.meta.url))

/** What gives a process the SDK of the example, as in a container. */
function sdk(collector: OtlpReceiver, service: string, delayMs = 100): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${example}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: service,
    OTEL_BSP_SCHEDULE_DELAY: String(delayMs),
  }
}

async function postTraced(url: string, body: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json', traceparent }
  assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200)
}

/** An endpoint that fails once; its path and its header are secrets. */
async function failingOnce(
  t: TestContext,
): Promise<{ readonly receiver: RawReceiver; readonly url: string }> {
  const receiver = await rawReceiver(t, inOrder(status(503), status(204)))
  return { receiver, url: new URL('/hooks/top-secret', receiver.url).href }
}

/** Spans of the trace, one kind of them, with this parent. */
function below(spans: readonly ReceivedSpan[], kind: number, parent: string): readonly ReceivedSpan[] {
  return spans.filter((span) => span.trace === traceId && span.kind === kind && span.parent === parent)
}

function only(spans: readonly ReceivedSpan[]): ReceivedSpan {
  const [span] = spans
  assert.ok(span)
  assert.equal(spans.length, 1, JSON.stringify(spans))
  return span
}

/** From the producer to the delivery: the second attempt beside the first, both what the endpoint was told. */
function assertDelivered(
  producer: ReceivedSpan,
  spans: readonly ReceivedSpan[],
  receiver: RawReceiver,
): void {
  const processing = only(below(spans, otlpKind.consumer, producer.id))
  const attempts = below(spans, otlpKind.client, processing.id)
  assert.deepEqual(
    attempts.map(({ service, name, failed, attributes }) => [
      service,
      name,
      failed,
      attributes['registry_relay.attempt'],
      attributes['http.response.status_code'],
    ]),
    [
      ['bridge', 'POST', true, 1, 503],
      ['bridge', 'POST', false, 2, 204],
    ],
  )
  assert.deepEqual(
    receiver.requests.map((request) => headerOf(request, 'traceparent')),
    attempts.map(({ id }) => `00-${traceId}-${id}-01`),
  )
  const { attributes } = processing
  assert.equal(attributes['registry_relay.outcome'], 'delivered')
  assert.equal(attributes['messaging.kafka.offset'], producer.attributes['messaging.kafka.offset'])
  assert.equal(attributes['messaging.message.id'], 'e-1')
  assert.equal(attributes['registry_relay.repository'], 'team/app')
}

test('with the SDK of the example, one trace goes from what the registry says to the deliveries', async (t) => {
  const collector = await OtlpReceiver.start(t)
  const { receiver, url } = await failingOnce(t)
  const chain = await Chain.start(t, { topics: { partitions: 1 } })
  const gateway = await chain.serve(chain.bed, sdk(collector, 'gateway'))
  const endpoint = { name: 'hook', url, headers: { Authorization: 'Bearer top-secret' } }
  chain.bridge([endpoint], {}, sdk(collector, 'bridge'))
  await postTraced(await gateway.listening(), envelope('e-1', 'team/app'))
  const { spans } = collector
  await until(() => spans.some(({ kind }) => kind === otlpKind.consumer), {
    ms: 60_000,
    what: () => JSON.stringify(spans),
  })
  await until(() => spans.length === 5, { what: () => JSON.stringify(spans) })

  const server = only(below(spans, otlpKind.server, registrySpan))
  assert.deepEqual([server.service, server.name], ['gateway', 'POST /notifications'])
  const producer = only(below(spans, otlpKind.producer, server.id))
  const { events } = chain.bed.config.topics
  assert.deepEqual([producer.service, producer.name, producer.failed], ['gateway', `send ${events}`, false])
  assertDelivered(producer, spans, receiver)
  assert.ok(!collector.text.includes('top-secret'))
})

test('what waits in the spool over a restart goes on in its trace, and a stop sends what is held back', async (t) => {
  const collector = await OtlpReceiver.start(t)
  const { receiver, url } = await failingOnce(t)
  const chain = await Chain.start(t, { topics: { partitions: 1 } })
  const withoutKafka = chain.with({ kafka: { brokers: ['127.0.0.1:1'] } })
  // So long that only the stop can be what sends it.
  const first = await chain.serve(withoutKafka, sdk(collector, 'first', 3_600_000))
  await postTraced(await first.listening(), envelope('e-1', 'team/app'))
  first.signal('SIGTERM')
  assert.equal((await first.ended).status, 0)
  const { spans } = collector
  const server = only(below(spans, otlpKind.server, registrySpan))
  for (const attempt of below(spans, otlpKind.producer, server.id)) assert.ok(attempt.failed)

  await chain.serve(chain.bed, sdk(collector, 'second'))
  chain.bridge([{ name: 'hook', url }], {}, sdk(collector, 'bridge'))
  await until(() => spans.some(({ kind }) => kind === otlpKind.consumer), {
    ms: 60_000,
    what: () => JSON.stringify(spans),
  })
  const stored = (): readonly ReceivedSpan[] =>
    below(spans, otlpKind.producer, server.id).filter(({ service }) => service === 'second')
  await until(() => stored().length > 0)
  assertDelivered(only(stored()), spans, receiver)
})

test('without an SDK nothing is made of a trace, and nothing is carried that was not asked for', async (t) => {
  const { receiver, url } = await failingOnce(t)
  const chain = await Chain.start(t, { topics: { partitions: 1 } })
  const gateway = await chain.serve()
  chain.bridge([{ name: 'hook', url }])
  await postTraced(await gateway.listening(), envelope('e-1', 'team/app'))
  await receiver.received(2)
  for (const { headers } of receiver.requests) assert.ok(!headers.some((line) => /^trace/i.test(line)))
})
