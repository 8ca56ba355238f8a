import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { toError } from '../../../src/errors.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { RunFolder } from '../../crash/run-folder.ts'
import { until } from '../../support/until.ts'
import type { Cluster } from '../cluster.ts'
import type { ChaosReport } from '../report.ts'
import { planChanges } from './change-plan.ts'
import { checkRebalances } from './checker.ts'
import { FarEnd } from './far-end.ts'
import type { RebalanceHistory } from './history.ts'
import { Members } from './members.ts'
import { OffsetSamples } from './offset-samples.ts'
import { rebalanceReport } from './rebalance-report.ts'
import { RebalanceTopic } from './rebalance-topic.ts'
import { TopicLoad } from './topic-load.ts'

export interface RebalanceRunOptions {
  readonly cluster: Cluster
  readonly scenario: string
  readonly seed: number
  readonly members: number
  /** At least; the load goes on while there are changes. */
  readonly events: number
  readonly eventsPerSecond: number
  readonly repositories: number
  /** A number: so many of all kinds. `rolling`: each member leaves in good order, and then a new one joins. */
  readonly changes: number | 'rolling'
  /** Between two changes, milliseconds. */
  readonly gapMs: readonly [least: number, most: number]
  readonly onProgress?: (line: string) => void
}

/** The least that a broker allows by default. */
const sessionTimeoutMs = 6_000
const attemptMs = 3_000
/** Two commits of a bridge under load, on a machine that has too much to do. */
const uncommittedMs = 2_000
const patienceMs = 180_000
const endpoint = 'hook'

/**
 * Delivers a topic by a group of processes while its members come and go, and judges what the far end saw. Never rejects for
 * what the members do.
 */
export async function rebalanceRun(options: RebalanceRunOptions): Promise<ChaosReport<string>> {
  const { cluster, seed, events, eventsPerSecond, repositories, onProgress = () => {} } = options
  const problems: string[] = []
  const folder = new RunFolder()
  const topic = await RebalanceTopic.create(cluster)
  const farEnd = new FarEnd(seededRandom(seed + 1), attemptMs, options.changes !== 'rolling')
  await farEnd.listen()
  const members = new Members({
    config: {
      ...{ servers: cluster.direct, topic: topic.name, deadLetterTopic: topic.deadLetters },
      ...{ group: topic.name, endpoint, url: farEnd.url, attemptMs, sessionTimeoutMs },
    },
    ...{ log: folder.log, random: seededRandom(seed + 2), pauseMs: sessionTimeoutMs * 1.5 },
  })
  const samples = new OffsetSamples(topic.admin, `${topic.name}.${endpoint}`, topic.name)
  let load: TopicLoad | undefined
  try {
    await members.addAll(options.members)
    load = new TopicLoad({
      ...{
        producer: topic.producer,
        topic: topic.name,
        partitions: topic.partitions,
        schemaId: topic.schemaId,
      },
      ...{ run: topic.name, random: seededRandom(seed + 3), repositories, events, eventsPerSecond },
      waiting: () => behind(load?.events ?? [], samples),
    })
    const ended = load.done
    await Promise.race([changeMembers(options, members, onProgress), failing(ended)])
    load.finish()
    await ended
    await until(() => members.paused === 0, { what: () => 'a member does not wake' })
    onProgress(`  all changes are done; ${farEnd.attempts.length} requests for ${load.events.length} events`)
    await until(() => behind(load?.events ?? [], samples) === 0, {
      ms: patienceMs,
      what: () => `${behind(load?.events ?? [], samples)} events are not committed`,
    })
    await members.stop()
    const buried = await topic.deadLetterCount()
    if (buried > 0) problems.push(`${buried} events are in the dead letters`)
  } catch (error) {
    problems.push(toError(error).message)
    load?.finish()
  }
  members.abandon()
  await samples.stop()
  await farEnd.close()
  await until(() => farEnd.open === 0)
  await topic.close()

  const history: RebalanceHistory = {
    ...{ events: load?.events ?? [], attempts: farEnd.attempts, samples: samples.samples },
    ...{ joins: members.joins, changes: members.changes, attemptMs, uncommittedMs },
  }
  problems.push(...members.problems)
  const report = rebalanceReport(options, history, checkRebalances(history), problems)
  if (report.passed) {
    folder.remove()
    return report
  }
  keepHistory(folder.path, history)
  folder.keep({ operations: [], records: [], report })
  return { ...report, evidence: folder.path }
}

async function changeMembers(
  { changes, members, gapMs, seed }: RebalanceRunOptions,
  group: Members,
  onProgress: (line: string) => void,
): Promise<void> {
  const random = seededRandom(seed)
  if (changes === 'rolling') {
    for (const member of group.running) {
      const [least, most] = gapMs
      await pause(least + random() * (most - least))
      await group.leave(member)
      const next = group.add()
      await group.joined([next])
      onProgress(`  ${member.name} has left, ${next.name} has joined`)
    }
    return
  }
  // A session has to be over before the next fault, or the group would see both as one.
  for (const { kind, waitMs } of planChanges({
    ...{ changes, members, gapMs, random },
    faultGapMs: sessionTimeoutMs + 1_000,
  })) {
    await pause(waitMs)
    onProgress(`  ${kind} ${await group.change(kind)}`)
  }
}

/** Never resolves. */
async function failing(work: Promise<void>): Promise<never> {
  await work
  return new Promise(() => {})
}

/** Events that lie above what is committed. */
function behind(events: RebalanceHistory['events'], { newest }: OffsetSamples): number {
  return events.filter(({ partition, offset }) => offset >= (newest.get(partition) ?? 0)).length
}

function keepHistory(folder: string, history: RebalanceHistory): void {
  for (const part of ['events', 'attempts', 'joins', 'samples', 'changes'] as const) {
    const lines = history[part].map((entry) => `${JSON.stringify(entry)}\n`)
    writeFileSync(join(folder, `${part}.jsonl`), lines.join(''))
  }
}
