import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type OpenKafkaSink, openKafkaSink } from '../../../src/app/open-kafka-sink.ts'
import { isRelayError } from '../../../src/errors.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'
import { until } from '../../support/until.ts'

const event = { id: 'e-1', action: 'push', target: { repository: 'team/app' } }

/** Nothing listens at the port of the broker. Without a registry, nothing at its either. */
function open(t: TestContext, registryUrl = 'http://127.0.0.1:1'): OpenKafkaSink {
  const sink = openKafkaSink({
    kafka: { brokers: ['127.0.0.1:1'] },
    schemaRegistry: { url: registryUrl, mode: 'register' },
    topic: 'events',
  })
  t.after(() => sink.close({ deadlineMs: 0 }))
  return sink
}

/** What a write rejects with whose time is up when it is known that nobody answers. */
async function late(sink: OpenKafkaSink, waitsFor: RegExp): Promise<unknown> {
  await until(() => waitsFor.test(sink.readiness().reason ?? ''), {
    what: () => sink.readiness().reason ?? 'ready',
  })
  return sink.write([event], { signal: AbortSignal.timeout(1) }).catch((error: unknown) => error)
}

test('a write whose time is up says that no broker could be connected to, and keeps the reason of the signal', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  const error = await late(open(t, registry.url), /ECONNREFUSED 127\.0\.0\.1:1/)
  assert.ok(isRelayError(error, 'DEADLINE_EXCEEDED'))
  assert.match(
    error.message,
    /^the write was not done in time: no connection to Kafka for events: .*ECONNREFUSED 127\.0\.0\.1:1\b/,
  )
  assert.equal((error.cause as DOMException).name, 'TimeoutError')
})

test('a write whose time is up names the schema registry too where that is away', async (t) => {
  const error = await late(open(t), /http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED/)
  assert.ok(isRelayError(error, 'DEADLINE_EXCEEDED'))
  assert.match(
    error.message,
    /: \w+ http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED.*; no connection to Kafka for events: /,
  )
})

test('a write that its caller takes back rejects with the reason of the caller alone', async (t) => {
  const sink = open(t)
  const abort = new AbortController()
  const write = sink.write([event], { signal: abort.signal })
  const reason = new Error('no longer wanted')
  abort.abort(reason)
  await assert.rejects(write, (error) => error === reason)
})
