import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type LoadPosterOptions, loadPoster } from '../../../src/app/loadgen-poster.ts'
import { until } from '../../support/until.ts'

const never = new AbortController().signal
const notification = { contentType: 'application/vnd.docker.distribution.events.v2+json', body: '{"é": 1}' }

async function gateway(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
) {
  const seen = { connections: 0, open: 0 }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
    handle(request, response, body)
  })
  server.on('connection', (socket) => {
    seen.connections += 1
    seen.open += 1
    socket.on('close', () => {
      seen.open -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const poster = (options: Partial<LoadPosterOptions> = {}) =>
    loadPoster({
      url: `http://${host}/in?a=1`,
      headers: [],
      timeoutMs: 5_000,
      keepConnection: false,
      ...options,
    })
  return { host, seen, poster }
}

const empty = (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { 'content-length': 0 }).end()
}

test('the request is the one of a registry: its header lines, in their order, and a length', async (t) => {
  let lines: readonly string[] = []
  let body = ''
  const { host, poster } = await gateway(t, (request, response, received) => {
    lines = [`${request.method} ${request.url}`, ...request.rawHeaders]
    body = received
    empty(request, response)
  })
  const post = poster({
    headers: [
      ['Authorization', 'Bearer x'],
      ['X-Extra', 'one'],
    ],
  })
  assert.deepEqual(await post(notification, never), { status: 200, message: '' })
  assert.deepEqual(lines, [
    'POST /in?a=1',
    'Host',
    host,
    'User-Agent',
    'Go-http-client/1.1',
    'Content-Length',
    '9',
    'Authorization',
    'Bearer x',
    'Content-Type',
    notification.contentType,
    'X-Extra',
    'one',
    'Accept-Encoding',
    'gzip',
  ])
  assert.equal(body, notification.body)
})

test('Distribution opens a connection for each attempt and leaves none, GitLab keeps its one', async (t) => {
  const distribution = await gateway(t, empty)
  const post = distribution.poster()
  for (let n = 0; n < 3; n++) await post(notification, never)
  assert.equal(distribution.seen.connections, 3)
  await until(() => distribution.seen.open === 0)

  const gitlab = await gateway(t, empty)
  const kept = gitlab.poster({ keepConnection: true })
  for (let n = 0; n < 3; n++) await kept(notification, never)
  assert.equal(gitlab.seen.connections, 1)
})

test('the head of an answer is enough: a body that never ends does not matter, but costs GitLab its connection', async (t) => {
  const { seen, poster } = await gateway(t, (_, response) => {
    response.writeHead(202).write('and so on')
  })
  const post = poster({ keepConnection: true })
  for (let n = 0; n < 2; n++) assert.deepEqual(await post(notification, never), { status: 202, message: '' })
  assert.equal(seen.connections, 2)
})

test('a refusal comes with what the gateway says to it, whatever else it answers', async (t) => {
  let text = '{"code":"UNAUTHORIZED","message":"No such token."}'
  const { poster } = await gateway(t, (_, response) => response.writeHead(401).end(text))
  const post = poster()
  assert.deepEqual(await post(notification, never), { status: 401, message: 'No such token.' })
  text = '<html>'
  assert.deepEqual(await post(notification, never), { status: 401, message: '' })
})

test('a refusal that never ends is one without words', async (t) => {
  const { poster } = await gateway(t, (_, response) => {
    response.writeHead(503).write('{"message": "')
  })
  assert.deepEqual(await poster({ timeoutMs: 50 })(notification, never), { status: 503, message: '' })
})

test('no answer is told by what was wrong: nobody there, a reset, silence', async (t) => {
  const away = loadPoster({
    url: 'http://127.0.0.1:1/',
    headers: [],
    timeoutMs: 5_000,
    keepConnection: false,
  })
  assert.deepEqual(await away(notification, never), { failure: 'ECONNREFUSED' })
  const reset = await gateway(t, (request) => request.socket.resetAndDestroy())
  assert.deepEqual(await reset.poster()(notification, never), { failure: 'ECONNRESET' })
  const silent = await gateway(t, () => {})
  assert.deepEqual(await silent.poster({ timeoutMs: 50 })(notification, never), { failure: 'timeout' })
})

test('an attempt that is called off ends at once', async (t) => {
  const stop = new AbortController()
  const { poster } = await gateway(t, () => stop.abort(new Error('called off')))
  await assert.rejects(poster()(notification, stop.signal), /called off/)
})
