import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import type { Event } from '../../../src/event/event.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { inOrder, silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { failureOf, httpSinkBed as setUp } from './http-sink-bed.ts'

const event: Event = { id: 'e1', action: 'push', target: { repository: 'team/app', tag: '1' } }
const others: readonly Event[] = [{ id: 'e2' }, { id: 'e3' }]

test('time waited for the turn does not count', async (t) => {
  const clock = new ManualClock()
  const { receiver, sink } = await setUp(t, inOrder(silence, status(200)), { clock, timeoutMs: 1_000 })
  const first = failureOf(sink.write([event]))
  await receiver.received(1)
  await clock.advance(900)
  const second = sink.write(others)
  await clock.advance(100)
  await first
  assert.deepEqual(await second, { status: 200 })
})

test('1,000 concurrent writes arrive one after another, in the order of the calls', async (t) => {
  const { receiver, sink } = await setUp(t, status(200))
  const events = Array.from({ length: 1_000 }, (_, n): Event => ({ id: String(n) }))
  await Promise.all(events.map((one) => sink.write([one])))
  assert.deepEqual(
    receiver.requests.map(({ body }) => readEnvelope(Buffer.from(body)).events[0]?.event.id),
    events.map(({ id }) => id),
  )
})

test('one connection serves many attempts; without keep-alive each has its own', async (t) => {
  const kept = await setUp(t, status(200))
  const apart = await setUp(t, status(200), { keepAlive: false })
  for (let n = 0; n < 5; n++) {
    await kept.sink.write([event])
    await apart.sink.write([event])
  }
  assert.deepEqual([kept.receiver.connections, apart.receiver.connections], [1, 5])
  assert.ok(apart.receiver.requests[0]?.headers.includes('connection: close'))
})

test('a write resolves at the headers, however slow the rest of the answer is', async (t) => {
  const clock = new ManualClock()
  const { receiver, sink } = await setUp(
    t,
    inOrder((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1'), status(202)),
    { clock },
  )
  assert.deepEqual(await sink.write([event]), { status: 200 })
  // The next one waits for the connection, not for ever.
  const second = sink.write([event])
  await until(() => clock.pending > 0)
  await clock.advance(250)
  assert.deepEqual(await second, { status: 202 })
  assert.equal(receiver.connections, 2)
})

test('an aborted write rejects with the reason and breaks off its request', async (t) => {
  const { receiver, sink, heard } = await setUp(t, inOrder(silence, status(200)))
  const controller = new AbortController()
  const write = sink.write([event], { signal: controller.signal })
  await receiver.received(1)
  controller.abort('enough')
  await assert.rejects(write, (reason) => reason === 'enough')
  assert.deepEqual(heard, ['latency', 'error 1 enough'])
  assert.deepEqual(await sink.write([event]), { status: 200 })
})

test('a write that is aborted before its turn is not sent, and the others keep their order', async (t) => {
  const { receiver, sink } = await setUp(t, inOrder(silence, status(200)))
  const [first, second] = [new AbortController(), new AbortController()]
  const writes = [
    sink.write([{ id: 'a' }], { signal: first.signal }),
    sink.write([{ id: 'b' }], { signal: second.signal }),
    sink.write([{ id: 'c' }]),
  ].map((write) => write.then(() => 'sent', String))
  await receiver.received(1)
  second.abort('b withdrawn')
  assert.equal(await writes[1], 'b withdrawn')
  assert.equal(receiver.requests.length, 1)
  first.abort('a withdrawn')
  assert.deepEqual(await Promise.all(writes), ['a withdrawn', 'b withdrawn', 'sent'])
  assert.deepEqual(
    receiver.requests.map(({ body }) => readEnvelope(Buffer.from(body)).events[0]?.event.id),
    ['a', 'c'],
  )
})

test('a signal that is aborted already sends nothing', async (t) => {
  const { receiver, sink } = await setUp(t, status(200))
  await assert.rejects(sink.write([event], { signal: AbortSignal.abort('no') }), (reason) => reason === 'no')
  assert.equal(receiver.connections, 0)
})

test('close is idempotent, and every write after it rejects as closed, an empty one too', async (t) => {
  const { sink } = await setUp(t, status(200))
  await sink.write([event])
  await sink.close()
  await sink.close()
  for (const events of [[event], []]) {
    const error = await failureOf(sink.write(events), 'SINK_CLOSED')
    assert.deepEqual([error.message, error.retriable], ['sink: closed', false])
  }
})

test('close waits for what was accepted', async (t) => {
  let answer = (): void => {}
  const { receiver, sink } = await setUp(
    t,
    inOrder((socket, request) => {
      answer = () => status(200)(socket, request)
    }, status(202)),
  )
  const writes = Promise.all([sink.write([event]), sink.write(others)])
  await receiver.received(1)
  let closed = false
  const close = sink.close().then(() => {
    closed = true
  })
  await failureOf(sink.write([event]), 'SINK_CLOSED')
  assert.equal(closed, false)
  answer()
  await close
  assert.deepEqual(await writes, [{ status: 200 }, { status: 202 }])
})

test('close breaks off at its deadline what an endpoint does not answer, and says how much', async (t) => {
  const clock = new ManualClock()
  const { receiver, sink, heard } = await setUp(t, silence, { clock, timeoutMs: 0 })
  const writes = [sink.write([event]), sink.write(others)].map((write) => failureOf(write, 'SINK_CLOSED'))
  await receiver.received(1)
  const close = failureOf(sink.close({ deadlineMs: 2_000 }), 'DEADLINE_EXCEEDED')
  await clock.advance(2_000)
  assert.equal((await close).facts['givenUp'], 3)
  await Promise.all(writes)
  assert.deepEqual(heard, ['latency', 'error 1 SINK_CLOSED'])
  assert.equal(receiver.requests.length, 1)
  assert.equal(await failureOf(sink.close(), 'DEADLINE_EXCEEDED'), await close)
})
