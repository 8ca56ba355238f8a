import { RelayError } from '../../errors.ts'
import { rootCause } from '../classify.ts'
import type { CommittedOffset, PartitionCommit, TopicPartition } from '../consumer-port.ts'
import type { ConsumerGroup } from './consumer-hooks.ts'

/** Partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>

/** Tells partitions apart; no topic has a slash in its name. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** What the group remembers, by {@link partitionName}. One request; rejects as the client does. */
export async function committedOffsets(
  group: ConsumerGroup,
  assignment: Assignment,
): Promise<ReadonlyMap<string, CommittedOffset>> {
  const { coordinator, groupId } = group
  const topics = Object.entries(assignment).map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map((partition) => ({ partition })),
  }))
  const found = new Map<string, CommittedOffset>()
  if (topics.length === 0 || coordinator === null) return found
  const { responses } = await coordinator.offsetFetch({ groupId, topics })
  for (const { topic, partitions } of responses) {
    for (const { partition, offset, metadata } of partitions) {
      const next = BigInt(offset)
      // -1: nothing was committed. -2 is what kafkajs commits for "from the beginning".
      if (next >= 0n) found.set(partitionName({ topic, partition }), { next, metadata: metadata ?? '' })
    }
  }
  return found
}

/**
 * Writes all of it by one request, under the generation that `group` has now. By kafkajs's offset manager, because its
 * consumer resolves without a commit once it is being stopped, and tries again under the generation of then.
 * @throws COMMIT_METADATA_TOO_LARGE, or KAFKA_UNAVAILABLE with the client's error as its cause
 */
export async function commitOffsets(
  group: ConsumerGroup,
  offsets: readonly PartitionCommit[],
): Promise<void> {
  const topics = byTopic(offsets, ({ partition, next, metadata }) => ({
    partition,
    offset: String(next),
    metadata,
  }))
  try {
    await group.offsetManager?.commitOffsets({ topics })
  } catch (thrown) {
    const root = rootCause(thrown)
    const { type } = root as { readonly type?: unknown }
    const code = type === 'OFFSET_METADATA_TOO_LARGE' ? 'COMMIT_METADATA_TOO_LARGE' : 'KAFKA_UNAVAILABLE'
    throw new RelayError(code, `group ${group.groupId} took no commit: ${root.message}`, { cause: thrown })
  }
}

/** Where the partitions end; those that the client knows nothing of are left out. Rejects as the client does. */
export async function endOffsets(
  group: ConsumerGroup,
  partitions: readonly TopicPartition[],
): Promise<readonly (TopicPartition & { readonly end: bigint })[]> {
  const topics = byTopic(partitions, ({ partition }) => ({ partition }))
  const found = await group.cluster.fetchTopicsOffset(
    topics.map((asked) => ({ ...asked, fromBeginning: false })),
  )
  return found.flatMap(({ topic, partitions: ends }) =>
    ends
      .map(({ partition, offset }) => ({ topic, partition, end: BigInt(offset) }))
      .filter(({ end }) => end >= 0n),
  )
}

/** The earliest record of a partition. Rejects as the client does, also when it does not know the partition. */
export async function earliestOffset(group: ConsumerGroup, place: TopicPartition): Promise<bigint> {
  const { topic, partition } = place
  const [found] = await group.cluster.fetchTopicsOffset([
    { topic, partitions: [{ partition }], fromBeginning: true },
  ])
  const offset = found?.partitions[0]?.offset
  if (offset === undefined) throw new Error(`nobody leads partition ${partitionName(place)}`)
  return BigInt(offset)
}

function byTopic<Given extends TopicPartition, Asked>(
  all: readonly Given[],
  ask: (one: Given) => Asked,
): { readonly topic: string; readonly partitions: readonly Asked[] }[] {
  const topics = new Map<string, Asked[]>()
  for (const one of all) {
    const asked = topics.get(one.topic)
    if (asked === undefined) topics.set(one.topic, [ask(one)])
    else asked.push(ask(one))
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
