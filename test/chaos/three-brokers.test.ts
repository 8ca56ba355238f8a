import { after, before, type TestContext, test } from 'node:test'
import { kafkajsProducers } from '../../src/kafka/kafkajs/producer.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import type { Mode } from '../crash/points.ts'
import { until } from '../support/until.ts'
import { assertFoundOut, assertPassed, seedOf } from './assertions.ts'
import { forgetfulProducers, spanningProducers } from './broken-producers.ts'
import { Cluster } from './cluster.ts'
import { type DirectRunOptions, directRun } from './direct-run.ts'
import { gatewayRun } from './gateway-run.ts'
import type { ChaosReport } from './report.ts'
import { scenarioOf } from './scenarios/all.ts'

let cluster: Cluster

before(async () => {
  cluster = await Cluster.start({ random: seededRandom(1) })
})
after(() => cluster.stop())

function short(t: TestContext, name: string, mode: Mode, seconds: number): Promise<ChaosReport> {
  return gatewayRun({ cluster, scenario: scenarioOf(name), mode, seed: seedOf(t), seconds, acked: 500 })
}

test('K3: leaders that move under load take nothing with them, and nothing is doubled or overtaken', async (t) => {
  assertPassed(t, await short(t, 'K3', 'kafka', 5))
})

test('K4: kill -9 of the leader, twice, chasing it: nothing acknowledged is lost, doubled or overtaken', async (t) => {
  assertPassed(t, await short(t, 'K4', 'spool', 5))
})

/**
 * A publisher while two brokers lose acknowledgements together with their connections and the third one is slow. The
 * client begins again after 300 ms: by then the request to the slow one is still under way, unless it was asked for
 * metadata too. So several rounds, of which one in three shows nothing.
 */
function underLostAcks(seed: number, producers?: DirectRunOptions['producers']): DirectRunOptions {
  return {
    ...{ cluster, scenario: 'lost acks', seed, events: 1_000, writers: 60, requestTimeoutMs: 3_000 },
    ...(producers === undefined ? {} : { producers }),
    async faults({ history, fault }) {
      const { proxy } = cluster
      const [first, slow, third] = proxy.brokers
      slow?.set({ toClient: { delayMs: 500 } })
      for (let round = 0; round < 8; round += 1) {
        const { acked } = history
        await until(() => history.acked > acked)
        const { responsesLost } = proxy.counts
        fault('two acknowledgements lost, and one broker slow')
        for (const broker of [first, third]) broker?.set({ lost: { connection: 'cut', times: 1 } })
        await until(() => proxy.counts.responsesLost >= responsesLost + 2)
      }
    },
  }
}

test('under the same faults as the defects below, the real publisher keeps its promises', async (t) => {
  assertPassed(t, await directRun(underLostAcks(seedOf(t))))
})

test('a publisher that puts the partitions of several brokers into one send is found out', async (t) => {
  const run = underLostAcks(seedOf(t), (kafka, topic) => spanningProducers(kafka, topic, 12))
  assertFoundOut(t, await directRun(run), ['no loss', 'duplicates', 'order'])
})

test('a publisher that repeats a batch under another producer id is found out', async (t) => {
  const run = underLostAcks(seedOf(t), (kafka, topic) =>
    forgetfulProducers(kafkajsProducers(kafka, { topic })),
  )
  assertFoundOut(t, await directRun(run), ['duplicates'])
})
