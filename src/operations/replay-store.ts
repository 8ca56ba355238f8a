import type { AdminPort } from '../kafka/admin-port.ts'
import type { CommittedOffset } from '../kafka/consumer-port.ts'
import { type ReplayPlan, readPlan, writePlan } from './replay-plan.ts'
import type { OffsetSpan, OffsetSpans } from './replay-spans.ts'

/** A replay as it was begun. */
export interface StoredReplay {
  readonly plan: ReplayPlan
  readonly spans: OffsetSpans
}

type Groups = Pick<AdminPort, 'groupOffsets' | 'presetOffsets'>

/** The group that a replay with this group of consumers keeps its plan in. No id of a replay has a dot, so none meets it. */
export function planGroupOf(group: string): string {
  return `${group}.plan`
}

/**
 * Keeps plan and spans in Kafka, where the offsets of the replay are: in a group that nobody joins, since the bridge writes
 * what it needs beside its own. Offsets are the ends; beside each stands where its partition began, and beside the lowest
 * partition the plan.
 */
export async function storeReplay(group: string, replay: StoredReplay, admin: Groups): Promise<void> {
  const lowest = Math.min(...replay.spans.keys())
  const offsets = new Map(
    [...replay.spans].map(([partition, { start, end }]): [number, CommittedOffset] => [
      partition,
      { next: end, metadata: `${start}${partition === lowest ? ` ${writePlan(replay.plan)}` : ''}` },
    ]),
  )
  await admin.presetOffsets(planGroupOf(group), replay.plan.topic, offsets)
}

/** @returns undefined: there is none, or it was forgotten, or an incompatible version wrote it */
export async function storedReplay(
  group: string,
  topic: string,
  admin: Groups,
): Promise<StoredReplay | undefined> {
  const offsets = await admin.groupOffsets(planGroupOf(group), topic)
  const spans = new Map<number, OffsetSpan>()
  let plan: ReplayPlan | undefined
  for (const [partition, { next, metadata }] of [...offsets].toSorted(([a], [b]) => a - b)) {
    const [, start, json] = /^(\d+)(?: (.*))?$/s.exec(metadata) ?? []
    if (start === undefined) return undefined
    spans.set(partition, { start: BigInt(start), end: next })
    if (json !== undefined) plan = readPlan(json)
  }
  return plan === undefined ? undefined : { plan, spans }
}
