import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { type Facts, type Logger, noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { VolatileDisk } from './volatile-disk.ts'

interface Watched {
  readonly spool: FileSpool
  readonly clock: ManualClock
  readonly disk: VolatileDisk
  readonly lines: string[]
  /** A sample of the metrics, by name and labels as Prometheus shows them. */
  readonly value: (name: string) => Promise<number | undefined>
}

async function watched(
  more: { readonly maxBytes?: number; readonly memoryBytes?: number } = {},
): Promise<Watched> {
  const clock = new ManualClock()
  const disk = new VolatileDisk()
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  const lines: string[] = []
  const say = (_: Facts, message: string): void => {
    lines.push(message)
  }
  const logger: Logger = { ...noTelemetry.logger, info: say, warn: say, error: say }
  const spool = await FileSpool.open({
    folder: '/spool',
    disk: disk.session(),
    processes: { pid: 1, isAlive: () => true, startedAt: () => undefined },
    telemetry: { logger, metrics },
    warnAgeMs: 60_000,
    clock,
    ...more,
  })
  const value = async (name: string): Promise<number | undefined> => {
    const line = (await metrics.expose()).split('\n').find((text) => text.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { spool, clock, disk, lines, value }
}

test('shows size, backlog and age once a second, also while nothing moves', async () => {
  const { spool, clock, value } = await watched()
  assert.equal(await value('registry_relay_spool_oldest_age_seconds'), 0)
  await spool.append(Buffer.alloc(100))
  await spool.append(Buffer.alloc(100))
  await clock.advance(1_000)
  assert.equal(await value('registry_relay_spool_unacked_records'), 2)
  assert.equal(await value('registry_relay_spool_bytes'), 32 + 2 * 132)
  assert.equal(await value('registry_relay_spool_held_bytes'), 32 + 2 * 132)
  assert.equal(await value('registry_relay_spool_limit_bytes'), 10 * 1024 ** 3)
  await clock.advance(7_000)
  assert.equal(await value('registry_relay_spool_oldest_age_seconds'), 8)
  assert.equal(await value('registry_relay_spool_appended_records_total'), 2)
  assert.equal(await value('registry_relay_spool_appended_bytes_total'), 264)
  assert.equal(await value('registry_relay_spool_fsync_seconds_count'), 2)
  await spool.read({ records: 9, bytes: 999 })
  await spool.ack(1)
  await clock.advance(1_000)
  assert.equal(await value('registry_relay_spool_unacked_records'), 0)
  assert.equal(await value('registry_relay_spool_oldest_age_seconds'), 0)
  await spool.close()
  assert.equal(clock.pending, 0)
})

test('counts refused appends by reason', async () => {
  const { spool, disk, value } = await watched({ maxBytes: 1_000 })
  const refusals = async (reason: string): Promise<number | undefined> =>
    value(`registry_relay_spool_refused_appends_total{reason="${reason}"}`)
  await assert.rejects(spool.append(Buffer.alloc(1_000)))
  assert.equal(await refusals('too_large'), 1)
  for (let number = 0; number < 5; number++) await spool.append(Buffer.alloc(100))
  await assert.rejects(Promise.all(Array.from({ length: 9 }, () => spool.append(Buffer.alloc(100)))))
  assert.ok(((await refusals('limit')) ?? 0) >= 6)
  await spool.close()
  await assert.rejects(spool.append(Buffer.alloc(1)))
  assert.equal(await refusals('closed'), 1)

  const other = await watched()
  other.disk.arm({ kind: 'write', nth: 1, code: 'ENOSPC' })
  await assert.rejects(other.spool.append(Buffer.alloc(1)))
  assert.equal(await other.value('registry_relay_spool_refused_appends_total{reason="no_space"}'), 1)
  other.disk.arm({ kind: 'sync', nth: 1, code: 'EIO' })
  await assert.rejects(other.spool.append(Buffer.alloc(1)))
  await assert.rejects(other.spool.append(Buffer.alloc(1)))
  assert.equal(await other.value('registry_relay_spool_refused_appends_total{reason="failed"}'), 2)
  await other.spool.close()
  assert.ok(disk.struck.size === 0)
})

test('warns once when the oldest record waits too long, and says once when that is over', async () => {
  const { spool, clock, lines } = await watched()
  await spool.append(Buffer.from('a'))
  await clock.advance(60_000)
  assert.equal(spool.state().overdue, false)
  assert.deepEqual(lines, [])
  await clock.advance(5_000)
  assert.equal(spool.state().overdue, true)
  assert.deepEqual(lines, ['the oldest record of the spool waits longer than it should'])
  await spool.append(Buffer.from('b'))
  await spool.read({ records: 2, bytes: 99 })
  await spool.ack(0)
  assert.equal(spool.state().overdue, false)
  await clock.advance(2_000)
  assert.deepEqual(lines.slice(1), ['no record of the spool waits longer than it should any more'])
  await spool.close()
})

test('knows the age of the oldest record while it catches up from the disk', async () => {
  const { spool, clock } = await watched({ memoryBytes: 150 })
  for (let number = 0; number < 10; number++) {
    await spool.append(Buffer.alloc(20))
    await clock.advance(1_000)
  }
  for (let number = 0; number < 10; number++) {
    assert.equal((await spool.read({ records: 1, bytes: 99 })).length, 1)
    assert.equal(spool.state().oldestAgeMs, (10 - number) * 1_000, `record ${number}`)
    await spool.ack(number)
    const next = number === 9 ? undefined : (9 - number) * 1_000
    assert.equal(spool.state().oldestAgeMs, next, `after record ${number}`)
  }
  await spool.close()
})
