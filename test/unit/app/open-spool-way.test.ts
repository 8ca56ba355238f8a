import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startGateway } from '../../../src/app/compose.ts'
import { sinkParts } from '../../../src/app/late-sinks.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { RecordingSink } from '../../../src/testing.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

function configOf(t: TestContext, ackMode: 'spool' | 'kafka' = 'spool'): Config {
  const folder = mkdtempSync(join(tmpdir(), 'spool-way-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return configSchema.parse({
    kafka: { brokers: '127.0.0.1:1' },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    gateway: { port: 0, ackMode },
    spool: { folder: join(folder, 'spool') },
  })
}

function supervisorOf(t: TestContext): Supervisor {
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop(1_000))
  return supervisor
}

async function post(url: string, id: string): Promise<number> {
  const { status } = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"events":[{"id":"${id}","target":{"repository":"library/app"}}]}`,
  })
  return status
}

test('nothing that a gateway is composed of loads the Kafka client: the port is open before', () => {
  const compose = new URL('../../../src/app/compose.ts', import.meta.url).href
  const program = `
    import { createRequire } from 'node:module'
    await import('${compose}')
    console.log(Object.keys(createRequire('${compose}').cache).filter((path) => path.includes('/node_modules/kafkajs/')).length)
  `
  // In a process of its own: other tests of this one load it.
  const parameters = ['--import', 'tsx', '--input-type=module', '--eval', program]
  assert.equal(execFileSync(process.execPath, parameters, { encoding: 'utf8' }), '0\n')
})

test('what comes before the way to Kafka is open goes on to Kafka, and is none from before the start', async (t) => {
  const route = new RecordingSink<GatewayItem>()
  const telemetry = new CountedTelemetry()
  const gateway = await startGateway(configOf(t), telemetry, supervisorOf(t), { wrapRoute: () => route })
  assert.equal(gateway.parts['record sink']?.().reason, 'degraded: starting')
  assert.equal(await post(gateway.url, 'early'), 200)
  await until(() => route.items.length === 1)
  assert.equal(telemetry.values.get('registry_relay_gateway_events_recovered_total') ?? 0, 0)
})

/** With addresses that the client refuses, and no rule of the configuration would have let through. */
function unusable(config: Config): Config {
  return { ...config, kafka: { ...config.kafka, brokers: [''] } }
}

test('a way to Kafka that cannot be opened ends the gateway, and what was acknowledged is kept', async (t) => {
  const config = configOf(t)
  const supervisor = supervisorOf(t)
  const gateway = await startGateway(unusable(config), noTelemetry, supervisor)
  assert.equal(await post(gateway.url, 'kept'), 200)
  await assert.rejects(gateway.failed, { code: 'CONFIG_INVALID' })
  assert.equal(await supervisor.stop(), true)

  const route = new RecordingSink<GatewayItem>()
  await startGateway(config, noTelemetry, supervisorOf(t), { wrapRoute: () => route })
  await until(() => route.items.length === 1)
})

test('a stop right after the port is open is clean, and what waits in the spool is not lost', async (t) => {
  const config = configOf(t)
  const before = supervisorOf(t)
  const { url } = await startGateway(unusable(config), noTelemetry, before)
  assert.equal(await post(url, 'waits'), 200)
  await before.stop()

  const route = new RecordingSink<GatewayItem>()
  const errors: string[] = []
  const logger: Logger = {
    ...noTelemetry.logger,
    child: () => logger,
    error: (_facts, text) => errors.push(text),
  }
  const stopped = supervisorOf(t)
  await startGateway(config, { ...noTelemetry, logger }, stopped, { wrapRoute: () => route })
  assert.equal(await stopped.stop(), true)
  assert.deepEqual(errors, [])

  await startGateway(config, noTelemetry, supervisorOf(t), { wrapRoute: () => route })
  await until(() => route.items.length > 0)
})

test('with a spool the gateway has the parts that it has without one, and the spool', async (t) => {
  const namesIn = async (ackMode: 'spool' | 'kafka'): Promise<string[]> => {
    const { parts } = await startGateway(configOf(t, ackMode), noTelemetry, supervisorOf(t))
    return Object.keys(parts).toSorted()
  }
  assert.deepEqual(await namesIn('kafka'), ['gateway', ...sinkParts].toSorted())
  assert.deepEqual(await namesIn('spool'), ['gateway', 'spool', ...sinkParts].toSorted())
})
