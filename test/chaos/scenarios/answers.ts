import { until } from '../../support/until.ts'
import type { Scenario } from '../scenario.ts'
import { lasting, pick, rounds } from './pace.ts'

/** What brokers say when they lost track of a producer: it must be replaced. */
const rebuilding: readonly (readonly [code: number, name: string])[] = [
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  [47, 'INVALID_PRODUCER_EPOCH'],
  [59, 'UNKNOWN_PRODUCER_ID'],
  [90, 'PRODUCER_FENCED'],
]

/** What they say when the same batch is to be sent again. */
const retried: readonly (readonly [code: number, name: string])[] = [
  [6, 'NOT_LEADER_OR_FOLLOWER'],
  [7, 'REQUEST_TIMED_OUT'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
]

const k15: Scenario = {
  name: 'K15',
  title: 'brokers that lose track of the producer, refuse for the moment, and throttle',
  seconds: 30,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const { proxy } = stage.cluster
    await rounds(stage.seconds, async (index) => {
      const kind = index % 3
      const [errorCode, name] = pick(kind === 0 ? rebuilding : retried, stage.random)
      const when = pick(['instead', 'after'] as const, stage.random)
      const rebuilds = stage.rebuilds()
      const before = proxy.counts
      if (kind === 2) {
        stage.fault('throttled')
        proxy.set({ throttled: { ms: 200, times: 5 } })
        await until(() => proxy.counts.throttled > before.throttled)
      } else {
        stage.fault(`${name} ${when === 'after' ? 'after carrying out' : 'instead of'} a request`)
        // A group of batches is tried once more, each alone, before the producer is given up.
        const times = kind === 0 ? 20 : 2
        pick(proxy.brokers, stage.random).set({ faked: { errorCode, when, times } })
        await until(() => proxy.counts.faked > before.faked)
      }
      if (kind === 0)
        await until(() => stage.rebuilds() > rebuilds, { what: () => `${name} replaces no producer` })
      proxy.heal()
      const published = stage.published()
      await until(() => stage.published() > published, { what: () => `nothing is published after ${name}` })
      await lasting(stage.random())
    })
  },
}

export const answers: readonly Scenario[] = [k15]
