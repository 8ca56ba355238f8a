import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIntake } from '../../../src/gateway/intake.ts'
import { decodeItems, encodeItems } from '../../../src/gateway/item-codec.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { readTraceContext } from '../../../src/gateway/trace-context.ts'
import { jsonHeaders, post, startGateway } from './harness.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const tracestate = 'vendor=t61rcWkgMzE,tenant@system=00f067aa0ba902b7'
const body = '{"events":[{"id":"e","target":{"repository":"r"}},{"id":"f","target":{"repository":"r"}}]}'

test('a trace context that keeps the rules is read as it came', () => {
  assert.deepEqual(readTraceContext({}), { context: undefined, dropped: [] })
  assert.deepEqual(readTraceContext({ traceparent }), { context: { traceparent }, dropped: [] })
  assert.deepEqual(readTraceContext({ traceparent, tracestate }), {
    context: { traceparent, tracestate },
    dropped: [],
  })
})

test('a traceparent that breaks the rules is dropped, and the tracestate with it', () => {
  const wrong = [
    '',
    'x',
    traceparent.toUpperCase(),
    traceparent.slice(0, -1),
    `${traceparent}-more`,
    `${traceparent}, ${traceparent}`,
    traceparent.replace(/^00/, 'ff'),
    traceparent.replace(/4bf9[0-9a-f]+/, '0'.repeat(32)),
    traceparent.replace('00f067aa0ba902b7', '0'.repeat(16)),
    traceparent.replace('-01', '-0g'),
    `cc${traceparent.slice(2)}.more`,
  ]
  for (const text of wrong) {
    const { context, dropped } = readTraceContext({ traceparent: text, tracestate })
    assert.equal(context, undefined, text)
    assert.deepEqual(dropped, ['traceparent', 'tracestate'])
  }
  assert.deepEqual(readTraceContext({ tracestate }), { context: undefined, dropped: ['tracestate'] })
})

test('of a later version the parts of this one are passed on', () => {
  const later = `cc${traceparent.slice(2, -2)}0b`
  for (const text of [later, `${later}-what-the-future-brings`]) {
    assert.deepEqual(readTraceContext({ traceparent: text }).context, { traceparent })
  }
})

test('a tracestate is passed on without its empty members and the space around the others', () => {
  const { context } = readTraceContext({ traceparent, tracestate: 'a=1 ,\t, 0b/c=x y,,d@e=!' })
  assert.equal(context?.tracestate, 'a=1,0b/c=x y,d@e=!')
})

test('a tracestate that breaks the rules is dropped alone', () => {
  const wrong = [
    'x',
    '=1',
    'A=1',
    'a=',
    'a=1,a=2',
    'a=b=c',
    'a=\u00e9',
    'a@b@c=1',
    `${'k'.repeat(257)}=1`,
    Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(','),
    Array.from({ length: 30 }, (_, i) => `k${i}=${'v'.repeat(20)}`).join(','),
  ]
  for (const text of wrong) {
    const { context, dropped } = readTraceContext({ traceparent, tracestate: text })
    assert.deepEqual(context, { traceparent }, text)
    assert.deepEqual(dropped, ['tracestate'])
  }
})

test('by option the trace context of a request is on every record of its events, and survives the spool', async (t) => {
  const quarantine = createQuarantine()
  const { url, sink, metric } = await startGateway(t, {
    intake: createIntake({ quarantine }),
    traceparent: true,
  })
  const answer = await post(url, body, { headers: { ...jsonHeaders, traceparent, tracestate } })
  assert.equal(answer.status, 200)
  const items = decodeItems(encodeItems(sink.items))
  assert.equal(items.length, 2)
  for (const { record } of items) assert.deepEqual(record.headers, { traceparent, tracestate })

  assert.equal((await post(url, body)).status, 200)
  assert.deepEqual(
    sink.items.slice(2).map(({ record }) => record.headers),
    [undefined, undefined],
  )
  assert.equal(await metric('registry_relay_gateway_trace_headers_dropped_total{header="traceparent"}'), 0)
})

test('a trace header that breaks the rules costs the event nothing: it is stored without, counted and told', async (t) => {
  const quarantine = createQuarantine()
  const gateway = await startGateway(t, { intake: createIntake({ quarantine }), traceparent: true })
  const headers = { ...jsonHeaders, traceparent: 'made up', tracestate }
  assert.equal((await post(gateway.url, body, { headers })).status, 200)
  assert.deepEqual(
    gateway.sink.items.map(({ record }) => record.headers),
    [undefined, undefined],
  )
  const dropped = 'registry_relay_gateway_trace_headers_dropped_total'
  assert.equal(await gateway.metric(`${dropped}{header="traceparent"}`), 1)
  assert.equal(await gateway.metric(`${dropped}{header="tracestate"}`), 1)
  assert.ok(gateway.logs.some((line) => line.includes('TRACE_HEADER') && !line.includes('made up')))
})

test('without the option nothing of a trace context is looked at', async (t) => {
  const quarantine = createQuarantine()
  const gateway = await startGateway(t, { intake: createIntake({ quarantine }) })
  const headers = { ...jsonHeaders, traceparent, tracestate: 'A=1' }
  assert.equal((await post(gateway.url, body, { headers })).status, 200)
  assert.deepEqual(
    gateway.sink.items.map(({ record }) => record.headers),
    [undefined, undefined],
  )
  assert.equal(
    await gateway.metric('registry_relay_gateway_trace_headers_dropped_total{header="tracestate"}'),
    0,
  )
})
