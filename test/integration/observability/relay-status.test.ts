import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser } from 'puppeteer-core'
import { applyTopics, startGateway } from '../../../src/app/compose.ts'
import { startBridge } from '../../../src/app/compose-bridge.ts'
import { startManagement } from '../../../src/app/management.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import type { EndpointStatus, Status } from '../../../src/observability/status.ts'
import { launchBrowser, openPage, textAt } from '../../support/browser.ts'
import { until } from '../../support/until.ts'

let stack: LocalStack
let browser: Browser

before(async () => {
  stack = await startLocalStack()
  browser = await launchBrowser()
})

after(async () => {
  await browser.close()
  await stack.stop()
})

interface Relay {
  readonly management: string
  post(repository: string): Promise<void>
  /** Of the endpoint `scanner`; `audit` always answers 204. */
  answerWith(status: number): void
}

/** A gateway and a bridge in one process, with one endpoint that works and one that does as it is told. */
async function startRelay(t: TestContext): Promise<Relay> {
  const telemetry = createTelemetry({ level: 'silent', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  const folder = mkdtempSync(join(tmpdir(), 'relay-status-'))
  t.after(async () => {
    await supervisor.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  let status = 204
  const scanner = await listen(t, () => status)
  const audit = await listen(t, () => 204)
  const run = randomUUID().slice(0, 8)
  const config = parseConfig(
    JSON.stringify({
      kafka: { brokers: stack.brokers },
      topics: {
        events: `events-${run}`,
        deadLetters: `dlq-${run}`,
        rejected: `rejected-${run}`,
        partitions: 3,
        replicationFactor: 1,
      },
      schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
      gateway: { port: 0 },
      spool: { folder },
      bridge: {
        group: `relay-${run}`,
        endpoints: [
          { name: 'audit', url: audit },
          { name: 'scanner', url: scanner },
        ],
      },
      management: { port: 0 },
    }),
    { fileName: 'test.yaml', environment: {}, readSecret: () => new Secret('') },
  )
  await applyTopics(config, telemetry)
  const bridges = await startBridge(config, telemetry, supervisor)
  const gateway = await startGateway(config, telemetry, supervisor)
  const parts = { ...bridges.parts, ...gateway.parts }
  const management = await startManagement(config, telemetry, supervisor, parts)
  await until(() => Object.values(parts).every((part) => part().ready), { ms: 60_000 })
  return {
    management,
    post: async (repository) => {
      const body = JSON.stringify({ events: [{ id: randomUUID(), action: 'push', target: { repository } }] })
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(gateway.url, { method: 'POST', body, headers })
      assert.equal(answer.status, 200)
    },
    answerWith: (answer) => {
      status = answer
    },
  }
}

async function listen(t: TestContext, status: () => number): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status()).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

test('shows a real relay at work: what comes in, what goes out, and an endpoint that fails and recovers', async (t) => {
  const relay = await startRelay(t)
  const { page, complaints } = await openPage(t, browser, relay.management)
  const at = (selector: string): Promise<string> => textAt(page, selector)
  const scanner = '#endpoints [data-key="endpoint scanner"]'

  await until(async () => (await at('#roles')) === 'gateway and bridge')
  assert.match(await at('#empty'), /^No notification yet/)
  for (let n = 0; n < 10; n++) await relay.post(`library/app-${n}`)
  await until(async () => (await at('#throughput [data-key="received"] .total')) === '10 events')
  await until(async () => /^10 records/.test(await at('#throughput [data-key="published"] .total')))
  await until(async () => (await at('#throughput [data-key="delivered"] .total')) === '20 events')
  await until(async () => (await at(`${scanner} .delivered`)) === '10')
  assert.equal(await at('#readiness'), 'Ready')
  assert.equal(await at('#empty'), '')

  relay.answerWith(500)
  // The breaker counts repositories: one alone may have met something that the endpoint cannot stand.
  for (let n = 0; n < 10; n++) await relay.post(`library/app-${n}`)
  await until(async () => /does not work|probing/.test(await at(`${scanner} .state`)))
  await until(async () => /500/.test(await at('#endpoints [data-key="problem of scanner"]')))
  assert.equal(await at('#endpoints [data-key="endpoint audit"] .state'), 'works')
  await until(async () => Number(await at(`${scanner} .lag`)) > 0)
  assert.match(await at('#problems'), /scanner/)
  await until(async () => /bridge .*scanner/.test(await at('#parts li:not([data-state="ready"])')))

  relay.answerWith(204)
  await until(async () => (await at(`${scanner} .delivered`)) === '20', { ms: 60_000 })
  await until(async () => (await at(`${scanner} .state`)) === 'works')
  assert.deepEqual(complaints, [])

  const status = (await (await fetch(`${relay.management}/status`)).json()) as Status
  assert.equal(status.gateway?.received, 20)
  assert.deepEqual(
    status.bridge?.endpoints.map(({ name, delivered }) => [name, delivered]),
    [
      ['audit', 20],
      ['scanner', 20],
    ],
  )
  assert.equal(status.spool?.waiting, 0)
})

test('an endpoint that is dead from the start fails, though too few repositories have events for its breaker', async (t) => {
  const relay = await startRelay(t)
  relay.answerWith(500)
  for (const name of ['one', 'two']) await relay.post(`library/${name}`)
  const scanner = async (): Promise<EndpointStatus | undefined> => {
    const { bridge } = (await (await fetch(`${relay.management}/status`)).json()) as Status
    return bridge?.endpoints.find(({ name }) => name === 'scanner')
  }
  await until(async () => (await scanner())?.state === 'failing')
  assert.equal((await scanner())?.delivered, 0)
  relay.answerWith(204)
  await until(async () => (await scanner())?.delivered === 2, { ms: 60_000 })
  assert.equal((await scanner())?.state, 'closed')
})

test('is healthy, and tells its status, while no broker can be reached', async (t) => {
  const telemetry = createTelemetry({ level: 'silent', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  const folder = mkdtempSync(join(tmpdir(), 'relay-status-'))
  t.after(async () => {
    await supervisor.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const config = parseConfig(
    JSON.stringify({
      // Port 9 discards, and nobody listens on it.
      kafka: { brokers: ['127.0.0.1:9'] },
      schemaRegistry: { url: 'http://127.0.0.1:9' },
      gateway: { port: 0, ackMode: 'kafka' },
      spool: { folder },
      bridge: { endpoints: [{ name: 'audit', url: 'http://127.0.0.1:9/' }] },
      management: { port: 0 },
    }),
    { fileName: 'test.yaml', environment: {}, readSecret: () => new Secret('') },
  )
  const bridges = await startBridge(config, telemetry, supervisor)
  const gateway = await startGateway(config, telemetry, supervisor)
  const parts = { ...bridges.parts, ...gateway.parts }
  const management = await startManagement(config, telemetry, supervisor, parts)

  const alive = await fetch(`${management}/healthz`)
  assert.equal(alive.status, 200)
  assert.deepEqual(await alive.json(), { status: 'alive' })
  const ready = await fetch(`${management}/readyz`)
  assert.equal(ready.status, 503)
  assert.match(String(ready.headers.get('content-type')), /^application\/json/)
  const status = (await (await fetch(`${management}/status`)).json()) as Status
  assert.equal(status.ready, false)
  assert.ok(Object.values(status.parts).some((part) => !part.ready && part.since !== undefined))
  assert.equal(status.spool, undefined)
})
