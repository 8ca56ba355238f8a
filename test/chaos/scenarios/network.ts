import type { BrokerProxy } from '../../support/fault-proxy/broker-proxy.ts'
import { until } from '../../support/until.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting, pick, rounds } from './pace.ts'

const shortTimeouts = { requestTimeoutMs: 1_500, connectionTimeoutMs: 500 }

const k8: Scenario = {
  name: 'K8',
  title: 'slow brokers: 200 ms and jitter on the way and back, 3 Mbit/s',
  seconds: 20,
  async faults(stage) {
    const direction = { delayMs: 100, jitterMs: 50, bytesPerSecond: 375_000 }
    stage.fault('all brokers 200 to 300 ms away, at 3 Mbit/s')
    stage.cluster.proxy.set({ toBroker: direction, toClient: direction })
    const before = stage.published()
    await lasting(stage.seconds)
    // With a spool all that is posted gets through. Without one each of the 16 registries waits for its answer, for 0.8 s at most.
    const least = stage.mode === 'spool' ? 100 : 20
    const rate = (stage.published() - before) / stage.seconds
    if (rate < least) stage.problem(`${rate} records/s reach slow brokers, not ${least}`)
  },
}

const k9: Scenario = {
  name: 'K9',
  title: 'one in five acknowledgements of Kafka is lost',
  seconds: 24,
  timeouts: shortTimeouts,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { proxy } = stage.cluster
    const before = proxy.counts.responsesLost
    for (const connection of ['cut', 'stays'] as const) {
      stage.fault(
        `one in five acknowledgements lost, and its connection ${connection === 'cut' ? 'cut' : 'kept'}`,
      )
      proxy.set({ lost: { probability: 0.2, connection } })
      await lasting(stage.seconds / 2)
    }
    // A busy machine sends few batches in that time.
    await until(() => proxy.counts.responsesLost - before >= 10, {
      what: () => `only ${proxy.counts.responsesLost - before} acknowledgements were lost`,
    })
  },
}

/** Ways in which a broker gets out of reach; each resolves when it has lasted. */
const partings: readonly ((
  stage: Stage,
  brokers: readonly BrokerProxy[],
  seconds: number,
) => Promise<string>)[] = [
  async (_stage, brokers, seconds) => {
    for (const broker of brokers) broker.set({ toBroker: { flow: 'hold' }, toClient: { flow: 'hold' } })
    await lasting(seconds)
    return 'held'
  },
  async (_stage, brokers, seconds) => {
    for (const broker of brokers) broker.set({ toClient: { flow: 'hold' } })
    await lasting(seconds)
    return 'heard and not answering'
  },
  async (_stage, brokers, seconds) => {
    for (const broker of brokers) {
      broker.set({ connect: 'swallow', toBroker: { flow: 'swallow' } })
    }
    await lasting(seconds)
    return 'a black hole'
  },
  async (_stage, brokers, seconds) => {
    for (const broker of brokers) {
      broker.set({ connect: 'refuse' })
      broker.cut()
    }
    await lasting(seconds)
    return 'refusing'
  },
  async (_stage, brokers, seconds) => {
    for (const broker of brokers) broker.halfOpen()
    await lasting(seconds)
    return 'gone without a word'
  },
  async (_stage, brokers, seconds) => {
    await rounds(seconds, async () => {
      for (const broker of brokers) {
        broker.set({ connect: 'refuse' })
        broker.cut()
      }
      await lasting(0.5)
      for (const broker of brokers) broker.heal()
      await lasting(0.5)
    })
    return 'coming and going every 500 ms'
  },
]

const k10: Scenario = {
  name: 'K10',
  title: 'the network between the gateway and one broker, or all, parts in six ways',
  seconds: 40,
  timeouts: shortTimeouts,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { proxy } = stage.cluster
    await rounds(stage.seconds, async (index) => {
      const part = index < partings.length ? partings[index] : pick(partings, stage.random)
      const all = stage.random() < 0.4
      const brokers = all ? proxy.brokers : [pick(proxy.brokers, stage.random)]
      const how = await part?.(stage, brokers, 2 + 3 * stage.random())
      stage.fault(`${all ? 'all brokers' : 'one broker'} ${how}`)
      proxy.heal()
      await lasting(2)
    })
  },
}

export const network: readonly Scenario[] = [k8, k9, k10]
