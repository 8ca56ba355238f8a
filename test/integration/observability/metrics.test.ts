import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { applyTopics } from '../../../src/app/compose.ts'
import { startBridge } from '../../../src/app/compose-bridge.ts'
import { startManagement } from '../../../src/app/management.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import type { Event } from '../../../src/event/event.ts'
import { Endpoint } from '../../../src/http/endpoint.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { balance } from '../../support/monitoring-rules.ts'
import { Scrape } from '../../support/scrape.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { GatewayBed, post } from '../gateway/gateway-bed.ts'
import { ServeProcess } from '../gateway/serve-process.ts'
import { bridgeConfig } from './bridge-config.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

/** What Prometheus's own check has to say; undefined: nothing. */
function promtoolSays(text: string): string | undefined {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  })
  return status === 0 ? undefined : `${stdout}${stderr}`
}

/** Names and types in a scrape are those of the page, labels too where a series is there; nothing on it is another thing. */
function assertDocumented(scrape: Scrape): void {
  const documented = documentedMetrics()
  for (const [name, type] of scrape.types) {
    const row = documented.get(name)
    assert.ok(row, `${name} is not in docs/metrics.md`)
    assert.equal(row.type, type, name)
    const labels = scrape.labelsOf(name)
    if (labels.length > 0) assert.deepEqual(labels, row.labels.toSorted(), name)
  }
}

const secrets = ['team/app', 'team/bad', 'sha256:', 'let-me-in', '127.0.0.1', 'http://', 'tester']

/** A receiver that takes what is not for `team/bad`, which it refuses, and at first nothing at all. */
async function receiverOf(
  t: TestContext,
): Promise<{ url: string; posts: () => number; seen: readonly string[] }> {
  let posts = 0
  const seen: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      posts += 1
      const body = Buffer.concat(chunks).toString()
      const status = posts < 3 ? 503 : posts < 5 ? 401 : body.includes('team/bad') ? 422 : 204
      seen.push(`${/"id":"(\w+)"/.exec(body)?.[1]}:${status}`)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posts: () => posts, seen }
}

test('gateway and bridge: what they say after traffic is clean for Prometheus, documented, adds up, and names nothing of an event', async (t) => {
  const stops = stopsInReverse(t)
  const receiver = await receiverOf(t)
  const bed = new GatewayBed(stack, {
    gateway: { credentials: [{ bearer: 'let-me-in' }], ignore: { actions: ['mount'] } },
  })
  stops(() => bed.remove())
  await bed.createTopics()
  const gateway = await bed.start()
  stops(() => gateway.stop())

  const telemetry = createTelemetry({ level: 'silent', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  stops(() => supervisor.stop())
  const config = bridgeConfig(bed, receiver.url)
  await applyTopics(config, noTelemetry)
  const bridge = await startBridge(config, telemetry, supervisor)
  const management = await startManagement(config, telemetry, supervisor, bridge.parts)
  await bridge.joined

  const beforeTraffic = await Scrape.of(management)
  for (const labels of ['verdict="misconfigured"', 'verdict="refused"', 'status="none"']) {
    assert.equal(beforeTraffic.sum('registry_relay_bridge_attempts_total', labels), 0, labels)
  }
  for (const outcome of ['delivered', 'filtered', 'dead_letter']) {
    assert.equal(beforeTraffic.sum('registry_relay_bridge_records_total', `outcome="${outcome}"`), 0, outcome)
  }
  assert.equal(beforeTraffic.sum('registry_relay_bridge_lost_offsets_total'), 0)
  const gatewayBefore = await Scrape.of(gateway.management)
  for (const code of ['200', '401', '503']) {
    assert.equal(gatewayBefore.sum('registry_relay_gateway_requests_total', `code="${code}"`), 0, code)
  }

  const send = async (events: readonly object[], authorization = 'Bearer let-me-in'): Promise<number> => {
    const headers = { 'Content-Type': 'application/json', Authorization: authorization }
    const response = await fetch(gateway.url, { method: 'POST', body: JSON.stringify({ events }), headers })
    await response.arrayBuffer()
    return response.status
  }
  const timestamp = new Date().toISOString()
  const event = (id: string, repository: string, action = 'push'): object => ({
    id,
    action,
    timestamp,
    target: { repository, digest: `sha256:${'1'.repeat(64)}` },
    actor: { name: 'tester' },
  })
  for (let n = 0; n < 10; n += 1) assert.equal(await send([event(`e${n}`, 'team/app')]), 200)
  assert.equal(await send([event('e0', 'team/app')]), 200)
  assert.equal(await send([event('bad', 'team/bad')]), 200)
  assert.equal(await send([event('filtered', 'team/app', 'pull')]), 200)
  assert.equal(await send([event('ignored', 'team/app', 'mount')]), 200)
  assert.equal(await send(['no event'] as never), 200)
  assert.equal(await send([event('stranger', 'team/app')], 'Bearer no'), 401)
  assert.equal((await post(gateway.url, 'x')).status, 401)
  await gateway.emptied()
  const outcomes = async (): Promise<number> =>
    (await Scrape.of(management)).sum('registry_relay_bridge_records_total') ?? 0
  await until(async () => (await outcomes()) === 12, {
    what: () => receiver.seen.join(' '),
  })

  const ofGateway = await Scrape.of(gateway.management)
  const ofBridge = await Scrape.of(management)
  for (const scrape of [ofGateway, ofBridge]) {
    assert.equal(promtoolSays(scrape.text), undefined)
    assertDocumented(scrape)
    for (const secret of secrets) assert.ok(!scrape.text.includes(secret), `${secret} is in the metrics`)
  }
  assert.equal(balance('registry_relay:gateway_unaccounted_events', ofGateway), 0)
  assert.equal(balance('registry_relay:bridge_unaccounted_records', ofBridge), 0)

  const of = (name: string, labels = ''): number | undefined =>
    ofBridge.sum(`registry_relay_bridge_${name}`, labels)
  assert.equal(of('records_total', 'outcome="delivered"'), 10)
  assert.equal(of('records_total', 'outcome="filtered"'), 1)
  assert.equal(of('records_total', 'outcome="dead_letter"'), 1)
  assert.equal(of('attempts_total', 'verdict="delivered"'), 10)
  assert.equal(of('attempts_total', 'status="5xx",verdict="retry"'), 2)
  assert.equal(of('attempts_total', 'verdict="misconfigured"'), 2)
  assert.equal(of('attempts_total', 'verdict="refused"'), 1)
  assert.equal(of('attempt_seconds_count'), receiver.posts())
  assert.equal(of('event_latency_seconds_count'), 10)
  assert.equal(of('relay_latency_seconds_count'), 10)
  assert.equal(of('in_hand_records'), 0)
  assert.equal(ofBridge.sum('registry_relay_part_ready'), bridgePartCount(bridge.parts))
  assert.ok((ofGateway.sum('registry_relay_schema_registry_requests_total', 'status="2xx"') ?? 0) > 0)
  assert.ok((ofGateway.sum('registry_relay_spool_fsync_seconds_count') ?? 0) > 0)
})

function bridgePartCount(parts: object): number {
  return Object.keys(parts).length
}

test('the process of serve: clean for Prometheus and documented from its start, and the numbers of a reload are there', async (t) => {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack)
  stops(() => bed.remove())
  await bed.createTopics()
  const serve = new ServeProcess(bed.configFile)
  stops(() => serve.kill())
  const url = await serve.listening()
  const start = await Scrape.of(serve.management)
  assert.equal(promtoolSays(start.text), undefined)
  assertDocumented(start)
  assert.equal(start.sum('registry_relay_config_last_reload_successful'), 1)
  assert.equal(start.sum('registry_relay_config_reloads_total', 'outcome="refused"'), 0)
  assert.equal((await post(url, JSON.stringify({ events: [{ id: 'one' }] }))).status, 200)
  const published = async (): Promise<number | undefined> =>
    (await Scrape.of(serve.management)).sum('registry_relay_kafka_produced_records_total')
  await until(async () => (await published()) === 1)
  assert.equal(balance('registry_relay:gateway_unaccounted_events', await Scrape.of(serve.management)), 0)
})

test('what the endpoint of the library says is clean for Prometheus and documented', async (t) => {
  const receiver = await receiverOf(t)
  const metrics = new PrometheusMetrics({ version: '1.2.3' })
  const endpoint = new Endpoint({
    name: 'hook',
    url: receiver.url,
    backoffMs: 1,
    telemetry: { ...noTelemetry, metrics },
  })
  const event: Event = { id: randomUUID(), timestamp: new Date().toISOString(), target: { repository: 'a' } }
  await endpoint.write([event])
  await until(() => endpoint.readMetrics().delivered === 1)
  await endpoint.close()
  const scrape = new Scrape(await metrics.expose())
  assert.equal(promtoolSays(scrape.text), undefined)
  assertDocumented(scrape)
})

test('the page has an equation that is the one of the rules', () => {
  const page = readFileSync('docs/metrics.md', 'utf8')
  for (const record of [
    'registry_relay:gateway_unaccounted_events',
    'registry_relay:bridge_unaccounted_records',
  ]) {
    const end = page.indexOf(`\`${record}\``, page.indexOf('## Nothing is unaccounted for'))
    const [, equation = ''] = [...page.slice(0, end).matchAll(/```text\n([\s\S]*?)```/g)].at(-1) ?? []
    const [left = '', right = ''] = equation.split('\n=')
    const namesIn = (text: string): string[] => text.match(/registry_relay_\w+/g) ?? []
    const terms = [...namesIn(left), ...namesIn(right).map((name) => `-${name}`)]
    assert.ok(terms.length > 4, record)
    // Each name with a number of its own: only the same terms with the same signs give the same sum.
    const samples = terms.map((term, index) => `${term.replace('-', '')} ${2 ** index}`)
    const expected = terms.reduce((sum, term, index) => sum + (term.startsWith('-') ? -1 : 1) * 2 ** index, 0)
    assert.equal(balance(record, new Scrape(samples.join('\n'))), expected)
  }
})
