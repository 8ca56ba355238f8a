import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ManualClock } from '../../support/manual-clock.ts'
import { inOrder, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { bytes, deliveryBed, drip, endless, failureOf, request } from './delivery-bed.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'

for (const [retryAfter, expected] of [
  ['7', 7_000],
  ['Tue, 14 Nov 2023 22:13:50 GMT', 30_000],
  ['99999999999', 60_000],
  ['-5', undefined],
  ['Tue, 14 Nov 2000 22:13:50 GMT', 0],
] as const) {
  for (const code of [429, 503]) {
    test(`G9: ${code} with Retry-After ${retryAfter} asks for a pause of ${expected} ms`, async (t) => {
      const clock = new ManualClock(Date.parse('2023-11-14T22:13:20Z'))
      const { delivery } = await deliveryBed(t, status(code, `retry-after: ${retryAfter}`), {
        clock,
        maxRetryAfterMs: 60_000,
      })
      const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
      assert.equal(facts['retryAfterMs'], expected)
      assert.equal(facts['reason'], `status ${code}`)
    })
  }
}

for (const [code, error] of [
  [401, 'ENDPOINT_MISCONFIGURED'],
  [404, 'ENDPOINT_MISCONFIGURED'],
  [408, 'DELIVERY_FAILED'],
  [410, 'ENDPOINT_GONE'],
  [422, 'DELIVERY_REFUSED'],
  [500, 'DELIVERY_FAILED'],
] as const) {
  test(`G10: ${code} rejects with ${error}, its status and its reason`, async (t) => {
    const { delivery, receiver } = await deliveryBed(t, status(code))
    const { facts } = await failureOf(delivery.deliver(request), error)
    assert.deepEqual(facts, {
      origin: new URL(receiver.url).origin,
      status: code,
      reason: `status ${code}`,
    })
  })
}

for (const code of [301, 302, 307, 308]) {
  test(`G13: a redirect with ${code} is not followed, wherever it leads`, async (t) => {
    const elsewhere = await rawReceiver(t, status(200))
    const places = ['http://169.254.169.254/latest/meta-data/', elsewhere.url, '/hook?k=1']
    const { delivery, receiver } = await deliveryBed(
      t,
      inOrder(...(places.map((to) => status(code, `location: ${to}`)) as [ReturnType<typeof status>])),
    )
    for (const _ of places) {
      const { facts } = await failureOf(delivery.deliver(request), 'ENDPOINT_MISCONFIGURED')
      assert.equal(facts['status'], code)
    }
    assert.equal(receiver.requests.length, places.length)
    assert.equal(elsewhere.connections, 0)
  })
}

test('G11: a connection that is reset before the answer fails the attempt, and the next one works', async (t) => {
  const { delivery, receiver } = await deliveryBed(
    t,
    inOrder((socket) => socket.resetAndDestroy(), status(200)),
  )
  const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  assert.match(String(facts['reason']), /^(ECONNRESET|UND_ERR_SOCKET)$/)
  assert.deepEqual(await delivery.deliver({ ...request, attempt: 2 }), { status: 200 })
  assert.equal(receiver.requests.length, 2)
})

test('G11: a connection that ends in the middle of the headers fails the attempt', async (t) => {
  const { delivery } = await deliveryBed(t, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'))
  await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
})

for (const [what, head, chunk] of [
  ['headers', 'HTTP/1.1 200 OK\r\nx: ', 'y'],
  ['lines of headers', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'],
  ['interim answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
] as const) {
  test(`G12: ${what} that drip for ever end the attempt at its total time`, async (t) => {
    const { delivery } = await deliveryBed(
      t,
      (socket) => {
        socket.write(head)
        drip(socket, chunk)
      },
      { totalTimeoutMs: 200 },
    )
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], 'TOTAL_TIMEOUT')
  })
}

test('G12: headers that do not come end the attempt at their own time', async (t) => {
  const { delivery } = await deliveryBed(t, silence, { headersTimeoutMs: 100 })
  const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  assert.equal(facts['reason'], 'UND_ERR_HEADERS_TIMEOUT')
})

for (const [what, line] of [
  ['100,000 header lines', 'a: b\r\n'.repeat(100_000)],
  ['a header of 1 MiB', `a: ${'b'.repeat(1 << 20)}\r\n`],
] as const) {
  test(`G12: ${what} are too many, and fail the attempt`, async (t) => {
    const { delivery } = await deliveryBed(t, bytes(`HTTP/1.1 200 OK\r\n${line}\r\n`))
    const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
    assert.equal(facts['reason'], 'UND_ERR_HEADERS_OVERFLOW')
  })
}

test('G12: headers that never end are broken off', async (t) => {
  const { delivery } = await deliveryBed(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    endless(socket, 'a: b\r\n'.repeat(1_000))
  })
  const { facts } = await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  assert.equal(facts['reason'], 'UND_ERR_HEADERS_OVERFLOW')
})

test('G12: a body that drips a byte at a time is given up, also of a failure', async (t) => {
  const head = 'transfer-encoding: chunked\r\n\r\n'
  const clock = new ManualClock()
  let open = 0
  const { delivery } = await deliveryBed(
    t,
    (socket) => {
      open++
      socket.on('close', () => open--)
      socket.write(`HTTP/1.1 503 Later\r\n${head}`)
      drip(socket, '1\r\nx\r\n')
    },
    { clock, bodyTimeoutMs: 2_000, totalTimeoutMs: 15_000 },
  )
  const failed = failureOf(delivery.deliver(request), 'DELIVERY_FAILED')
  // The second timer is that of the body.
  await until(() => clock.pending === 2)
  await clock.advance(2_000)
  assert.equal((await failed).facts['status'], 503)
  await until(() => open === 0)
})

for (const [limit, limits] of [
  ['its own time', { bodyTimeoutMs: 2_000, totalTimeoutMs: 15_000 }],
  ['the total time', { bodyTimeoutMs: 15_000, totalTimeoutMs: 2_000 }],
] as const) {
  test(`G12: a body that drips after 200 holds its connection until ${limit} is over, and is delivered`, async (t) => {
    const clock = new ManualClock()
    let closed = false
    const { delivery, receiver } = await deliveryBed(
      t,
      inOrder((socket) => {
        socket.on('close', () => {
          closed = true
        })
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n')
        drip(socket, 'x')
      }, status(204)),
      { clock, ...limits, maxConnections: 1 },
    )
    const dripping = delivery.deliver(request)
    await until(() => clock.pending === 2)
    await clock.advance(1_000)
    const next = delivery.deliver(request)
    await clock.advance(999)
    assert.equal(closed, false)
    await clock.advance(1)
    await until(() => closed)
    assert.deepEqual(await dripping, { status: 200 })
    assert.deepEqual(await next, { status: 204 })
    assert.equal(receiver.connections, 2)
  })
}

test('G12: a body of gzip is not inflated, and no more of it is read than of any other', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  const { delivery } = await deliveryBed(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
    socket.write(bomb)
  })
  const before = process.memoryUsage().arrayBuffers
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 << 20)
})

test('G12: after 64 KiB of an answer its connection is given up, and not before', async (t) => {
  const answer = (length: number): string =>
    `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${'x'.repeat(length)}`
  const { delivery, receiver } = await deliveryBed(
    t,
    inOrder(bytes(answer(65_536)), bytes(answer(65_537)), status(200)),
    { maxConnections: 1 },
  )
  for (let n = 0; n < 3; n++) assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.deepEqual(
    receiver.requests.map(({ connection }) => connection),
    [1, 1, 2],
  )
})

for (const [what, text] of [
  ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
  ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha'],
] as const) {
  test(`G14: 200 whose connection dies in a body ${what} is delivered`, async (t) => {
    const { delivery } = await deliveryBed(t, (socket) => socket.write(text, () => socket.resetAndDestroy()))
    assert.deepEqual(await delivery.deliver(request), { status: 200 })
  })
}

for (const [what, ...texts] of [
  ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n', ok],
  ['100 Continue in one piece with the answer', `HTTP/1.1 100 Continue\r\n\r\n${ok}`],
  ['100 Continue twice', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 100 \r\nx: y\r\n\r\n', ok],
  ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', ok],
  ['100 and 103', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n', ok],
] as const) {
  test(`G16: ${what} before the answer is no failure`, async (t) => {
    const { delivery, receiver } = await deliveryBed(t, bytes(...texts), { maxConnections: 1 })
    for (let n = 0; n < 3; n++) assert.deepEqual(await delivery.deliver(request), { status: 200 })
    assert.equal(receiver.connections, 1)
  })
}

test('G16: 100 Continue that comes byte by byte is no failure', async (t) => {
  const { delivery } = await deliveryBed(t, (socket) => {
    const text = `HTTP/1.1 100 Continue\r\n\r\n${ok}`
    let at = 0
    socket.setNoDelay(true)
    const timer = setInterval(() => socket.write(text[at++] ?? ''), 1)
    socket.on('close', () => clearInterval(timer))
  })
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
})

test('G16: a status that only begins like 100 is what it is', async (t) => {
  const { delivery } = await deliveryBed(t, bytes('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'))
  assert.equal((await failureOf(delivery.deliver(request), 'DELIVERY_FAILED')).facts['status'], 500)
})

test('G16: a kept connection that the endpoint closed between requests costs no attempt', async (t) => {
  let ended = 0
  const { delivery, receiver } = await deliveryBed(t, (socket) => {
    socket.on('close', () => ended++)
    socket.write(ok, () => socket.end())
  })
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(await delivery.deliver(request), { status: 200 })
    await until(() => ended === n + 1)
  }
  assert.equal(receiver.requests.length, 5)
})
