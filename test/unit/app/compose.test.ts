import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import zlib from 'node:zlib'
import { startGateway } from '../../../src/app/compose.ts'
import { startBridge } from '../../../src/app/compose-bridge.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import type { Disk, DiskFile } from '../../../src/spool/disk.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'

/** A gateway whose Kafka and schema registry are never there: what it needs them for is tested with the real ones. */
function configOf(t: TestContext): Config {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return configSchema.parse({
    kafka: { brokers: '127.0.0.1:1' },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    // What happens is asserted, not within which time.
    gateway: { port: 0, ackBudgetMs: 60_000, limits: { requestTimeoutMs: 60_000 } },
    spool: { folder: join(folder, 'spool') },
  })
}

/** A disk whose syncs fail as soon as it is told so. */
function failingDisk(): { disk: Disk; fail(): void } {
  let failing = false
  const failingFile = (file: DiskFile): DiskFile => ({
    write: (buffers, position) => file.write(buffers, position),
    read: (position, length) => file.read(position, length),
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
    async sync() {
      if (failing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
      await file.sync()
    },
  })
  const disk: Disk = {
    ...nodeDisk,
    create: async (path) => failingFile(await nodeDisk.create(path)),
    open: async (path) => failingFile(await nodeDisk.open(path)),
  }
  return {
    disk,
    fail: () => {
      failing = true
    },
  }
}

async function post(url: string, id: string, useragent = ''): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"events":[{"id":"${id}","target":{"repository":"library/app"},"request":{"useragent":"${useragent}"}}]}`,
  })
}

test('a compression that cannot be had here ends the start before anything is opened', async (t) => {
  const config = configOf(t)
  const wanted = { ...config, kafka: { ...config.kafka, compression: 'zstd' as const } }
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop(1_000))
  const starting = startGateway(wanted, noTelemetry, supervisor)
  if ('zstdCompress' in zlib) {
    assert.ok((await starting).url)
    return
  }
  await assert.rejects(starting, /^RelayError: kafka\.compression zstd needs Node\.js 22\.15/)
  assert.equal(existsSync(config.spool.folder), false)
})

test('with Kafka never there the gateway takes events, is ready, and says what waits for what', async (t) => {
  const supervisor = new Supervisor(noTelemetry.logger)
  const gateway = await startGateway(configOf(t), noTelemetry, supervisor)
  t.after(() => supervisor.stop(1_000))
  for (const id of ['a', 'b', 'a']) assert.equal((await post(gateway.url, id)).status, 200)
  const states = Object.fromEntries(Object.entries(gateway.parts).map(([name, ask]) => [name, ask()]))
  assert.ok(Object.values(states).every(({ ready }) => ready))
  // The third was a repeat of the first.
  assert.match(states['spool']?.reason ?? '', /^2 notifications wait for Kafka/)
  assert.match(states['record sink']?.reason ?? '', /^degraded: /)
})

test('gateway and bridge in one process have no part of one name', async (t) => {
  const config = configOf(t)
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop(1_000))
  const bridges = await startBridge(config, noTelemetry, supervisor)
  const gateway = await startGateway(config, noTelemetry, supervisor)
  const names = [...Object.keys(bridges.parts), ...Object.keys(gateway.parts)]
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted())
  assert.ok(names.includes('topics of the bridge'))
})

test('bridges are stopped all at once: one whose Kafka does not answer takes no time of the others', async (t) => {
  const silent = createServer((socket) => {
    socket.on('error', () => {}).resume()
    t.after(() => socket.destroy())
  })
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const config = configSchema.parse({
    kafka: { brokers: `127.0.0.1:${port}` },
    schemaRegistry: { url: 'http://127.0.0.1:1' },
    bridge: { endpoints: ['one', 'two', 'three'].map((name) => ({ name, url: 'http://127.0.0.1:1/' })) },
  })
  const supervisor = new Supervisor(noTelemetry.logger)
  t.after(() => supervisor.stop(1_000))
  let connected = 0
  silent.on('connection', () => connected++)
  const { parts } = await startBridge(config, noTelemetry, supervisor)
  await until(() => connected >= 3)
  const closing = (): readonly boolean[] =>
    Object.entries(parts).flatMap(([name, ask]) =>
      name.startsWith('bridge ') ? [ask().reason === 'closing'] : [],
    )
  assert.deepEqual(closing(), [false, false, false])
  const stopped = supervisor.stop(2_000)
  await until(() => closing().includes(true))
  assert.deepEqual(closing(), [true, true, true])
  await stopped
})

test('when the disk does not confirm a write nothing more is acknowledged, and the gateway asks to be started again', async (t) => {
  const config = configOf(t)
  const supervisor = new Supervisor(noTelemetry.logger)
  const { disk, fail } = failingDisk()
  t.after(() => supervisor.stop(1_000))
  const gateway = await startGateway(config, noTelemetry, supervisor, { disk })
  assert.equal((await post(gateway.url, 'kept')).status, 200)
  // With Kafka away the pump holds all that it may and reads no more: nobody but the spool itself notices what follows.
  // The same where it has not begun yet.
  assert.equal((await post(gateway.url, 'large', 'u'.repeat(17 * 1024 * 1024))).status, 200)

  fail()
  for (const id of ['first', 'second']) {
    const answer = await post(gateway.url, id)
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.equal(JSON.parse(await answer.text()).code, 'SPOOL_FAILED')
  }
  await assert.rejects(gateway.failed, { code: 'SPOOL_FAILED' })
  assert.equal(gateway.parts['spool']?.().ready, false)
  assert.equal(await supervisor.stop(), true)

  const next = new Supervisor(noTelemetry.logger)
  t.after(() => next.stop(1_000))
  const restarted = await startGateway(config, noTelemetry, next)
  // What was not confirmed may be there all the same, as its first refusal said; so each post again is a repeat.
  assert.match(restarted.parts['spool']?.().reason ?? '', /^3 notifications wait/)
  for (const id of ['kept', 'first']) assert.equal((await post(restarted.url, id)).status, 200)
  assert.match(restarted.parts['spool']?.().reason ?? '', /^3 notifications wait/)
  assert.equal((await post(restarted.url, 'second')).status, 200)
  assert.match(restarted.parts['spool']?.().reason ?? '', /^4 notifications wait/)
})
