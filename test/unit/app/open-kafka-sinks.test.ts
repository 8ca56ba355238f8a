import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGateway } from '../../../src/app/compose.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'

test('a stop ends the watch over the topics first, and what Kafka is written with after all that writes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-sinks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = configSchema.parse({
    kafka: { brokers: '127.0.0.1:1' },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    gateway: { port: 0 },
    spool: { folder: join(folder, 'spool') },
  })
  const stopped: unknown[] = []
  const logger: Logger = {
    ...noTelemetry.logger,
    child: () => logger,
    debug: ({ part }, text) => text === 'stopped' && stopped.push(part),
  }
  const supervisor = new Supervisor(logger)
  t.after(() => supervisor.stop(1_000))
  const { parts } = await startGateway(config, { ...noTelemetry, logger }, supervisor)
  await until(() => parts['record sink']?.().reason !== 'degraded: starting')
  assert.equal(await supervisor.stop(), true)
  const order = ['watch of topics', 'gateway', 'pump', 'kafka sinks', 'clients of the sinks', 'spool']
  assert.deepEqual(
    stopped.filter((part) => order.includes(String(part))),
    order,
  )
})
