import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { CommittedOffset } from '../kafka/consumer-port.ts'
import { groupIdOf } from '../topic-bridge/group-id.ts'
import { differences, planLimit, type ReplayPlan, writePlan } from './replay-plan.ts'
import { type OffsetSpans, spansOf } from './replay-spans.ts'
import { planGroupOf, type StoredReplay, storedReplay, storeReplay } from './replay-store.ts'

/** What a replay asks of a cluster. */
export type ReplayAdmin = Pick<
  AdminPort,
  'partitionCount' | 'earliestOffsets' | 'latestOffsets' | 'offsetsAt' | 'groupOffsets' | 'presetOffsets'
>

export interface ReplayRequest {
  /** Names the replay: letters, digits, `_` and `-`. One that is known goes on where it ended. */
  readonly id: string
  /** The group of the bridge in the configuration. */
  readonly bridgeGroup: string
  /** Groups that deliver to endpoints: a replay never has one of their names. */
  readonly liveGroups: readonly string[]
  /** Where a replay of this id may have been begun. */
  readonly topics: readonly string[]
  /** What the user asked for; of a replay that goes on it must not differ. */
  readonly asked: Partial<ReplayPlan>
  /** The whole plan where none was begun; a sentence that says what is missing for it. */
  readonly plan: ReplayPlan | string
}

/** A replay that can be run. */
export interface PreparedReplay extends StoredReplay {
  readonly id: string
  /** Of the consumers, without the id. */
  readonly group: string
  /** The consumers' group, `<group>.<id>`, whose offsets say how far it is. */
  readonly consumerGroup: string
  /** It was begun before. */
  readonly resumed: boolean
}

/** Or why it cannot be: a sentence about the options. */
export type Preparation =
  | { readonly kind: 'prepared'; readonly replay: PreparedReplay }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Looks at what there is; writes nothing. Rejects as {@link AdminPort} does, with CONFIG_INVALID for an id, and with
 * KAFKA_CONFIGURATION where there is no such topic.
 */
export async function prepareReplay(request: ReplayRequest, admin: ReplayAdmin): Promise<Preparation> {
  const { id, asked, plan } = request
  const group = `${request.bridgeGroup}.replay`
  const consumerGroup = groupIdOf(group, id)
  if ([consumerGroup, planGroupOf(consumerGroup)].some((name) => request.liveGroups.includes(name))) {
    return refused(`the group ${consumerGroup} is that of an endpoint: take another --id`)
  }
  for (const topic of request.topics) {
    if ((await admin.partitionCount(topic)) === undefined) continue
    const stored = await storedReplay(consumerGroup, topic, admin)
    if (stored === undefined) continue
    const differing = differences(stored.plan, asked)
    return differing.length === 0
      ? { kind: 'prepared', replay: { ...stored, id, group, consumerGroup, resumed: true } }
      : refused(`replay ${id} was begun with other options: ${differing.join('; ')}`)
  }
  if (typeof plan === 'string') return refused(plan)
  if (writePlan(plan).length > planLimit) {
    return refused(`the patterns are too long: the plan may have ${planLimit} characters`)
  }
  const { topic, partition } = plan
  const count = await admin.partitionCount(topic)
  if (count === undefined) {
    const text = `there is no topic ${topic}: create it with \`registry-relay topics apply\``
    throw new RelayError('KAFKA_CONFIGURATION', text, { facts: { topic } })
  }
  if (partition !== undefined && partition >= count) {
    return refused(`${topic} has ${count} partitions, from 0: there is no partition ${partition}`)
  }
  const spans = await spansOf(plan, admin)
  const beyond = beyondEnd(plan, spans)
  if (beyond !== undefined) return refused(beyond)
  return { kind: 'prepared', replay: { plan, spans, id, group, consumerGroup, resumed: false } }
}

/**
 * Writes where the replay begins, then its plan: one that is cut off in between was not begun. Of a replay that goes on the
 * plan is written again, so that Kafka does not forget it, and offsets that Kafka has forgotten begin again.
 */
export async function beginReplay(
  replay: PreparedReplay,
  admin: Pick<AdminPort, 'groupOffsets' | 'presetOffsets'>,
): Promise<void> {
  const { consumerGroup, plan, spans, resumed } = replay
  const known = resumed
    ? await admin.groupOffsets(consumerGroup, plan.topic)
    : new Map<number, CommittedOffset>()
  const missing = startsOf(spans, (partition) => !known.has(partition))
  if (missing.size > 0) await admin.presetOffsets(consumerGroup, plan.topic, missing)
  await storeReplay(consumerGroup, replay, admin)
}

/** Records may come there later, and they are not of this replay: its span ends where the topic ends now. */
function beyondEnd(
  { topic, partition, from: { moment } }: ReplayPlan,
  spans: OffsetSpans,
): string | undefined {
  const start = partition === undefined ? undefined : spans.get(partition)?.start
  // A start is only put forward to the first record, and back to the end.
  if (moment.kind !== 'offset' || start === undefined || moment.offset <= start) return undefined
  return `--from-offset: partition ${partition} of ${topic} ends at ${start}, before ${moment.offset}`
}

function startsOf(
  spans: OffsetSpans,
  meant: (partition: number) => boolean,
): ReadonlyMap<number, CommittedOffset> {
  return new Map(
    [...spans]
      .filter(([partition]) => meant(partition))
      .map(([partition, { start }]) => [partition, { next: start, metadata: '' }]),
  )
}

function refused(reason: string): Preparation {
  return { kind: 'refused', reason }
}
