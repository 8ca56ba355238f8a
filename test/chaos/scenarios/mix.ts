import type { Scenario, Stage } from '../scenario.ts'
import { lasting, pick, rounds } from './pace.ts'

/** One thing that goes wrong for a while, and is over when it resolves. */
interface Trouble {
  readonly what: string
  readonly bring: (stage: Stage, seconds: number) => Promise<void>
}

/** A broker drawn at random, with the way to it. */
function draw({ cluster, random }: Stage): number {
  return pick(cluster.ids, random)
}

const troubles: readonly Trouble[] = [
  { what: 'nothing', bring: (_stage, seconds) => lasting(seconds) },
  {
    what: 'a broker killed',
    async bring(stage, seconds) {
      const node = stage.cluster.node(draw(stage))
      await node.kill()
      await lasting(seconds)
      await node.start()
      // Two of three dead at once would be another scenario.
      await stage.cluster.inSync(stage.topic)
    },
  },
  {
    what: 'a broker restarted',
    async bring(stage) {
      const node = stage.cluster.node(draw(stage))
      await node.stop()
      await node.start()
      await stage.cluster.inSync(stage.topic)
    },
  },
  {
    what: 'a broker paused',
    async bring(stage, seconds) {
      const node = stage.cluster.node(draw(stage))
      node.pause()
      await lasting(seconds)
      node.resume()
      await stage.cluster.inSync(stage.topic)
    },
  },
  {
    what: 'leaders moved',
    async bring(stage, seconds) {
      for (const { partitionId } of await stage.cluster.partitions(stage.topic)) {
        if (stage.random() < 0.5) await stage.cluster.moveLeader(stage.topic, partitionId)
      }
      await lasting(seconds / 2)
    },
  },
  {
    what: 'one broker out of reach',
    async bring({ cluster, random }, seconds) {
      const flow = pick(['hold', 'swallow'] as const, random)
      pick(cluster.proxy.brokers, random).set({ toBroker: { flow }, toClient: { flow } })
      await lasting(seconds)
    },
  },
  {
    what: 'acknowledgements lost',
    async bring({ cluster, random }, seconds) {
      const connection = pick(['cut', 'stays'] as const, random)
      cluster.proxy.set({ lost: { probability: 0.2, connection } })
      await lasting(seconds)
    },
  },
  {
    what: 'all connections cut, again and again',
    async bring({ cluster, random }, seconds) {
      await rounds(seconds, async () => {
        for (const broker of cluster.proxy.brokers) broker.cut(random() < 0.5 ? 'reset' : 'end')
        await lasting(0.3)
      })
    },
  },
  {
    what: 'brokers far away and slow',
    async bring({ cluster }, seconds) {
      cluster.proxy.set({ toClient: { delayMs: 150, jitterMs: 100, bytesPerSecond: 375_000 } })
      await lasting(seconds)
    },
  },
]

const mix: Scenario = {
  name: 'mix',
  title: 'something else goes wrong every few seconds, or nothing',
  seconds: 60,
  timeouts: { requestTimeoutMs: 3_000, connectionTimeoutMs: 1_000 },
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    await rounds(stage.seconds, async () => {
      const { what, bring } = pick(troubles, stage.random)
      stage.fault(what)
      await bring(stage, 2 + 4 * stage.random())
      stage.cluster.proxy.heal()
    })
  },
}

export const mixed: readonly Scenario[] = [mix]
