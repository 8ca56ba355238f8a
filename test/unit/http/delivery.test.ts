import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { type ErrorCode, isRelayError, RelayError } from '../../../src/errors.ts'
import { type DeliveryOptions, HttpDelivery } from '../../../src/http/delivery.ts'
import { packageVersion } from '../../../src/version.ts'
import { until } from '../../support/until.ts'

const envelope = {
  body: '{"events":[{"id":"ü\u2028"}]}',
  mediaType: 'application/vnd.test+json; v=1',
  eventId: 'id-1',
  attempt: 1,
  record: 'registry.events.v1-3@17',
}

interface Post {
  readonly message: IncomingMessage
  readonly body: Buffer
}

async function listen(t: TestContext, server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A receiver, what it got, and a delivery to it. */
async function setUp(
  t: TestContext,
  answer: RequestListener,
  options: Partial<DeliveryOptions> = {},
  path = '/hook?k=1',
) {
  const posts: Post[] = []
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    posts.push({ message, body: Buffer.concat(chunks) })
    answer(message, response)
  })
  const url = await listen(t, server)
  const delivery = new HttpDelivery({ url: url + path, ...options })
  t.after(() => delivery.close({ deadlineMs: 0 }))
  return { delivery, posts, server, url }
}

/** A server that answers with these bytes, whatever it is asked. */
function rawServer(answer: (socket: Socket) => void): Server {
  return createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
}

async function failureOf(
  delivered: Promise<unknown>,
  code: ErrorCode = 'DELIVERY_FAILED',
): Promise<RelayError> {
  const error = await delivered.then(
    () => assert.fail('was delivered'),
    (thrown) => thrown,
  )
  assert.ok(isRelayError(error, code), String(error))
  return error
}

test('posts exactly the bytes, the media type, the id and the static headers', async (t) => {
  const headers = { Authorization: 'Bearer x', 'X-Team': ['a', 'b'] }
  const { delivery, posts } = await setUp(t, (_, response) => response.writeHead(202).end('thanks'), {
    headers,
  })
  assert.deepEqual(await delivery.deliver(envelope), { status: 202 })
  const [post] = posts
  assert.equal(post?.body.equals(Buffer.from(envelope.body, 'utf8')), true)
  assert.equal(post?.message.method, 'POST')
  assert.equal(post?.message.url, '/hook?k=1')
  assert.equal(post?.message.headers['content-type'], envelope.mediaType)
  assert.equal(post?.message.headers['content-length'], String(Buffer.byteLength(envelope.body)))
  assert.equal(post?.message.headers['webhook-id'], 'id-1')
  assert.equal(post?.message.headers['user-agent'], `registry-relay/${packageVersion()}`)
  assert.equal(post?.message.headers.authorization, 'Bearer x')
  assert.deepEqual(post?.message.headersDistinct['x-team'], ['a', 'b'])
})

test('a configured user agent replaces ours, and without an id the place of the record is the webhook-id', async (t) => {
  const { delivery, posts } = await setUp(t, (_, response) => response.end(), {
    headers: { 'user-agent': 'mine' },
  })
  await delivery.deliver({ ...envelope, eventId: undefined })
  const headers = posts[0]?.message.headersDistinct
  assert.deepEqual([headers?.['user-agent'], headers?.['webhook-id']], [['mine'], [envelope.record]])
})

test('an id and a media type that cannot stand in a header do not fail the delivery', async (t) => {
  const { delivery } = await setUp(t, (_, response) => response.end())
  assert.deepEqual(await delivery.deliver({ ...envelope, mediaType: 'a\nb', eventId: 'a\r\nb' }), {
    status: 200,
  })
})

test('connections are used again', async (t) => {
  const { delivery, posts } = await setUp(t, (_, response) => response.end('ok'))
  for (let n = 0; n < 20; n++) await delivery.deliver(envelope)
  // Not always one: the next request may come before the client sees its connection free again.
  const connections = new Set(posts.map(({ message }) => message.socket.remotePort)).size
  assert.ok(connections <= 3, `${connections} connections for 20 requests`)
})

test('no more connections are opened than allowed', async (t) => {
  let open = 0
  let most = 0
  const { delivery, server } = await setUp(t, (_, response) => response.end(), { maxConnections: 2 })
  server.on('connection', (socket: Socket) => {
    most = Math.max(most, ++open)
    socket.on('close', () => open--)
  })
  await Promise.all(Array.from({ length: 10 }, () => delivery.deliver(envelope)))
  assert.equal(most, 2)
})

test('a failure says the status and the pause asked for, and nothing of the answer', async (t) => {
  const { delivery, url } = await setUp(t, (_, response) =>
    response.writeHead(503, { 'retry-after': '7', 'x-secret': 'canary' }).end('canary'),
  )
  const error = await failureOf(delivery.deliver(envelope))
  assert.deepEqual(error.facts, { origin: url, status: 503, reason: 'status 503', retryAfterMs: 7_000 })
  assert.ok(!JSON.stringify([error, error.message, error.stack]).includes('canary'))
})

test('nobody listening: the reason is the code of the socket', async (t) => {
  const { delivery, server } = await setUp(t, () => {})
  await new Promise((resolve) => server.close(resolve))
  const error = await failureOf(delivery.deliver(envelope))
  assert.equal(error.facts['reason'], 'ECONNREFUSED')
  assert.ok(error.cause instanceof Error)
})

test('an answer that is no HTTP is a failure without a word of it', async (t) => {
  const server = rawServer((socket) => socket.end('canary canary canary\r\n\r\n'))
  const delivery = new HttpDelivery({ url: await listen(t, server) })
  t.after(() => delivery.close())
  const error = await failureOf(delivery.deliver(envelope))
  assert.equal(error.facts['status'], undefined)
  assert.ok(
    !JSON.stringify({ ...(error.cause as object), message: (error.cause as Error).message }).includes(
      'canary',
    ),
  )
})

test('headers that never come end the attempt at its total time-out', async (t) => {
  const { delivery } = await setUp(t, () => {}, { totalTimeoutMs: 100 })
  const error = await failureOf(delivery.deliver(envelope))
  assert.equal(error.facts['reason'], 'TOTAL_TIMEOUT')
})

test('what was begun before the process stood still for longer than an attempt may take is not sent when it goes on', async (t) => {
  let stoodStillMs = 0
  // Sockets come first then, and timers after them.
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + stoodStillMs }
  const { delivery, posts } = await setUp(t, (_, response) => response.end(), {
    clock,
    totalTimeoutMs: 5_000,
  })
  const delivered = failureOf(delivery.deliver(envelope))
  stoodStillMs = 9_000
  const error = await delivered
  assert.equal(error.facts['reason'], 'TOTAL_TIMEOUT')
  assert.equal(posts.length, 0)
})

test('2xx with a body that drips for ever is delivered, and does not hold the attempt', async (t) => {
  const server = rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const drip = setInterval(() => socket.write('1\r\nx\r\n'), 10)
    socket.on('close', () => clearInterval(drip))
  })
  const delivery = new HttpDelivery({ url: await listen(t, server), bodyTimeoutMs: 100 })
  t.after(() => delivery.close({ deadlineMs: 0 }))
  assert.deepEqual(await delivery.deliver(envelope), { status: 200 })
})

test('2xx whose connection breaks in the body is delivered', async (t) => {
  const server = rawServer((socket) => {
    socket.write('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n')
    socket.destroy()
  })
  const cut = rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy())
  })
  for (const one of [server, cut]) {
    const delivery = new HttpDelivery({ url: await listen(t, one) })
    t.after(() => delivery.close({ deadlineMs: 0 }))
    assert.ok((await delivery.deliver(envelope)).status >= 200)
  }
})

test('of an endless answer only the beginning is read', async (t) => {
  let written = 0
  const server = rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk)) written += chunk.length
    }
    socket.on('drain', pump)
    pump()
  })
  const delivery = new HttpDelivery({ url: await listen(t, server), bodyTimeoutMs: 60_000 })
  t.after(() => delivery.close({ deadlineMs: 0 }))
  assert.deepEqual(await delivery.deliver(envelope), { status: 200 })
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken`)
})

test('an abort ends the attempt with its reason', async (t) => {
  const { delivery, posts } = await setUp(t, () => {})
  const controller = new AbortController()
  const delivered = delivery.deliver(envelope, controller.signal)
  await until(() => posts.length === 1)
  const reason = new Error('given back')
  controller.abort(reason)
  await assert.rejects(delivered, (error) => error === reason)
  await assert.rejects(delivery.deliver(envelope, controller.signal), (error) => error === reason)
})

test('close waits for what is under way, refuses what comes after, and is idempotent', async (t) => {
  let finish: (() => void) | undefined
  const { delivery } = await setUp(t, (_, response) => {
    finish = () => response.end()
  })
  const delivered = delivery.deliver(envelope)
  await until(() => finish !== undefined)
  const closed = delivery.close()
  assert.equal(delivery.close(), closed)
  await assert.rejects(delivery.deliver(envelope), (error) => isRelayError(error, 'SINK_CLOSED'))
  finish?.()
  assert.deepEqual(await delivered, { status: 200 })
  await closed
})

test('close breaks off what is not done by its deadline', async (t) => {
  const { delivery, posts } = await setUp(t, () => {})
  const delivered = assert.rejects(delivery.deliver(envelope), (error) => isRelayError(error, 'SINK_CLOSED'))
  await until(() => posts.length === 1)
  const began = performance.now()
  await delivery.close({ deadlineMs: 20 })
  await delivered
  assert.ok(performance.now() - began < 5_000)
})

for (const url of ['nowhere', 'ftp://h/', '/hook', 'http://user:canary@h/', 'https://canary@h/', '']) {
  test(`the URL ${JSON.stringify(url)} is refused at construction, without being repeated`, () => {
    assert.throws(
      () => new HttpDelivery({ url }),
      (error) =>
        error instanceof RelayError && error.code === 'CONFIG_INVALID' && !error.message.includes('canary'),
    )
  })
}
