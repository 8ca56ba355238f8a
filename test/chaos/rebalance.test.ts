import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { assertPassed, seedOf } from './assertions.ts'
import { Cluster } from './cluster.ts'
import { rebalanceRun } from './rebalance/rebalance-run.ts'
import { type RebalanceScenario, rebalanceScenarios } from './rebalance/rebalance-scenarios.ts'

let cluster: Cluster

before(async () => {
  cluster = await Cluster.start({ brokers: 1, random: seededRandom(1) })
})
after(() => cluster.stop())

test('members that come, go, die and stand still: every event is delivered in order, and repeats come from what was in flight', (t) =>
  passes(t, 'rebalance'))

test('members that are replaced in good order, one after the other, repeat nothing', (t) =>
  passes(t, 'rebalance-rolling'))

async function passes(t: TestContext, name: RebalanceScenario['name']): Promise<void> {
  const size = rebalanceScenarios.find((scenario) => scenario.name === name)?.short
  assert.ok(size)
  const onProgress = (line: string): void => t.diagnostic(line)
  const report = await rebalanceRun({ ...size, cluster, scenario: name, seed: seedOf(t), onProgress })
  assertPassed(t, report)
}
