import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { Receiver } from '../../../src/app/receiver.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, TestReceiver } from './bridge-bed.ts'
import { BridgeProcess } from './bridge-process.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})

after(() => bed.stop())

type Endpoint = Readonly<Record<string, unknown>> & { readonly name: string; readonly url: string }

interface Reloading {
  readonly bridge: BridgeProcess
  readonly topic: string
  readonly config: (...endpoints: readonly Endpoint[]) => Readonly<Record<string, unknown>>
  /** Another configuration and SIGHUP; resolves when a line says this of it. */
  readonly reload: (config: Readonly<Record<string, unknown>>, outcome?: string) => Promise<void>
  readonly metric: (series: string) => Promise<number>
}

const applied = 'configuration reloaded: what changed is in use'

async function start(
  t: TestContext,
  partitions: number,
  ...endpoints: readonly Endpoint[]
): Promise<Reloading> {
  const { topic, deadLetterTopic } = await bed.topic(partitions)
  const config = (...of: readonly Endpoint[]) => ({
    kafka: { brokers: bed.stack.brokers },
    topics: { events: topic, deadLetters: deadLetterTopic, partitions, replicationFactor: 1 },
    schemaRegistry: { url: bed.stack.schemaRegistryUrl },
    bridge: { group: topic, endpoints: of },
  })
  const bridge = new BridgeProcess(t, config(...endpoints))
  await bridge.joined(endpoints.length)
  return {
    bridge,
    topic,
    config,
    async reload(next, outcome = applied) {
      const before = bridge.lines(outcome).length
      bridge.rewrite(next)
      bridge.signal('SIGHUP')
      await bridge.says(outcome, before + 1)
    },
    async metric(series) {
      const text = await (await fetch(`${await bridge.management()}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`${series} `))
      return Number(line?.slice(series.length + 1))
    },
  }
}

async function receiver(t: TestContext): Promise<TestReceiver> {
  const one = await new TestReceiver().listen()
  t.after(() => one.close())
  return one
}

async function membersOf(groupId: string): Promise<number> {
  const { groups } = await bed.admin.describeGroups([groupId])
  return groups[0]?.members.length ?? 0
}

test('an endpoint that the configuration gets is delivered to, one that it loses leaves its group, and a third is not touched', async (t) => {
  const [stays, leaves, comes] = [await receiver(t), await receiver(t), await receiver(t)]
  const staying = { name: 'stays', url: stays.url }
  const leaving = { name: 'leaves', url: leaves.url }
  const { bridge, topic, config, reload, metric } = await start(t, 2, staying, leaving)
  const stateOf = (endpoint: string): Promise<number> =>
    metric(`registry_relay_endpoint_state{endpoint="${endpoint}",state="closed"}`)
  assert.deepEqual([await stateOf('stays'), await stateOf('leaves')], [1, 1])
  await bed.produce(topic, ['a', 'b'], 5)
  await until(() => stays.distinct === 10 && leaves.distinct === 10)
  assert.equal(await membersOf(`${topic}.leaves`), 1)

  await reload(config(staying, { name: 'comes', url: comes.url }))
  assert.deepEqual(
    bridge.lines(applied).map(({ changes }) => changes),
    [['bridge.endpoints.leaves', 'bridge.endpoints.comes']],
  )
  assert.equal(await membersOf(`${topic}.leaves`), 0)
  // Not 0, which would be an endpoint in no good state.
  await until(async () => Number.isNaN(await stateOf('leaves')))
  assert.deepEqual([await stateOf('stays'), await stateOf('comes')], [1, 1])
  await bed.produce(topic, ['a', 'b'], 10, 5)
  await until(() => stays.distinct === 20 && comes.distinct === 20)
  assert.equal(leaves.taken.length, 10)
  const joins = bridge.lines('"joined the group"').map(({ groupId }) => groupId)
  assert.equal(joins.filter((groupId) => groupId === `${topic}.stays`).length, 1)
  const { parts } = (await (await fetch(`${await bridge.management()}/readyz`)).json()) as { parts: object }
  assert.deepEqual(Object.keys(parts).toSorted(), [
    `bridge ${topic}.comes`,
    `bridge ${topic}.stays`,
    'topics of the bridge',
  ])
})

test('a wrong configuration changes nothing and is said with every finding; what needs a restart is named, and the rest is used', async (t) => {
  const hook = await receiver(t)
  const { bridge, topic, config, reload, metric } = await start(t, 1, { name: 'hook', url: hook.url })
  const outcomes = async () => ({
    applied: await metric('registry_relay_config_reloads_total{outcome="applied"}'),
    refused: await metric('registry_relay_config_reloads_total{outcome="refused"}'),
    unchanged: await metric('registry_relay_config_reloads_total{outcome="unchanged"}'),
    successful: await metric('registry_relay_config_last_reload_successful'),
  })
  assert.deepEqual(await outcomes(), { applied: 0, refused: 0, unchanged: 0, successful: 1 })

  const refused = 'configuration not reloaded, the one of before stays in use'
  await reload(config({ name: 'hook', url: 'ftp://canary@h/' }, { name: 'hook', url: hook.url }), refused)
  const [line] = bridge.lines(refused)
  assert.ok(Array.isArray(line?.['findings']) && line['findings'].length >= 2, JSON.stringify(line))
  assert.doesNotMatch(bridge.output, /canary/)
  // Right by every rule of the file, and not to be opened.
  const absent = { name: 'hook', url: 'https://h/', tls: { caFile: 'nowhere.pem' } }
  await reload(config(absent, { name: 'other', url: hook.url }), refused)
  assert.match(
    String(bridge.lines(refused)[1]?.['findings']),
    /bridge\.endpoints\.hook\.tls\.caFile.*nowhere\.pem/,
  )
  await reload(config(), refused)
  await bed.produce(topic, ['a'], 3)
  await until(() => hook.distinct === 3)
  assert.deepEqual(await outcomes(), { applied: 0, refused: 3, unchanged: 0, successful: 0 })

  await reload(config({ name: 'hook', url: hook.url }), 'configuration reloaded: nothing to apply')
  const moved = { ...config({ name: 'hook', url: hook.url, timeoutMs: 9_321 }), management: { port: 1 } }
  await reload({ ...moved, spool: { maxBytes: 999_999_999 } })
  assert.deepEqual(bridge.lines(applied)[0]?.['changes'], ['bridge.endpoints.hook.timeoutMs'])
  await bridge.says('needs a restart')
  const restarts = bridge.lines('needs a restart').map(({ level, restart }) => ({ level, restart }))
  assert.deepEqual(restarts, [{ level: 'warn', restart: ['management.port'] }])
  await bed.produce(topic, ['a'], 6, 3)
  await until(() => hook.distinct === 6)
  assert.deepEqual(await outcomes(), { applied: 1, refused: 3, unchanged: 1, successful: 1 })
})

test('a changed header is sent with what comes after, and the level of the log follows', async (t) => {
  const stops = stopsInReverse(t)
  const keys: unknown[] = []
  const hook = new Receiver({
    host: '127.0.0.1',
    port: 0,
    onPost: ({ headers }) => keys.push(headers['x-key']),
  })
  const url = await hook.start()
  stops(() => hook.close())
  const { bridge, topic, config, reload } = await start(t, 1, {
    name: 'hook',
    url,
    headers: { 'X-Key': 'one' },
  })
  await bed.produce(topic, ['a'], 1)
  await until(() => keys.length === 1)
  assert.equal(bridge.lines('"level":"debug"').length, 0)

  const next = config({ name: 'hook', url, headers: { 'X-Key': 'canary-two' } })
  await reload({ ...next, logging: { format: 'json', level: 'debug' } })
  await bed.produce(topic, ['a'], 2, 1)
  await until(() => keys.length === 2)
  assert.deepEqual(keys, ['one', 'canary-two'])
  await until(() => bridge.lines('"level":"debug"').length > 0)
  assert.doesNotMatch(bridge.output, /canary/)
})

test('while events come, an endpoint that changes again and again gets each of them once and in order', async (t) => {
  const hook = await receiver(t)
  // Slow enough for requests to be under way at every change.
  hook.answer = () => new Promise((resolve) => setTimeout(() => resolve(204), 5))
  const repositories = Array.from({ length: 16 }, (_, index) => `team/app-${index}`)
  const endpoint = (version: number) => ({
    name: 'hook',
    url: hook.url,
    headers: { 'X-Version': `${version}` },
  })
  const { bridge, topic, config, reload } = await start(t, 4, endpoint(0))
  const rounds = 100
  const producing = (async () => {
    for (let round = 0; round < rounds; round += 10) await bed.produce(topic, repositories, round + 10, round)
  })()
  await until(() => hook.taken.length > 0)
  for (let version = 1; version <= 3; version++) {
    const seen = hook.taken.length
    await reload(config(endpoint(version)))
    await until(() => hook.taken.length > seen || hook.distinct === rounds * repositories.length)
  }
  await producing
  await until(() => hook.distinct === rounds * repositories.length, { ms: 60_000, what: () => bridge.output })
  assert.deepEqual(hook.outOfOrder(), [])
  assert.equal(hook.taken.length, rounds * repositories.length)
})

test('two reloads at once come one after the other, and one that comes with the stop is left', async (t) => {
  const hook = await receiver(t)
  const { bridge, config } = await start(t, 1, { name: 'hook', url: hook.url })
  bridge.rewrite(config({ name: 'hook', url: hook.url, timeoutMs: 3_000 }))
  bridge.signal('SIGHUP')
  bridge.signal('SIGHUP')
  await bridge.says(applied)
  bridge.rewrite(config({ name: 'hook', url: hook.url, timeoutMs: 3_001 }))
  bridge.signal('SIGHUP')
  bridge.signal('SIGTERM')
  assert.equal(await bridge.ended, 0, bridge.output)
  assert.match(bridge.output.split('\n').at(-1) ?? '', /"clean":true,"msg":"bridge has stopped"/)
})
