import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RelayError } from '../../../src/errors.ts'
import { DuplicateFilter } from '../../../src/gateway/duplicate-filter.ts'
import { DuplicateWindow, type DuplicateWindowOptions } from '../../../src/gateway/duplicate-window.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import type { Sink, WriteOptions } from '../../../src/sink/sink.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { eventItem, quarantineItem } from './items.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

interface Write {
  readonly items: readonly GatewayItem[]
  readonly signal: AbortSignal | undefined
  resolve(): void
  reject(error: Error): void
}

/** Settles its writes when the test says so. */
class HeldSink implements Sink<GatewayItem> {
  readonly writes: Write[] = []

  write(items: readonly GatewayItem[], { signal }: WriteOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => this.writes.push({ items, signal, resolve, reject }))
  }

  async close(): Promise<void> {}

  get texts(): string[] {
    return this.writes.flatMap(({ items }) => items.map(textOf))
  }
}

function textOf(item: GatewayItem): string {
  return String(item.kind === 'event' ? item.record.datum : item.record.value)
}

function bed(options: Partial<DuplicateWindowOptions> = {}) {
  const clock = new ManualClock()
  const inner = new HeldSink()
  const metrics = new PrometheusMetrics({ version: 'test' })
  const window = new DuplicateWindow({ maxEvents: 100, maxAgeMs: 60_000, clock, ...options })
  return { clock, inner, metrics, window, filter: new DuplicateFilter({ inner, window, metrics }) }
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  await settle()
  return Promise.race([
    promise.then(
      () => 'resolved',
      () => 'rejected',
    ),
    settle().then(() => 'open'),
  ])
}

const failure = new RelayError('SPOOL_FULL', 'no room')

test('an event that was stored and is posted again is not stored again', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  inner.writes[0]?.resolve()
  assert.deepEqual(await first, { duplicates: 0, conflicts: 0 })
  assert.deepEqual(await filter.write([eventItem('a')]), { duplicates: 1, conflicts: 0 })
  assert.deepEqual(inner.texts, ['a'])
})

test('a repeat waits for the first copy while that has no outcome, and is acknowledged only with it', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  const repeat = filter.write([eventItem('a')])
  assert.equal(await stateOf(repeat), 'open')
  inner.writes[0]?.resolve()
  await first
  assert.deepEqual(await repeat, { duplicates: 1, conflicts: 0 })
  assert.equal(inner.writes.length, 1)
})

test('a repeat whose first copy failed counts as new, and so does one that comes later', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  const waiting = filter.write([eventItem('a')])
  inner.writes[0]?.reject(failure)
  await assert.rejects(first, failure)
  assert.equal(await stateOf(waiting), 'open')
  assert.equal(inner.writes.length, 2)
  inner.writes[1]?.reject(failure)
  await assert.rejects(waiting, failure)

  const later = filter.write([eventItem('a')])
  assert.equal(inner.writes.length, 3)
  inner.writes[2]?.resolve()
  assert.deepEqual(await later, { duplicates: 0, conflicts: 0 })
})

test('of several repeats that waited for a copy that failed, one is stored and the others wait for it', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  const repeats = [filter.write([eventItem('a')]), filter.write([eventItem('a')])]
  inner.writes[0]?.reject(failure)
  await assert.rejects(first, failure)
  await settle()
  assert.equal(inner.writes.length, 2)
  inner.writes[1]?.resolve()
  assert.deepEqual(await Promise.all(repeats), [
    { duplicates: 0, conflicts: 0 },
    { duplicates: 1, conflicts: 0 },
  ])
})

test('another content under a known id is stored and counted as a conflict', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a', 'one')])
  const other = filter.write([eventItem('a', 'other')])
  for (const { resolve } of inner.writes) resolve()
  await first
  assert.deepEqual(await other, { duplicates: 0, conflicts: 1 })
  assert.deepEqual(inner.texts, ['one', 'other'])
})

test('a write that is aborted leaves its events under way, and their repeat hears of them', async () => {
  const { inner, filter, metrics } = bed()
  const abort = new AbortController()
  const first = filter.write([eventItem('a')], { signal: abort.signal })
  assert.equal(inner.writes[0]?.signal, undefined)
  abort.abort(new Error('too late'))
  await assert.rejects(first, /too late/)
  const repeat = filter.write([eventItem('a')])
  assert.equal(await stateOf(repeat), 'open')
  inner.writes[0]?.resolve()
  assert.deepEqual(await repeat, { duplicates: 1, conflicts: 0 })
  assert.equal(inner.writes.length, 1)
  assert.match(await metrics.expose(), /registry_relay_gateway_events_stored_late_total(\{[^}]*\})? 1\n/)
})

test('a repeat that is aborted while it waits leaves the first copy alone', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  const abort = new AbortController()
  const repeat = filter.write([eventItem('a')], { signal: abort.signal })
  abort.abort(new Error('too late'))
  await assert.rejects(repeat, /too late/)
  inner.writes[0]?.resolve()
  await first
  assert.equal(inner.writes.length, 1)
})

test('what cannot be recognised again passes as often as it comes, and is withdrawn with its signal', async () => {
  const { inner, filter } = bed()
  const { signal } = new AbortController()
  for (const item of [eventItem(undefined, 'no id'), quarantineItem('rejected')]) {
    for (const round of [1, 2]) {
      const write = filter.write([item], { signal })
      const made = inner.writes.at(-1)
      assert.equal(made?.signal, signal, `${item.kind} ${round}`)
      made?.resolve()
      assert.deepEqual(await write, { duplicates: 0, conflicts: 0 })
    }
  }
  assert.equal(inner.writes.length, 4)
})

test('an event that stands twice in one notification is stored once', async () => {
  const { inner, filter } = bed()
  const write = filter.write([eventItem('a'), eventItem('b'), eventItem('a')])
  inner.writes[0]?.resolve()
  assert.deepEqual(await write, { duplicates: 1, conflicts: 0 })
  assert.deepEqual(inner.texts, ['a', 'b'])
})

test('a notification of new events and repeats stores the new ones and waits for all', async () => {
  const { inner, filter } = bed()
  const first = filter.write([eventItem('a')])
  const mixed = filter.write([eventItem('a'), eventItem('b')])
  assert.deepEqual(inner.texts, ['a', 'b'])
  inner.writes[1]?.resolve()
  assert.equal(await stateOf(mixed), 'open')
  inner.writes[0]?.resolve()
  await first
  assert.deepEqual(await mixed, { duplicates: 1, conflicts: 0 })
})

test('writes reach the sink behind in the tick and order of their calls', () => {
  const { inner, filter } = bed()
  for (const id of ['a', 'b', 'c']) void filter.write([eventItem(id)])
  assert.deepEqual(inner.texts, ['a', 'b', 'c'])
})

test('the window is bounded by age and by number, and what left it counts as new', async () => {
  const aged = bed({ maxAgeMs: 1_000 })
  void aged.filter.write([eventItem('a')])
  aged.inner.writes[0]?.resolve()
  await settle()
  await aged.clock.advance(999)
  assert.deepEqual(await aged.filter.write([eventItem('a')]), { duplicates: 1, conflicts: 0 })
  await aged.clock.advance(1)
  void aged.filter.write([eventItem('a')])
  assert.equal(aged.inner.writes.length, 2)

  const counted = bed({ maxEvents: 2 })
  for (const id of ['a', 'b', 'c']) {
    void counted.filter.write([eventItem(id)])
    counted.inner.writes.at(-1)?.resolve()
  }
  await settle()
  assert.equal(counted.window.size, 2)
  void counted.filter.write([eventItem('a')])
  assert.deepEqual(counted.inner.texts, ['a', 'b', 'c', 'a'])
})

test('a window of none lets everything through', async () => {
  const { inner, filter } = bed({ maxEvents: 0 })
  for (const round of [1, 2]) {
    const write = filter.write([eventItem('a'), eventItem('a')])
    inner.writes.at(-1)?.resolve()
    assert.deepEqual(await write, { duplicates: 0, conflicts: 0 }, String(round))
  }
  assert.deepEqual(inner.texts, ['a', 'a', 'a', 'a'])
})

test('what is remembered from before a restart expires by its own age', async () => {
  const { clock, window } = bed({ maxAgeMs: 1_000 })
  window.add('old', 'digest', undefined, 900)
  window.add('new', 'digest', undefined, 0)
  await clock.advance(200)
  assert.equal(window.find('old'), undefined)
  assert.equal(window.find('new')?.digest, 'digest')
})

test('an id does not expire while its first copy has no outcome, and ages from then on', async () => {
  const { clock, inner, filter } = bed({ maxAgeMs: 1_000 })
  const first = filter.write([eventItem('a')])
  await clock.advance(5_000)
  const repeat = filter.write([eventItem('a')])
  inner.writes[0]?.resolve()
  await first
  assert.deepEqual(await repeat, { duplicates: 1, conflicts: 0 })
  await clock.advance(999)
  assert.deepEqual(await filter.write([eventItem('a')]), { duplicates: 1, conflicts: 0 })
  assert.equal(inner.writes.length, 1)
})

test('an id of any length is recognised, and takes no more memory than another', async () => {
  const { inner, filter, window } = bed({ maxEvents: 1_000 })
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 200; n++) {
    void filter.write([eventItem(`${n}-${'x'.repeat(500_000)}`, String(n))])
    inner.writes.splice(0)[0]?.resolve()
  }
  await settle()
  assert.equal(window.size, 200)
  const again = await filter.write([eventItem(`7-${'x'.repeat(500_000)}`, '7')])
  assert.deepEqual(again, { duplicates: 1, conflicts: 0 })
  collectGarbage()
  // One in fifty of what the ids hold.
  assert.ok(process.memoryUsage().heapUsed - before < 2_000_000)
})

test('ids that were forgotten or came again in between do not keep the window from shrinking', () => {
  const { window } = bed({ maxEvents: 3 })
  const add = (id: string) => window.add(id, 'digest', undefined)
  const a = add('a')
  for (const id of ['b', 'c', 'b']) add(id)
  window.forget('a', a)
  for (const id of ['d', 'e']) add(id)
  assert.equal(window.size, 3)
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((id) => window.find(id) !== undefined),
    [false, true, false, true, true],
  )
  for (let n = 0; n < 1_000; n++) add(`more-${n}`)
  assert.equal(window.size, 3)
})
