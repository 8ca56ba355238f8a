import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import type { Mode } from '../crash/points.ts'
import { assertPassed, seedOf } from './assertions.ts'
import { Cluster } from './cluster.ts'
import { cutRun } from './cut-run.ts'
import { gatewayRun } from './gateway-run.ts'
import { OneWriter } from './one-writer.ts'
import type { ChaosReport } from './report.ts'
import { scenarioOf } from './scenarios/all.ts'

let cluster: Cluster

before(async () => {
  cluster = await Cluster.start({ brokers: 1, random: seededRandom(1) })
})
after(() => cluster.stop())

function short(t: TestContext, name: string, mode: Mode, seconds: number): Promise<ChaosReport> {
  return gatewayRun({ cluster, scenario: scenarioOf(name), mode, seed: seedOf(t), seconds, acked: 500 })
}

test('K9: acknowledgements of Kafka that are lost cost time, and no event is lost, doubled or overtaken', async (t) => {
  assertPassed(t, await short(t, 'K9', 'kafka', 5))
})

test('K15: a broker that loses track of the producer gets everything from a new one, in order; what is doubled by that is accounted for', async (t) => {
  assertPassed(t, await short(t, 'K15', 'spool', 6))
})

test('K11: connections cut in the middle of what is sent, either way, leave no gap and no copy', async (t) => {
  assertPassed(t, await cutRun({ cluster, seed: seedOf(t), step: 180 }))
})

/** Kafka's codes: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, UNKNOWN_PRODUCER_ID, PRODUCER_FENCED. */
const rebuilding = [45, 47, 59, 90]
/** NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER_APPEND. */
const retried = [6, 7, 19, 20]

for (const when of ['instead', 'after'] as const) {
  const done = when === 'after' ? 'that was carried out' : 'that was not carried out'

  test(`K15: each error that means a lost sequence, for a request ${done}, replaces the producer once`, async () => {
    for (const errorCode of rebuilding) {
      const writer = await OneWriter.start(cluster)
      await writer.write(3)
      cluster.proxy.set({ faked: { errorCode, when, times: 1 } })
      await writer.write(3)
      // Nobody can recognise the repeat: what had been carried out is there twice, next to each other.
      const copies = when === 'after' ? [3] : []
      assert.deepEqual(await writer.finish(), [0, 1, 2, 3, ...copies, 4, 5], `error ${errorCode}`)
      assert.equal(writer.telemetry.value('producer_rebuilds_total sequence'), 1, `error ${errorCode}`)
    }
  })

  test(`K15: each error that asks for a repeat, for a request ${done}, costs no copy and no producer`, async () => {
    for (const errorCode of retried) {
      const writer = await OneWriter.start(cluster)
      await writer.write(3)
      cluster.proxy.set({ faked: { errorCode, when, times: 2 } })
      await writer.write(3)
      assert.deepEqual(await writer.finish(), [0, 1, 2, 3, 4, 5], `error ${errorCode}`)
      assert.equal(writer.telemetry.value('producer_rebuilds_total sequence'), 0, `error ${errorCode}`)
      assert.ok(writer.telemetry.value('produce_retries_total retry') > 0, `error ${errorCode}`)
    }
  })
}

test('K15: a broker that throttles slows down and loses nothing', async () => {
  const writer = await OneWriter.start(cluster)
  await writer.write(1)
  cluster.proxy.set({ throttled: { ms: 100, times: 3 } })
  const { throttled } = cluster.proxy.counts
  await writer.write(6)
  assert.deepEqual(await writer.finish(), [0, 1, 2, 3, 4, 5, 6])
  assert.equal(cluster.proxy.counts.throttled, throttled + 3)
})
