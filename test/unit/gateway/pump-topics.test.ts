import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { GatewayItem } from '../../../src/gateway/gateway-item.ts'
import { SpoolSink } from '../../../src/gateway/spool-sink.ts'
import { PrometheusMetrics } from '../../../src/observability/metrics.ts'
import type { Spool } from '../../../src/spool/spool.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../topic-bridge/bridge-support.ts'
import { eventItem, quarantineItem } from './items.ts'
import { folderOf, openSpool, pumpOf, ScriptedTopics } from './scripted-topics.ts'

const unavailable = new RelayError('KAFKA_UNAVAILABLE', 'no broker')

async function post(spool: Spool, notifications: readonly (readonly GatewayItem[])[]): Promise<void> {
  const sink = new SpoolSink(spool)
  await Promise.all(notifications.map((items) => sink.write(items)))
}

/** One notification for each. */
function events(texts: readonly string[]): readonly (readonly GatewayItem[])[] {
  return texts.map((text) => [eventItem(text)])
}

const named = (word: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `${word}-${from + index}`)

/** A pull before each push. */
const mixed = (count: number, from = 0): string[] =>
  named('pull', count, from).flatMap((pull, index) => [pull, `push-${from + index}`])

test('tens of thousands of events pass a topic that takes nothing, and when it is back everything is there once and in order', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  const metrics = new PrometheusMetrics({ version: '0', process: false })
  const parked = async (): Promise<string | undefined> =>
    /^registry_relay_pump_parked_notifications\{topic="pull"\} (\d+)$/m.exec(await metrics.expose())?.[1]
  route.dies('pull')
  const pump = pumpOf({ spool, route, telemetry: { ...noTelemetry, metrics } })
  pump.start()
  await post(spool, events(mixed(20_000)))
  await until(() => route.arrived['push']?.length === 20_000)
  assert.deepEqual(route.arrived['push'], named('push', 20_000))
  assert.deepEqual(route.arrived['pull'], [])
  assert.equal(spool.state().unacked, 40_000)
  // What is under way is what was read when the limit was met, and the rest waits on the disk.
  const underWay = route.tried['pull'] ?? 0
  assert.ok(underWay >= 4_000 && underWay <= 5_000, `${underWay}`)
  assert.equal(await parked(), String(20_000 - underWay))
  assert.equal(pump.problem, `pull takes nothing, and ${20_000 - underWay} wait behind it`)

  route.lives('pull')
  await post(spool, events(mixed(2_000, 20_000)))
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived['pull'], named('pull', 22_000))
  assert.deepEqual(route.arrived['push'], named('push', 22_000))
  assert.equal(await parked(), '0')
  assert.equal(pump.problem, undefined)
  await pump.close()
  await spool.close()
})

test('with as many behind it as may be, everything waits for it and readiness names it; nothing is lost', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  const telemetry = new RecordingTelemetry()
  const said = (level: string): unknown[] =>
    telemetry.lines.flatMap((line) => (line.level === level ? line.facts['topic'] : []))
  route.dies('pull')
  const pump = pumpOf({ spool, route, telemetry, limits: { records: 5, parked: 50 } })
  pump.start()
  await until(async () => {
    await post(spool, events([`pull-${spool.state().unacked}`]))
    return /^pull takes nothing, and with \d+ behind it everything waits$/.test(pump.problem ?? '')
  })
  const before = spool.state().unacked
  assert.deepEqual(said('warn'), ['pull'])
  assert.deepEqual(said('error'), ['pull'])
  await post(spool, events(named('push', 20)))
  // It is asked to read on by each outcome; there is none, so nothing of this can come later.
  assert.deepEqual(route.arrived['push'], [])
  route.lives('pull')
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived['pull'], named('pull', before))
  assert.deepEqual(route.arrived['push'], named('push', 20))
  await pump.close()
  await spool.close()
})

test('where no topic of events takes anything the spool is not read on, and all goes on with the first that does', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  route.dies('pull')
  route.dies('push')
  const pump = pumpOf({ spool, route, limits: { records: 10 } })
  pump.start()
  await post(spool, events(mixed(5)))
  for (let from = 5; pump.problem !== 'push takes nothing; pull takes nothing'; from += 1) {
    assert.ok(from < 1_000, String(pump.problem))
    await post(spool, events(mixed(1, from)))
    await until(() => (route.tried['pull'] ?? 0) > from || pump.problem !== undefined)
  }
  await post(spool, events(mixed(1_000, 1_000)))
  const tried = { ...route.tried }
  route.lives('push')
  await until(() => route.arrived['push']?.at(-1) === 'push-1999')
  assert.equal(route.tried['pull'], tried['pull'])
  route.lives('pull')
  await until(() => spool.state().unacked === 0)
  assert.equal(route.arrived['pull']?.at(-1), 'pull-1999')
  await pump.close()
  await spool.close()
})

test('a topic whose writes fail does not stop the others, and what failed is sent again in order before what came later', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  route.refuses('pull', unavailable)
  const pump = pumpOf({ spool, route, limits: { records: 100 } })
  pump.start()
  await post(spool, events(mixed(10)))
  await until(() => pump.problem === 'no broker')
  await post(spool, events(mixed(2_000, 10)))
  await until(() => route.arrived['push']?.length === 2_010)
  assert.deepEqual(route.arrived['pull'], [])
  route.lives('pull')
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived['pull'], named('pull', 2_010))
  assert.equal(pump.problem, undefined)
  await pump.close()
  await spool.close()
})

test('what one notification has for a topic is not written again for what another topic refused', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  route.refuses('pull', unavailable)
  route.dies('rejected')
  const pump = pumpOf({ spool, route })
  pump.start()
  await post(spool, [[eventItem('pull-0'), eventItem('push-0'), quarantineItem('x'), eventItem('pull-1')]])
  await until(() => (route.tried['pull'] ?? 0) >= 6)
  assert.deepEqual(route.arrived, { push: ['push-0'], pull: [], rejected: [] })
  route.lives('pull')
  await until(() => route.arrived['pull']?.length === 2)
  assert.equal(spool.state().unacked, 1)
  route.lives('rejected')
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived, { push: ['push-0'], pull: ['pull-0', 'pull-1'], rejected: ['x'] })
  await pump.close()
  await spool.close()
})

test('while the topic of what was rejected takes nothing, more of it than may be under way does not stop events', async (t) => {
  const spool = await openSpool(folderOf(t))
  const route = new ScriptedTopics()
  route.dies('rejected')
  const pump = pumpOf({ spool, route, limits: { records: 10 } })
  pump.start()
  const rejected = named('rejected', 300)
  await post(
    spool,
    rejected.flatMap((text, index) => [[quarantineItem(text)], [eventItem(`push-${index}`)]]),
  )
  await post(spool, events(named('push', 700, 300)))
  await until(() => route.arrived['push']?.length === 1_000)
  route.lives('rejected')
  await until(() => spool.state().unacked === 0)
  assert.deepEqual(route.arrived['rejected'], rejected)
  await pump.close()
  await spool.close()
})

test('closing leaves what waits for a dead topic in the spool, and the next start sends it', async (t) => {
  const folder = folderOf(t)
  const before = await openSpool(folder)
  const dead = new ScriptedTopics()
  dead.dies('pull')
  const first = pumpOf({ spool: before, route: dead, limits: { records: 10 } })
  first.start()
  await post(before, events(mixed(3_000)))
  await until(() => dead.arrived['push']?.length === 3_000)
  await first.close({ deadlineMs: 50 })
  await before.close()

  const after = await openSpool(folder)
  const route = new ScriptedTopics()
  const pump = pumpOf({ spool: after, route })
  pump.start()
  await until(() => after.state().unacked === 0)
  assert.deepEqual(route.arrived['pull'], named('pull', 3_000))
  await pump.close()
  await after.close()
})

test('a parked record that the spool cannot give again ends the pump with SPOOL_FAILED, and nothing is acked past it', async (t) => {
  const spool = await openSpool(folderOf(t))
  const forgetful: Spool = {
    append: (content) => spool.append(content),
    read: (limits) => spool.read(limits),
    ack: (sequence) => spool.ack(sequence),
    state: () => spool.state(),
    close: () => spool.close(),
    async *recent(limits) {
      for await (const record of spool.recent(limits)) {
        if (record.content.includes('pull-1500')) continue
        yield record
      }
    },
  }
  const route = new ScriptedTopics()
  const failures: Error[] = []
  route.dies('pull')
  const pump = pumpOf({
    spool: forgetful,
    route,
    limits: { records: 10 },
    onFailure: (error) => failures.push(error),
  })
  pump.start()
  await post(spool, events(mixed(3_000)))
  await until(() => route.arrived['push']?.length === 3_000)
  route.lives('pull')
  await until(() => failures.length > 0)
  assert.equal((failures[0] as RelayError).code, 'SPOOL_FAILED')
  assert.match(pump.problem ?? '', /record \d+ of the spool cannot be read again/)
  assert.deepEqual(route.arrived['pull'], named('pull', 1_500))
  await pump.close()
  assert.equal(spool.state().unacked, 3_000)
  await spool.close()
})
