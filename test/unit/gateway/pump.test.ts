import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { encodeItems } from '../../../src/gateway/item-codec.ts'
import { Pump, type PumpOptions } from '../../../src/gateway/pump.ts'
import { createQuarantine } from '../../../src/gateway/quarantine.ts'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'
import type { Spool, SpoolState } from '../../../src/spool/spool.ts'
import { until } from '../../support/until.ts'
import { eventItem, quarantineItem } from './items.ts'

/** Stands for Kafka: takes what it is told to take. */
class Route implements Sink<GatewayItem> {
  readonly arrived: string[] = []
  readonly tried: string[] = []
  refuses: (text: string) => Error | undefined = () => undefined
  #held: (() => void)[] | undefined

  hold(): () => void {
    const held: (() => void)[] = []
    this.#held = held
    return () => {
      this.#held = undefined
      for (const go of held) go()
    }
  }

  /** From now on; what is held stays so. */
  letNextPass(): void {
    this.#held = undefined
  }

  async write(items: readonly GatewayItem[]): Promise<void> {
    const texts = items.map(textOf)
    this.tried.push(...texts)
    const held = this.#held
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve))
    const error = texts.map(this.refuses).find((refusal) => refusal !== undefined)
    if (error !== undefined) throw error
    this.arrived.push(...texts)
  }

  async close(): Promise<void> {}
}

function textOf(item: GatewayItem): string {
  return String(item.kind === 'event' ? item.record.datum : item.record.value)
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pump-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function openSpool(folder: string): Promise<FileSpool> {
  return FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, memoryBytes: 1_000 })
}

function pumpOf(spool: Spool, route: Route, limits: PumpOptions['limits'] = {}): Pump {
  return new Pump({
    spool,
    route,
    quarantine: createQuarantine(),
    limits: { retryMs: 5, ackMs: 5, ...limits },
  })
}

const healthy: SpoolState = {
  next: 0,
  bytes: 0,
  heldBytes: 0,
  maxBytes: 1,
  unacked: 0,
  oldestAgeMs: undefined,
  overdue: false,
  badRecords: 0,
  failure: undefined,
}

const unavailable = new RelayError('KAFKA_UNAVAILABLE', 'no broker')
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `event-${n}`)

async function fill(spool: FileSpool, texts: readonly string[]): Promise<void> {
  const sink = new SpoolSink(spool)
  await Promise.all(texts.map((text) => sink.write([eventItem(text)])))
}

test('everything in the spool arrives, in order, and is acked there', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const pump = pumpOf(spool, route)
  pump.start()
  await fill(spool, ids(300))
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived, ids(300))
  await pump.close()
  await spool.close()
})

test('records overlap within the limits, and no more of them are under way', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const release = route.hold()
  await fill(spool, ids(50))
  const pump = pumpOf(spool, route, { records: 1, bytes: 1_000_000 })
  pump.start()
  await until(() => route.tried.length > 0)
  // One read gives what the spool has, and nothing is read while that is under way.
  const first = route.tried.length
  await fill(spool, ids(10))
  assert.equal(route.tried.length, first)
  release()
  await until(() => route.arrived.length === 60)
  await pump.close()
  await spool.close()
})

test('a record that gets no outcome does not hold up the others, however many pass it by', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const release = route.hold()
  await fill(spool, ['waits'])
  const pump = pumpOf(spool, route, { records: 10, bytes: 10_000 })
  pump.start()
  await until(() => route.tried.length === 1)
  route.letNextPass()
  await fill(spool, ids(500))
  await until(() => route.arrived.length === 500)
  assert.deepEqual(route.arrived, ids(500))
  assert.equal(spool.state().unacked, 501)
  release()
  await until(() => spool.state().unacked === 0)
  await pump.close()
  await spool.close()
})

test('what Kafka does not take is sent again, in order, before anything new, and nothing is acked past it', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  route.refuses = (text) => (/event-[57]$/.test(text) ? unavailable : undefined)
  await fill(spool, ids(10))
  const pump = pumpOf(spool, route)
  pump.start()
  await until(() => route.tried.filter((text) => text === 'event-7').length >= 3)
  assert.deepEqual(
    route.arrived,
    ids(10).filter((id) => !/[57]$/.test(id)),
  )
  assert.equal(pump.problem, 'no broker')
  await until(() => spool.state().unacked === 5)
  await fill(spool, ['later'])
  assert.equal(route.tried.includes('later'), false)

  route.refuses = () => undefined
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived.slice(-3), ['event-5', 'event-7', 'later'])
  assert.equal(pump.problem, undefined)
  await pump.close()
  await spool.close()
})

test('what was not acked when the process ended is sent after the next start, and nothing before it again', async (t) => {
  const folder = folderOf(t)
  const before = await openSpool(folder)
  const route = new Route()
  const first = pumpOf(before, route)
  first.start()
  await fill(before, ids(3))
  await until(() => before.state().unacked === 0)
  route.refuses = () => unavailable
  await fill(before, ['left-1', 'left-2'])
  await until(() => route.tried.includes('left-2'))
  await first.close({ deadlineMs: 50 })
  await before.close()

  const after = await openSpool(folder)
  const second = new Route()
  const pump = pumpOf(after, second)
  pump.start()
  await until(() => after.state().unacked === 0)
  assert.deepEqual(second.arrived, ['left-1', 'left-2'])
  await pump.close()
  await after.close()
})

test('closing takes what is in the spool to Kafka first', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  await fill(spool, ids(500))
  const pump = pumpOf(spool, route, { records: 10 })
  pump.start()
  await pump.close()
  assert.deepEqual(route.arrived, ids(500))
  assert.equal(spool.state().unacked, 0)
  await spool.close()
})

test('closing does not wait for a Kafka that takes nothing, and never rejects', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const release = route.hold()
  await fill(spool, ids(3))
  const pump = pumpOf(spool, route)
  pump.start()
  await until(() => route.tried.length === 3)
  await pump.close({ deadlineMs: 30 })
  assert.equal(spool.state().unacked, 3)
  await spool.close()
  release()
})

test('a spooled record that cannot be read is kept as rejected and stops nothing', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const newer = encodeItems([eventItem('newer')])
  newer[0] = 99
  await spool.append(newer)
  await fill(spool, ['next'])
  const pump = pumpOf(spool, route)
  pump.start()
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived, [String(newer), 'next'])
  await pump.close()
  await spool.close()
})

test('while what was rejected finds no place, however large, events go on, and nothing before them is acked past it', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new Route()
  const held: (() => void)[] = []
  const write = route.write.bind(route)
  route.write = async (items) => {
    if (items.some(({ kind }) => kind === 'quarantine'))
      await new Promise<void>((resolve) => held.push(resolve))
    await write(items)
  }
  const sink = new SpoolSink(spool)
  await sink.write([quarantineItem('x'.repeat(5_000))])
  const pump = pumpOf(spool, route, { bytes: 1_000, records: 2 })
  pump.start()
  await until(() => held.length === 1)
  for (const id of ids(20)) await fill(spool, [id])
  await until(() => route.arrived.length === 20)
  assert.equal(spool.state().unacked, 21)
  for (const go of held) go()
  await until(() => spool.state().unacked === 0)
  await pump.close()
  await spool.close()
})

test('a damaged record that the spool left out holds nothing up, and is acked with those around it', async () => {
  const route = new Route()
  const acked: number[] = []
  const reads = [[0, 2, 3]]
  const spool: Spool = {
    append: () => Promise.resolve(),
    read: async () => {
      const sequences = reads.shift() ?? (await new Promise<never>(() => {}))
      return sequences.map((sequence) => {
        const content = encodeItems([eventItem(`event-${sequence}`)])
        return { sequence, appendedAt: 0, content }
      })
    },
    ack: async (sequence) => {
      acked.push(sequence)
    },
    async *recent() {},
    state: () => ({ ...healthy, unacked: 3 - (acked.at(-1) ?? -1) }),
    close: () => Promise.resolve(),
  }
  route.refuses = (text) => (text === 'event-2' ? unavailable : undefined)
  const pump = pumpOf(spool, route)
  pump.start()
  // Up to 1, which is no record.
  await until(() => acked.at(-1) === 1)
  assert.deepEqual(route.arrived, ['event-0', 'event-3'])
  route.refuses = () => undefined
  await until(() => acked.at(-1) === 3)
  await pump.close()
})
