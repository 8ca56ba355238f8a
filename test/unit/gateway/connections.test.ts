import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { type Gateway, jsonHeaders, post, rawConnection, send, startGateway } from './harness.ts'

const head = (...lines: string[]) =>
  ['POST /notifications HTTP/1.1', 'Host: relay', 'Content-Type: application/json', ...lines, '', ''].join(
    '\r\n',
  )

const rejected = (gateway: Gateway, reason: string) =>
  gateway.metric(`registry_relay_gateway_rejected_total{reason="${reason}"}`)
const requests = (gateway: Gateway, code: string) =>
  gateway.metric(`registry_relay_gateway_requests_total{code="${code}"}`)

test('takes a body that comes byte by byte, and a chunked one', async (t) => {
  const gateway = await startGateway(t)
  const slow = await rawConnection(t, gateway.port)
  for (const byte of `${head('Content-Length: 5')}hello`) {
    await new Promise<void>((resolve) => slow.socket.write(byte, () => resolve()))
  }
  await until(() => slow.text().startsWith('HTTP/1.1 200 OK'))

  const chunked = await rawConnection(t, gateway.port)
  chunked.socket.write(`${head('Transfer-Encoding: chunked')}3\r\nabc\r\n`)
  chunked.socket.write('4;ext=1\r\ndefg\r\n0\r\n\r\n')
  await until(() => chunked.text().startsWith('HTTP/1.1 200 OK'))
  assert.deepEqual(gateway.sink.texts, ['hello', 'abcdefg'])
})

test('publishes nothing of a body whose sender goes away in the middle, and counts it', async (t) => {
  const gateway = await startGateway(t)
  const endings = ['reset', 'half-closed', 'closed'] as const
  for (const [index, ending] of endings.entries()) {
    const { socket } = await rawConnection(t, gateway.port)
    socket.write(`${head('Content-Length: 100')}{"events":[`)
    await until(async () => (await gateway.metric('registry_relay_gateway_in_flight_requests')) === 1)
    if (ending === 'reset') socket.resetAndDestroy()
    else if (ending === 'closed') socket.destroy()
    else socket.end()
    await until(async () => (await requests(gateway, 'none')) === index + 1)
  }
  assert.equal(await rejected(gateway, 'sender_gone'), 3)
  assert.equal(await gateway.metric('registry_relay_gateway_in_flight_requests'), 0)
  assert.equal(gateway.sink.writes.length, 0)
  assert.equal((await post(gateway.url, 'next')).status, 200)
})

test('a sender that goes away before its answer does not take its events back', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const { socket } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 5')}hello`)
  await until(() => gateway.sink.writes.length === 1)
  socket.resetAndDestroy()
  // A second request proves that the server has had the time to see the reset of the first.
  await send(gateway.url, { method: 'GET' })
  assert.equal(gateway.sink.writes[0]?.signal?.aborted, false)
  gateway.sink.writes[0]?.resolve()
  await until(async () => (await gateway.metric('registry_relay_gateway_answers_unheard_total')) === 1)
  assert.equal(await gateway.metric('registry_relay_gateway_events_total{way="typed"}'), 1)
})

test('in strict mode answers 413 to a body over the limit so that a client that is still writing sees it', async (t) => {
  const gateway = await startGateway(t, { strict: true, maxBodyBytes: 1_000 })
  assert.equal((await post(gateway.url, 'x'.repeat(1_000))).status, 200)
  // Far more than fits into the buffers of a connection: closing with bytes unread would reset it.
  const body = Buffer.alloc(16 * 1024 * 1024, 'x')
  for (let round = 0; round < 3; round++) {
    const answer = await post(gateway.url, body)
    assert.equal(answer.status, 413)
    assert.equal(answer.headers['connection'], 'close')
    assert.deepEqual(JSON.parse(answer.body), {
      code: 'TOO_LARGE',
      message: 'The body exceeds gateway.maxBodyBytes, 1000 bytes.',
    })
  }
  // Of unknown length: found out only on the way.
  const chunked = await post(gateway.url, body, {
    headers: { ...jsonHeaders, 'Transfer-Encoding': 'chunked' },
  })
  assert.equal(chunked.status, 413)
  assert.equal(gateway.sink.writes.length, 1)
  assert.equal(await rejected(gateway, 'too_large'), 4)
})

test('a client that looks for the answer only when it has written its whole body finds it there', async (t) => {
  const gateway = await startGateway(t, { strict: true, maxBodyBytes: 1_000 })
  const { socket, text } = await rawConnection(t, gateway.port)
  socket.pause()
  const body = Buffer.alloc(16 * 1024 * 1024, 'x')
  socket.write(head(`Content-Length: ${body.length}`))
  const error = await new Promise((resolve) => socket.write(body, resolve))
  assert.ok(!error, String(error))
  socket.resume()
  await until(() => text().startsWith('HTTP/1.1 413 '))
})

test('reads the rest of a refused body only for a while', async (t) => {
  const gateway = await startGateway(t, { strict: true, maxBodyBytes: 10, limits: { lingerMs: 50 } })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(head('Content-Length: 100000000'))
  await closed
  assert.match(text(), /^HTTP\/1\.1 413 /)
})

test('tells a sender that asks first whether to send its body', async (t) => {
  const gateway = await startGateway(t, { strict: true, maxBodyBytes: 10 })
  const admitted = await rawConnection(t, gateway.port)
  admitted.socket.write(head('Content-Length: 5', 'Expect: 100-continue'))
  await until(() => admitted.text() === 'HTTP/1.1 100 Continue\r\n\r\n')
  admitted.socket.write('hello')
  await until(() => admitted.text().includes('HTTP/1.1 200 OK'))
  assert.deepEqual(gateway.sink.texts, ['hello'])

  const refused = await rawConnection(t, gateway.port)
  refused.socket.write(head('Content-Length: 11', 'Expect: 100-continue'))
  await until(() => refused.text().startsWith('HTTP/1.1 413 '))
  assert.doesNotMatch(refused.text(), /100 Continue/)

  const unknown = await rawConnection(t, gateway.port)
  unknown.socket.write(head('Content-Length: 5', 'Expect: miracles'))
  await until(() => unknown.text().startsWith('HTTP/1.1 417 '))
})

test('a chunk that cannot be read is answered 400 once, and nothing of its body is published', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Transfer-Encoding: chunked')}3\r\nabc\r\n`)
  await until(async () => (await gateway.metric('registry_relay_gateway_in_flight_requests')) === 1)
  socket.write('not a size\r\n')
  await closed
  assert.match(text(), /^HTTP\/1\.1 400 /)
  assert.equal(text().match(/HTTP\/1\.1 \d/g)?.length, 1)
  assert.equal(await requests(gateway, '400'), 1)
  assert.equal(await requests(gateway, 'none'), 0)
  assert.equal(await gateway.metric('registry_relay_gateway_in_flight_requests'), 0)
  assert.equal(gateway.sink.writes.length, 0)
})

test('garbage behind a request that waits is not answered in its place', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 5')}hello`)
  await until(() => gateway.sink.writes.length === 1)
  socket.write('garbage\r\n\r\n')
  await closed
  assert.equal(text(), '')
})

test('requests sent ahead on one connection reach the sink in order and are answered in order', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const { socket, text } = await rawConnection(t, gateway.port)
  const bodies = Array.from({ length: 20 }, (_, index) => `event-${index}${'x'.repeat(index * 500)}`)
  socket.write(bodies.map((body) => `${head(`Content-Length: ${body.length}`)}${body}`).join(''))
  await until(() => gateway.sink.writes.length === bodies.length)
  assert.deepEqual(gateway.sink.texts, bodies)
  for (const [index, write] of gateway.sink.writes.toReversed().entries()) {
    if (index === 3) write.reject(new Error('one of them'))
    else write.resolve()
  }
  await until(() => text().match(/HTTP\/1\.1 \d/g)?.length === bodies.length)
  const statuses = text().match(/HTTP\/1\.1 (\d+)/g)
  assert.equal(statuses?.indexOf('HTTP/1.1 500'), bodies.length - 4)
})

test('gives up on a request that does not come: 408, header lines too long: 431', async (t) => {
  const gateway = await startGateway(t, {
    limits: { headersTimeoutMs: 60, requestTimeoutMs: 120, checkIntervalMs: 20 },
  })
  const stuckInHead = await rawConnection(t, gateway.port)
  stuckInHead.socket.write('POST /notifications HTTP/1.1\r\nHost: re')
  const stuckInBody = await rawConnection(t, gateway.port)
  stuckInBody.socket.write(`${head('Content-Length: 5')}he`)
  await Promise.all([stuckInHead.closed, stuckInBody.closed])
  assert.match(stuckInHead.text(), /^HTTP\/1\.1 408 /)
  assert.match(stuckInBody.text(), /^HTTP\/1\.1 408 /)
  assert.equal(await requests(gateway, '408'), 2)
  assert.equal(gateway.sink.writes.length, 0)

  const long = await rawConnection(t, gateway.port)
  long.socket.write(head(`X-Long: ${'x'.repeat(9_000)}`))
  await long.closed
  assert.match(long.text(), /^HTTP\/1\.1 431 /)
})

test('gives up on a body that comes too slowly, long before the time for a request is over', async (t) => {
  const gateway = await startGateway(t, {
    limits: { bodyGraceMs: 50, minBodyBytesPerSecond: 1_000, lingerMs: 50 },
  })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 1000')}he`)
  await closed
  assert.match(text(), /^HTTP\/1\.1 408 [\s\S]*"BODY_TOO_SLOW"/)
  assert.equal(await rejected(gateway, 'body_too_slow'), 1)
  assert.equal(await gateway.metric('registry_relay_gateway_in_flight_requests'), 0)
  assert.equal(gateway.sink.writes.length, 0)
  // Its bytes are given back.
  assert.equal((await post(gateway.url, 'x')).status, 200)
})

test('no header line is left out, however many there are; with too many the request is refused', async (t) => {
  const gateway = await startGateway(t, {
    authorizations: ['Bearer s3cr3t'],
    limits: { maxHeaderBytes: 64 * 1024, maxHeaders: 3_000 },
  })
  // More than node:http hands on by default.
  const many = Array.from({ length: 2_500 }, (_, index) => `a${index}: b`)
  const behind = await rawConnection(t, gateway.port)
  behind.socket.write(`${head(...many, 'Authorization: Bearer s3cr3t', 'Content-Length: 5')}hello`)
  await until(() => behind.text().startsWith('HTTP/1.1 200 OK'))
  assert.deepEqual(gateway.sink.texts, ['hello'])

  const refused = await rawConnection(t, gateway.port)
  refused.socket.write(`${head(...many, ...many, 'Content-Length: 5')}hello`)
  await until(() => refused.text().startsWith('HTTP/1.1 431 '))
  assert.match(refused.text(), /"TOO_MANY_HEADERS"/)

  // With the default limits 2,000 short lines are over it as well.
  const usual = await startGateway(t)
  const short = await rawConnection(t, usual.port)
  short.socket.write(head(...Array.from({ length: 2_000 }, () => 'a:')))
  await until(() => short.text().startsWith('HTTP/1.1 431 '))
  assert.equal(usual.sink.writes.length, 0)
})

test('a request without a Host is refused and counted', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text } = await rawConnection(t, gateway.port)
  socket.write('POST /notifications HTTP/1.1\r\nContent-Length: 0\r\n\r\n')
  await until(() => text().startsWith('HTTP/1.1 400 '))
  assert.equal(await rejected(gateway, 'malformed_request'), 1)
  assert.equal(await requests(gateway, '400'), 1)
})

test('a connection ends after so many requests, and what was sent ahead beyond them is answered 503', async (t) => {
  const gateway = await startGateway(t, { limits: { maxRequestsPerConnection: 2 } })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 1')}x`.repeat(3))
  await closed
  assert.deepEqual(text().match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 503'])
  assert.equal(gateway.sink.texts.length, 2)
  assert.equal(await rejected(gateway, 'too_many_requests_on_connection'), 1)
})

test('a connection without a request is closed after the time for keeping it', async (t) => {
  const gateway = await startGateway(t, { limits: { keepAliveTimeoutMs: 50 } })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 1')}x`)
  await closed
  assert.match(text(), /^HTTP\/1\.1 200 OK/)
})

test('an upgrade is no reason to leave HTTP/1.1', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text } = await rawConnection(t, gateway.port)
  socket.write(`${head('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'Content-Length: 5')}hello`)
  await until(() => text().startsWith('HTTP/1.1 200 OK'))
  assert.deepEqual(gateway.sink.texts, ['hello'])
})

test('CONNECT is answered 405, not left hanging', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n')
  await closed
  assert.match(text(), /^HTTP\/1\.1 405 Method Not Allowed\r\n[\s\S]*Allow: POST/)
})

test('bodies of all requests together have a limit: 503 over it, and room again afterwards', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 1_000, limits: { maxBodiesBytes: 1_500 } })
  const first = request(gateway.url, {
    method: 'POST',
    headers: { ...jsonHeaders, 'Content-Length': 1_000 },
    agent: false,
  })
  const answered = new Promise((resolve) =>
    first.once('response', (response) => resolve(response.statusCode)),
  )
  first.write('x'.repeat(900))
  // Budget is taken as bytes arrive: until the first 900 are there, a second body finds room.
  let second = await post(gateway.url, 'y'.repeat(800))
  await until(async () => {
    if (second.status !== 503) second = await post(gateway.url, 'y'.repeat(800))
    return second.status === 503
  })
  assert.equal(second.headers['retry-after'], '1')
  assert.equal(JSON.parse(second.body).code, 'OVER_BUDGET')
  first.end('x'.repeat(100))
  assert.equal(await answered, 200)
  assert.equal((await post(gateway.url, 'y'.repeat(800))).status, 200)
})

test('connections over the limit are closed at once and counted', async (t) => {
  const gateway = await startGateway(t, { limits: { maxConnections: 1 } })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  assert.equal((await post(gateway.url, 'x', { agent })).status, 200)
  await assert.rejects(post(gateway.url, 'y'))
  assert.equal(await gateway.metric('registry_relay_gateway_connections_dropped_total'), 1)
  assert.deepEqual(gateway.sink.texts, ['x'])
})

test('close answers what is in flight, ends idle connections and those without a request, and takes no more', async (t) => {
  const gateway = await startGateway(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  await post(gateway.url, 'before', { agent })
  const silent = await rawConnection(t, gateway.port)

  gateway.sink.hold = true
  const posting = post(gateway.url, 'in flight', { agent: new Agent({ keepAlive: true }) })
  await until(() => gateway.sink.writes.length === 2)
  const closing = gateway.server.close()
  assert.equal(gateway.server.close(), closing)
  assert.deepEqual(gateway.server.readiness(), { ready: false, reason: 'stopping' })
  await silent.closed
  await assert.rejects(post(gateway.url, 'too late'))

  gateway.sink.writes[1]?.resolve()
  const answer = await posting
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['connection'], 'close')
  await closing
  assert.deepEqual(gateway.sink.texts, ['before', 'in flight'])
})

test('close cuts at its deadline what is not answered, and says how much that was', async (t) => {
  const gateway = await startGateway(t)
  gateway.sink.hold = true
  const posting = post(gateway.url, 'x')
  await until(() => gateway.sink.writes.length === 1)
  await Promise.all([gateway.server.close({ deadlineMs: 20 }), assert.rejects(posting)])
  assert.match(gateway.logs.join(''), /"connections":1.*requests cut/)
})
