import { until } from '../../support/until.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting, pick, rounds } from './pace.ts'

async function progress(stage: Stage, when: string): Promise<void> {
  const before = stage.published()
  await until(() => stage.published() > before, { ms: 60_000, what: () => `nothing is published ${when}` })
}

/** The broker that leads a partition drawn at random. */
async function drawLeader({ cluster, topic, random }: Stage): Promise<number> {
  const partitions = await cluster.partitions(topic)
  return pick(partitions, random).leader
}

const k3: Scenario = {
  name: 'K3',
  title: 'leaders are moved every few seconds, by reassignment and preferred election',
  seconds: 30,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { cluster, topic, random } = stage
    await rounds(stage.seconds, async () => {
      const partitions = await cluster.partitions(topic)
      const moving = partitions.filter(() => random() < 0.5).map(({ partitionId }) => partitionId)
      stage.fault(`leaders moved of the partitions ${moving.join(', ') || 'none'}`)
      for (const partition of moving) await cluster.moveLeader(topic, partition)
      await lasting(1 + 2 * random())
    })
    await progress(stage, 'after the last move')
  },
}

/** Kafka's own test chases the leader in five bounces, of about 12 s each. */
const bounces = (seconds: number): number => (seconds < 30 ? 2 : 5)

const k4: Scenario = {
  name: 'K4',
  title: 'kill -9 of the leader, five times, chasing it (in less than 30 s: twice)',
  seconds: 60,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { cluster, topic } = stage
    const end = performance.now() + stage.seconds * 1_000
    for (let count = 0; count < bounces(stage.seconds) || performance.now() < end; count += 1) {
      const leader = await drawLeader(stage)
      stage.fault(`kill -9 of broker ${leader}`)
      await cluster.node(leader).kill()
      await until(async () => (await cluster.partitions(topic)).every((one) => one.leader !== leader), {
        ms: 60_000,
        what: () => `broker ${leader} is dead and still leads`,
      })
      await progress(stage, 'with one broker dead')
      await cluster.node(leader).start()
      await cluster.inSync(topic)
    }
  },
}

const k7: Scenario = {
  name: 'K7',
  title: 'the leader stands still for 5 and more seconds',
  seconds: 20,
  timeouts: { requestTimeoutMs: 3_000, connectionTimeoutMs: 1_000 },
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { cluster, topic, seconds } = stage
    for (const pauseSeconds of [5, Math.max(5, seconds - 5)]) {
      const leader = await drawLeader(stage)
      stage.fault(`broker ${leader} paused for ${pauseSeconds} s`)
      cluster.node(leader).pause()
      try {
        await lasting(pauseSeconds)
      } finally {
        cluster.node(leader).resume()
      }
      await progress(stage, 'after the pause')
      await cluster.inSync(topic)
    }
  },
}

const k16: Scenario = {
  name: 'K16',
  title: 'rolling clean restarts, three rounds',
  seconds: 60,
  async faults(stage) {
    const { cluster, topic } = stage
    for (let round = 1; round <= 3; round += 1) {
      for (const id of cluster.ids) {
        stage.fault(`round ${round}: broker ${id} restarted in good order`)
        await cluster.node(id).stop()
        await cluster.node(id).start()
        await cluster.inSync(topic)
      }
    }
    await progress(stage, 'after the restarts')
  },
  async judge(stage, { violations }) {
    if (stage.rebuilds() > 0) stage.problem('a producer was replaced because of a clean restart')
    return violations
  },
}

export const leaders: readonly Scenario[] = [k3, k4, k7, k16]
