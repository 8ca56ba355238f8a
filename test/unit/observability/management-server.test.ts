import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { ManagementServer, type Readiness } from '../../../src/observability/management-server.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'

type Parts = Record<string, () => Readiness>

async function running(t: TestContext, parts: Parts): Promise<{ url: string; server: ManagementServer }> {
  const metrics = new PrometheusMetrics({ version: '1', process: false })
  const server = new ManagementServer({ port: 0, parts, metrics })
  t.after(() => server.close())
  const { url } = await server.start()
  return { url, server }
}

test('listens on loopback by default, on a port of the system, and tells the address', async (t) => {
  const server = new ManagementServer({
    port: 0,
    parts: {},
    metrics: new PrometheusMetrics({ version: '1', process: false }),
  })
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
    parts: { kafka: { ready: false, reason: 'no broker answers' }, gateway: { ready: true } },
  })

  kafka = { ready: true }
  const ready = await fetch(`${url}/readyz`)
  assert.equal(ready.status, 200)
  assert.deepEqual(await ready.json(), {
    ready: true,
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
    parts: { broken: { ready: false, reason: 'boom' }, fine: { ready: true } },
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
  const second = new ManagementServer({
    port,
    parts: {},
    metrics: new PrometheusMetrics({ version: '1', process: false }),
  })
  t.after(() => second.close())
  await assert.rejects(second.start(), (error) => {
    assert.ok(isRelayError(error, 'CANNOT_LISTEN'))
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`))
    return true
  })
})

test('closes although a scraper keeps its connection open, and closes once', async (t) => {
  const { url, server } = await running(t, {})
  await (await fetch(`${url}/healthz`)).arrayBuffer()
  await Promise.all([server.close(), server.close()])
  await assert.rejects(fetch(`${url}/healthz`))
})
