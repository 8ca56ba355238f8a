import { until } from '../../support/until.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting, rounds } from './pace.ts'

/** While no broker can confirm anything: a spool goes on acknowledging, and without one nobody hears a 2xx. */
async function withoutKafka(stage: Stage, seconds: number): Promise<void> {
  // What was under way when the last broker went may still be confirmed.
  await lasting(1)
  const [acked, published] = [stage.history.acked, stage.published()]
  await lasting(Math.max(1, seconds - 1))
  const more = stage.history.acked - acked
  if (stage.mode === 'kafka' && more > 0) stage.problem(`${more} events were acknowledged without Kafka`)
  if (stage.mode === 'spool' && more < 50 * seconds)
    stage.problem(`only ${more} events were taken in ${seconds} s without Kafka`)
  if (stage.published() > published) stage.problem('records were confirmed without Kafka')
}

const k1: Scenario = {
  name: 'K1',
  title: 'all brokers down when the gateway starts, up later',
  seconds: 20,
  uncertain: ['kafka'],
  async before(stage) {
    stage.fault('all brokers killed')
    await stage.cluster.killAll()
  },
  async faults(stage) {
    await withoutKafka(stage, stage.seconds)
    const notReady = Object.values(stage.parts()).filter((ask) =>
      /no connection to Kafka/.test(ask().reason ?? ''),
    )
    if (notReady.length === 0) stage.problem('/readyz says nothing of Kafka')
    await stage.cluster.startAll()
  },
}

const k2: Scenario = {
  name: 'K2',
  title: 'all brokers hang and are then down, for longer than every time-out of the client',
  seconds: 30,
  timeouts: { requestTimeoutMs: 1_500, connectionTimeoutMs: 300 },
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { cluster, seconds } = stage
    stage.fault('all brokers paused')
    for (const id of cluster.ids) cluster.node(id).pause()
    await withoutKafka(stage, seconds / 2)
    stage.fault('all brokers killed')
    await cluster.killAll()
    await withoutKafka(stage, seconds / 2)
    await cluster.startAll()
  },
}

const k5: Scenario = {
  name: 'K5',
  title: 'two of three brokers dead; then fewer in sync than the topic asks for',
  seconds: 30,
  timeouts: { requestTimeoutMs: 3_000, connectionTimeoutMs: 1_000 },
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { cluster, random, seconds, topic } = stage
    const alive = 1 + Math.floor(random() * cluster.ids.length)
    const dead = cluster.ids.filter((id) => id !== alive)
    stage.fault(`all brokers killed but ${alive}`)
    await Promise.all(dead.map((id) => cluster.node(id).kill()))
    await withoutKafka(stage, seconds / 2)
    await Promise.all(dead.map((id) => cluster.node(id).start()))
    await cluster.inSync(topic)
    // With two of three controllers dead no replica can be declared out of sync, and writes only time out. This way
    // the living leaders answer NOT_ENOUGH_REPLICAS.
    stage.fault(`three in sync asked for, and broker ${alive} killed`)
    await setMinInSync(stage, 3)
    await cluster.node(alive).kill()
    await until(async () => (await cluster.partitions(topic)).every(({ isr }) => isr.length === 2))
    const before = stage.retries()
    await withoutKafka(stage, seconds / 2)
    if (stage.retries() === before)
      stage.problem('no batch was tried again while too few replicas were in sync')
    await setMinInSync(stage, 2)
    await cluster.node(alive).start()
  },
}

const k6: Scenario = {
  name: 'K6',
  title: 'all brokers killed at once and started again',
  seconds: 20,
  uncertain: ['spool', 'kafka'],
  async faults({ cluster, ...stage }) {
    await rounds(stage.seconds, async () => {
      stage.fault('all brokers killed')
      await cluster.killAll()
      await lasting(3)
      await cluster.startAll()
      const before = stage.published()
      await until(() => stage.published() > before, {
        ms: 60_000,
        what: () => 'nothing is published any more',
      })
    })
  },
}

async function setMinInSync({ cluster, topic }: Stage, count: number): Promise<void> {
  await cluster.alterTopic(topic, 'min.insync.replicas', String(count))
}

export const brokersAway: readonly Scenario[] = [k1, k2, k5, k6]
