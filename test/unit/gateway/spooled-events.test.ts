import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Pump } from '../../../src/gateway/pump.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import { SpooledEvents } from '../../../src/gateway/spooled-events.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'
import { until } from '../../support/until.ts'
import { eventItem } from './items.ts'

class Numbers {
  readonly metrics = new PrometheusMetrics({ version: '0', process: false })

  async of(name: string): Promise<number | undefined> {
    const values = await this.metrics.values(`registry_relay_gateway_${name}`)
    return values?.[0]?.value
  }
}

async function openSpool(t: TestContext): Promise<() => Promise<FileSpool>> {
  const folder = mkdtempSync(join(tmpdir(), 'spooled-events-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return () => FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
}

test('counts what is stored until Kafka has it, and what was there before the start when it is read', async (t) => {
  const open = await openSpool(t)
  const first = await open()
  const before = new Numbers()
  const stored = new SpoolSink(first, { spooled: new SpooledEvents(before.metrics) })
  await stored.write([eventItem('a'), eventItem('b')])
  await stored.write([eventItem('c')])
  assert.equal(await before.of('spooled_events'), 3)
  assert.equal(await before.of('events_recovered_total'), 0)
  await first.close()

  const second = await open()
  const numbers = new Numbers()
  const spooled = new SpooledEvents(numbers.metrics)
  const sink = new SpoolSink(second, { spooled })
  let down = true
  const pump = new Pump({
    spool: second,
    route: {
      write: async () => {
        if (down) throw new Error('Kafka is away')
      },
      close: async () => undefined,
    },
    quarantine: createQuarantine(),
    limits: { retryMs: 5, ackMs: 5 },
    spooled,
  })
  pump.start()
  await until(async () => (await numbers.of('events_recovered_total')) === 3)
  await sink.write([eventItem('d')])
  assert.equal(await numbers.of('spooled_events'), 4)
  down = false
  await until(async () => (await numbers.of('spooled_events')) === 0)
  assert.equal(await numbers.of('events_recovered_total'), 3)
  await pump.close()
  await second.close()
})

test('what is stored although its writer was told that it is not counts as stored late, once the disk has it', async () => {
  const numbers = new Numbers()
  let confirm = (): void => {}
  const append = (): Promise<void> =>
    new Promise((resolve) => {
      confirm = resolve
    })
  const sink = new SpoolSink({ append }, { spooled: new SpooledEvents(numbers.metrics) })
  const abort = new AbortController()
  const writing = sink.write([eventItem('a'), eventItem('b')], { signal: abort.signal })
  abort.abort(new Error('too late'))
  await assert.rejects(writing, /too late/)
  assert.equal(await numbers.of('events_stored_late_total'), 0)
  assert.equal(await numbers.of('spooled_events'), 0)
  confirm()
  await until(async () => (await numbers.of('events_stored_late_total')) === 2)
  assert.equal(await numbers.of('spooled_events'), 2)
})

/** Overwrites a piece of the one record on the disk that holds `text`. */
function damage(folder: string, text: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const at = bytes.indexOf(text)
    if (at < 0) continue
    bytes.fill(0, at, at + 4)
    writeFileSync(path, bytes)
    return
  }
  assert.fail(`nothing in ${folder} holds ${text}`)
}

test('what was damaged on the disk after it was stored is in the spool no more: it is unaccounted for', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'spooled-events-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  // Nothing in memory: all is read from the disk.
  const spool = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, memoryBytes: 1 })
  const numbers = new Numbers()
  const spooled = new SpooledEvents(numbers.metrics)
  let published = 0
  const pump = new Pump({
    spool,
    route: {
      write: async (items) => {
        published += items.length
      },
      close: async () => undefined,
    },
    quarantine: createQuarantine(),
    limits: { retryMs: 5, ackMs: 5 },
    spooled,
  })
  const sink = new SpoolSink(spool, { spooled })
  await sink.write([eventItem('first')])
  await sink.write([eventItem('second'), eventItem('third'), eventItem('damaged')])
  await sink.write([eventItem('damaged too')])
  await sink.write([eventItem('last'), eventItem('very last')])
  for (const text of ['damaged', 'damaged too']) damage(folder, text)
  assert.equal(await numbers.of('spooled_events'), 7)
  pump.start()
  await until(() => published === 3)
  await until(async () => (await numbers.of('spooled_events')) === 0)
  assert.deepEqual([spool.state().badRecords, await numbers.of('events_recovered_total')], [2, 0])
  await sink.write([eventItem('later')])
  await until(() => published === 4)
  await until(async () => (await numbers.of('spooled_events')) === 0)
  await pump.close()
  await spool.close()
})

test('what was damaged before the start was never counted, so that nothing is taken off for it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'spooled-events-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const open = (): Promise<FileSpool> =>
    FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, memoryBytes: 1 })
  const before = await open()
  const earlier = new SpoolSink(before)
  for (const text of ['first', 'damaged']) await earlier.write([eventItem(text), eventItem('beside')])
  await before.close()
  damage(folder, 'damaged')

  const spool = await open()
  const numbers = new Numbers()
  const spooled = new SpooledEvents(numbers.metrics)
  const pump = new Pump({
    spool,
    route: { write: () => new Promise(() => {}), close: async () => undefined },
    quarantine: createQuarantine(),
    spooled,
  })
  const sink = new SpoolSink(spool, { spooled })
  await sink.write([eventItem('own')])
  pump.start()
  await until(async () => (await numbers.of('events_recovered_total')) === 2)
  assert.equal(await numbers.of('spooled_events'), 3)
  await pump.close({ deadlineMs: 10 })
  await spool.close()
})

test('an append that fails is neither stored nor stored late', async () => {
  const numbers = new Numbers()
  const append = (): Promise<void> => Promise.reject(new Error('no space'))
  const sink = new SpoolSink({ append }, { spooled: new SpooledEvents(numbers.metrics) })
  await assert.rejects(sink.write([eventItem('a')]), /no space/)
  await sink.close()
  assert.equal(await numbers.of('spooled_events'), 0)
  assert.equal(await numbers.of('events_stored_late_total'), 0)
})
