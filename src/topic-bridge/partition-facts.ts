import type { CommittedOffset } from '../kafka/consumer-port.ts'
import { completedOffsets } from './completion-map.ts'
import type { RecordHistory } from './record-history.ts'

/** What a bridge knows of a partition when it gives it back. */
export interface PartitionFacts {
  /** Every record below has its outcome. */
  readonly low: bigint
  /** Those above that have theirs too. */
  readonly done: ReadonlySet<bigint>
  /** What the group may remember if nobody else had the partition since: the last commit that it confirmed, and the last that was sent. */
  readonly commits: readonly CommittedOffset[]
  /** What happened to records without outcome. */
  readonly histories: ReadonlyMap<bigint, RecordHistory>
}

/** Where the work on a partition begins. */
export type PartitionStart = Omit<PartitionFacts, 'commits'>

/**
 * Puts together what the group remembers and what this bridge knows from when it last had the partition: facts stay facts,
 * also when the last commit did not arrive.
 *
 * They are believed only where the group remembers a commit of this bridge. Otherwise somebody else had the partition, whose
 * own facts it remembers then; or it was set back, to have the events again; or the topic was made anew, and what was
 * delivered of the old one says nothing about the new one. A repeat does less harm than a gap.
 *
 * @param first offset of the first batch
 */
export function partitionStart(
  committed: CommittedOffset | undefined,
  first: bigint,
  facts: PartitionFacts | undefined,
): PartitionStart {
  if (committed === undefined) return { low: first, done: new Set(), histories: new Map() }
  const { next, metadata } = committed
  const done = new Set(completedOffsets(next, metadata))
  const ours = facts?.commits.some((commit) => commit.next === next && commit.metadata === metadata)
  if (facts === undefined || ours !== true) return { low: next, done, histories: new Map() }
  for (const offset of facts.done) done.add(offset)
  // Nothing is taken back: what was committed is not above what is known.
  return { low: facts.low, done, histories: facts.histories }
}
