import type { AdminPort } from '../kafka/admin-port.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { ReplayPlan } from './replay-plan.ts'

/** Of one partition: from `start` on, below `end`. Nothing where both are the same. */
export interface OffsetSpan {
  readonly start: bigint
  readonly end: bigint
}

/** By partition, ascending. */
export type OffsetSpans = ReadonlyMap<number, OffsetSpan>

type Offsets = Pick<AdminPort, 'earliestOffsets' | 'latestOffsets' | 'offsetsAt'>

/**
 * What has to be read for a plan, as the topic is now; what comes later is not of it.
 *
 * Records lie about in order of their time, not quite: a gateway that was cut off from Kafka for an hour writes then what it
 * received before. So an end by time is no offset: all is read up to where the topic ends now, and {@link recordFilter}
 * leaves out what was received later. No record before the first one at or after `from` is in the span, however.
 */
export async function spansOf(
  plan: Pick<ReplayPlan, 'topic' | 'from' | 'to' | 'partition'>,
  admin: Offsets,
): Promise<OffsetSpans> {
  const { topic, from, to, partition: only } = plan
  const [earliest, latest] = await Promise.all([admin.earliestOffsets(topic), admin.latestOffsets(topic)])
  const starts = from.moment.kind === 'time' ? await admin.offsetsAt(topic, from.moment.ms) : undefined
  const spans = new Map<number, OffsetSpan>()
  for (const [partition, last] of [...latest].toSorted(([a], [b]) => a - b)) {
    const first = earliest.get(partition) ?? last
    const asked = {
      start: starts?.get(partition) ?? edge(from.moment, first, last),
      end: to.moment.kind === 'time' ? last : edge(to.moment, first, last),
    }
    const start = clamp(asked.start, first, last)
    const end = only === undefined || only === partition ? clamp(asked.end, start, last) : start
    spans.set(partition, { start, end })
  }
  return spans
}

/**
 * Which records are meant: those of partitions that there were at the first start, whose event was received at `from` or later
 * and before `to`.
 */
export function recordFilter(
  { from, to }: ReplayPlan,
  spans: OffsetSpans,
): (record: ConsumedRecord) => boolean {
  const first = from.moment.kind === 'time' ? from.moment.ms : Number.NEGATIVE_INFINITY
  const end = to.moment.kind === 'time' ? to.moment.ms : Number.POSITIVE_INFINITY
  return ({ partition, timestamp }) => spans.has(partition) && timestamp >= first && timestamp < end
}

/** Offsets of all spans together. */
export function sizeOf(spans: OffsetSpans): bigint {
  return [...spans.values()].reduce((sum, { start, end }) => sum + end - start, 0n)
}

function edge(moment: ReplayPlan['from']['moment'], first: bigint, last: bigint): bigint {
  if (moment.kind === 'offset') return moment.offset
  return moment.kind === 'earliest' ? first : last
}

function clamp(offset: bigint, lowest: bigint, highest: bigint): bigint {
  if (offset < lowest) return lowest
  return offset > highest ? highest : offset
}
