import assert from 'node:assert/strict'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { ManagementServer } from '../../../src/observability/management-server.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import type { Readiness } from '../../../src/observability/readiness.ts'
import { maxStreams } from '../../../src/observability/status-stream.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'

type Parts = Record<string, () => Readiness>

/** As a server at that time of its clock says it. */
const clock = new ManualClock()
const since = new Date(clock.now()).toISOString()

function created(parts: Parts, port = 0): ManagementServer {
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  return new ManagementServer({ port, version: '1.2.3', parts, metrics, clock })
}

async function running(t: TestContext, parts: Parts): Promise<{ url: string; server: ManagementServer }> {
  const server = created(parts)
  t.after(() => server.close())
  const { url } = await server.start()
  return { url, server }
}

test('listens on loopback by default, on a port of the system, and tells the address', async (t) => {
  const server = created({})
  t.after(() => server.close())
  const address = await server.start()
  assert.equal(address.host, '127.0.0.1')
  assert.ok(address.port > 0)
  assert.equal(address.url, `http://127.0.0.1:${address.port}`)
})

test('is healthy as long as it answers, whatever its parts say', async (t) => {
  const { url } = await running(t, { kafka: () => ({ ready: false, reason: 'no broker' }) })
  const answer = await fetch(`${url}/healthz`)
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { status: 'alive' })
})

test('is ready when all parts are, and says part by part why not', async (t) => {
  let kafka: Readiness = { ready: false, reason: 'no broker answers' }
  const { url } = await running(t, { kafka: () => kafka, gateway: () => ({ ready: true }) })

  const notReady = await fetch(`${url}/readyz`)
  assert.equal(notReady.status, 503)
  assert.equal(notReady.headers.get('cache-control'), 'no-store')
  assert.deepEqual(await notReady.json(), {
    ready: false,
    version: '1.2.3',
    parts: { kafka: { ready: false, reason: 'no broker answers', since }, gateway: { ready: true } },
  })

  kafka = { ready: true }
  const ready = await fetch(`${url}/readyz`)
  assert.equal(ready.status, 200)
  assert.deepEqual(await ready.json(), {
    ready: true,
    version: '1.2.3',
    parts: { kafka: { ready: true }, gateway: { ready: true } },
  })
})

test('a part that fails at being asked is not ready, and does not hide the others', async (t) => {
  const { url } = await running(t, {
    broken: () => {
      throw new Error('boom')
    },
    fine: () => ({ ready: true }),
  })
  const answer = await fetch(`${url}/readyz`)
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), {
    ready: false,
    version: '1.2.3',
    parts: { broken: { ready: false, reason: 'boom', since }, fine: { ready: true } },
  })
})

test('shows the metrics in the format of Prometheus', async (t) => {
  const { url } = await running(t, {})
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 200)
  assert.match(String(answer.headers.get('content-type')), /^text\/plain; version=0\.0\.4/)
  assert.match(await answer.text(), /registry_relay_build_info/)
})

test('rejects with CANNOT_LISTEN and the address when the port is taken', async (t) => {
  const { url } = await running(t, {})
  const port = Number(new URL(url).port)
  const second = created({}, port)
  t.after(() => second.close())
  await assert.rejects(second.start(), (error) => {
    assert.ok(isRelayError(error, 'CANNOT_LISTEN'))
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: .* \\(management\\.port\\)$`))
    return true
  })
})

test('closes although a scraper keeps its connection open, and closes once', async (t) => {
  const { url, server } = await running(t, {})
  await (await fetch(`${url}/healthz`)).arrayBuffer()
  await Promise.all([server.close(), server.close()])
  await assert.rejects(fetch(`${url}/healthz`))
})

test('is healthy though every part fails at being asked, and though the metrics do', async (t) => {
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  metrics.values = () => Promise.reject(new Error('boom'))
  metrics.expose = () => Promise.reject(new Error('boom'))
  const broken = (): Readiness => {
    throw new Error('boom')
  }
  const server = new ManagementServer({ port: 0, version: '1', parts: { broken }, metrics })
  t.after(() => server.close())
  const { url } = await server.start()
  assert.equal((await fetch(`${url}/metrics`)).status, 500)
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

const paths = ['/', '/status', '/status/stream', '/healthz', '/readyz', '/metrics', '/status-page/style.css']

test('answers HEAD as it would GET, without a body', async (t) => {
  const { url } = await running(t, {})
  for (const path of paths) {
    const head = await fetch(url + path, { method: 'HEAD' })
    assert.equal(head.status, 200, path)
    assert.equal(await head.text(), '', path)
    if (path === '/status/stream') assert.equal(head.headers.get('content-type'), 'text/event-stream')
  }
  const unready = await running(t, { kafka: () => ({ ready: false, reason: 'away' }) })
  assert.equal((await fetch(`${unready.url}/readyz`, { method: 'HEAD' })).status, 503)
})

test('takes nothing: every method but GET and HEAD is answered 405, whatever it brings', async (t) => {
  const { url } = await running(t, {})
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const path of paths) {
      const body = method === 'OPTIONS' ? null : 'x'.repeat(10_000)
      const answer = await fetch(url + path, { method, body, headers: { 'content-type': 'text/x-odd' } })
      assert.equal(answer.status, 405, `${method} ${path}`)
      assert.equal(answer.headers.get('allow'), 'GET, HEAD')
      assert.equal(((await answer.json()) as { code: string }).code, 'METHOD_NOT_ALLOWED')
    }
  }
})

test('says in JSON that a path is not there, and which are', async (t) => {
  const { url } = await running(t, {})
  const answer = await fetch(`${url}/nothing?x=<script>`)
  assert.equal(answer.status, 404)
  assert.match(String(answer.headers.get('content-type')), /^application\/json/)
  assert.deepEqual(await answer.json(), {
    code: 'NOT_FOUND',
    message: 'There are /, /status, /status/stream, /healthz, /readyz and /metrics.',
  })
})

test('an address that cannot be read is the fault of who asks', async (t) => {
  const { url } = await running(t, {})
  const answer = await fetch(`${url}/%zz`)
  assert.equal(answer.status, 400)
  assert.match(String(answer.headers.get('content-type')), /^application\/json/)
})

test('every answer keeps other sites out, is kept by no cache, and runs nothing that is not its own', async (t) => {
  const { url } = await running(t, {})
  for (const path of [...paths, '/nothing']) {
    const answer = await fetch(url + path)
    const { headers } = answer
    await answer.body?.cancel()
    assert.equal(headers.get('cache-control'), 'no-store', path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('access-control-allow-origin'), null, path)
    const policy = String(headers.get('content-security-policy'))
    assert.match(policy, /default-src 'none'/, path)
    assert.match(policy, /frame-ancestors 'none'/, path)
    assert.doesNotMatch(policy, /unsafe/, path)
  }
})

/** With a Host that fetch would not send. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).on('error', reject)
  })
}

test('on loopback it answers to no name that another site could have made lead here', async (t) => {
  const { url } = await running(t, {})
  const { port } = new URL(url)
  for (const path of ['/', '/status', '/metrics', '/healthz', '/nothing']) {
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '10.0.0.1']) {
      assert.equal(await statusWithHost(url + path, host), 421, `${host} ${path}`)
    }
  }
  for (const host of ['localhost', `LOCALHOST:${port}`, `127.0.0.1:${port}`, '[::1]', '[::1]:80']) {
    assert.equal(await statusWithHost(`${url}/healthz`, host), 200, host)
  }
})

test('where it is opened to a network it has the names that the network gives it', async (t) => {
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  const server = new ManagementServer({ host: '0.0.0.0', port: 0, version: '1', parts: {}, metrics, clock })
  t.after(() => server.close())
  const { port } = await server.start()
  assert.equal(await statusWithHost(`http://127.0.0.1:${port}/healthz`, 'relay.example.com'), 200)
})

test('sends a snapshot at once and then every second, to everybody who looks on', async (t) => {
  const { url } = await running(t, {})
  const streams = [await listener(t, url), await listener(t, url)]
  await until(() => streams.every(({ snapshots }) => snapshots() === 1))
  await until(async () => {
    await clock.advance(1_000)
    return streams.every(({ snapshots }) => snapshots() >= 3)
  })
})

test('refuses further streams at its limit, and still tells the status', async (t) => {
  const { url } = await running(t, {})
  const streams = await Promise.all(Array.from({ length: maxStreams }, () => listener(t, url)))
  const refused = await fetch(`${url}/status/stream`)
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '5')
  assert.equal(((await refused.json()) as { code: string }).code, 'TOO_MANY_STREAMS')
  assert.equal((await fetch(`${url}/status`)).status, 200)

  streams[0]?.leave()
  await until(async () => {
    const answer = await fetch(`${url}/status/stream`)
    await answer.body?.cancel()
    return answer.status === 200
  })
})

test('closes although pages look on, whose streams end with it', async (t) => {
  const { url, server } = await running(t, {})
  const stream = await listener(t, url)
  await until(() => stream.snapshots() === 1)
  await server.close()
  await until(() => stream.ended())
})

interface Listener {
  readonly snapshots: () => number
  readonly ended: () => boolean
  leave(): void
}

async function listener(t: TestContext, url: string): Promise<Listener> {
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const answer = await fetch(`${url}/status/stream`, { signal: leaving.signal })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/event-stream')
  let text = ''
  let ended = false
  const reading = async (): Promise<void> => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
  }
  reading()
    .catch(() => undefined)
    .finally(() => {
      ended = true
    })
  return {
    snapshots: () => text.split('\ndata: {').length - 1,
    ended: () => ended,
    leave: () => leaving.abort(),
  }
}
