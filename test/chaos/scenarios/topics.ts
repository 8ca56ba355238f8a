import { fatesOf } from '../../crash/fate.ts'
import { until } from '../../support/until.ts'
import { disorderAcrossMove } from '../order-across-move.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting } from './pace.ts'
import { told } from './told.ts'

async function exists({ cluster, topic }: Stage): Promise<boolean> {
  return cluster.admin(async (admin) => (await admin.listTopics()).includes(topic))
}

async function deleteTopic({ cluster, topic }: Stage): Promise<void> {
  await cluster.admin((admin) => admin.deleteTopics({ topics: [topic] }))
}

async function createTopic({ cluster, topic }: Stage, numPartitions: number): Promise<void> {
  await cluster.admin((admin) =>
    admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions, replicationFactor: cluster.ids.length }],
    }),
  )
  await cluster.inSync(topic)
}

const missing: Scenario = {
  name: 'K12-missing',
  title: 'the topic is missing at the start, and created later',
  seconds: 10,
  uncertain: ['kafka'],
  async before(stage) {
    stage.fault('topic deleted')
    await deleteTopic(stage)
    await until(async () => !(await exists(stage)))
  },
  async faults(stage) {
    await told(stage, /does not host this topic-partition|topic is missing/)
    await lasting(stage.seconds)
    if (await exists(stage)) stage.problem('somebody created the topic')
    if (stage.published() > 0) stage.problem('records were confirmed without a topic')
    await createTopic(stage, 6)
  },
}

/** When a topic was gone, in monotonic milliseconds. */
const goneAt = new WeakMap<Stage, number>()

const deleted: Scenario = {
  name: 'K12-deleted',
  title: 'the topic is deleted under load, and made anew',
  seconds: 10,
  uncertain: ['spool', 'kafka'],
  async faults(stage) {
    const published = stage.published()
    stage.fault('topic deleted')
    await deleteTopic(stage)
    await told(stage, /does not host this topic-partition|topic is missing/)
    // The last broker has heard of it by then.
    await lasting(1)
    goneAt.set(stage, performance.now())
    await lasting(stage.seconds)
    if (await exists(stage)) stage.problem('somebody created the topic')
    await createTopic(stage, 6)
    await until(() => stage.published() > published + 200, {
      what: () => 'nothing reaches the topic made anew',
    })
  },
  // The first topic took with it what it had; what was posted after that must be in the second.
  async judge(stage, { violations }) {
    const { byId } = fatesOf(stage.history.operations)
    const gone = goneAt.get(stage) ?? 0
    return violations.filter(({ invariant, id }) => {
      if (invariant !== 'no loss' || id === undefined) return true
      return (byId.get(id)?.firstInvokedAt ?? 0) > gone
    })
  },
}

const raised: Scenario = {
  name: 'K12-raised',
  title: 'the number of partitions is raised under load',
  seconds: 10,
  async faults(stage) {
    const { cluster, topic } = stage
    stage.fault('9 partitions instead of 6')
    await cluster.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 9 }] }))
    // Clients ask for metadata every five minutes, or when a leader is not where they think.
    await cluster.moveLeader(topic, 0)
    await until(() => stage.said(/the number of partitions changed/) > 0, { what: () => 'nobody says so' })
    await lasting(stage.seconds)
  },
  async judge(stage, { records, violations }) {
    const { byId } = fatesOf(stage.history.operations)
    const moved = new Set(records.filter(({ partition }) => partition >= 6).map(({ key }) => key))
    if (moved.size === 0) stage.problem('no repository moved to a new partition')
    return [
      ...violations.filter(({ invariant }) => invariant !== 'order'),
      ...disorderAcrossMove(records, byId),
    ]
  },
}

export const topics: readonly Scenario[] = [missing, deleted, raised]
