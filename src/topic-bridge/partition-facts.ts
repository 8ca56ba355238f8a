import type { CommittedOffset } from '../kafka/consumer-port.ts'
import { completedOffsets } from './completion-map.ts'
import type { RecordHistory } from './record-history.ts'

/** What a bridge knows of a partition when it gives it back. */
export interface PartitionFacts {
  /** Every record below has its outcome. */
  readonly low: bigint
  /** Those above that have theirs too. */
  readonly done: ReadonlySet<bigint>
  /** The highest offset that the group has confirmed; undefined: none. */
  readonly confirmed: bigint | undefined
  /** What happened to records without outcome. */
  readonly histories: ReadonlyMap<bigint, RecordHistory>
}

/** Where the work on a partition begins. */
export type PartitionStart = Omit<PartitionFacts, 'confirmed'>

/**
 * Puts together what the group remembers and what this bridge knows from when it last had the partition: facts stay facts,
 * also when the last commit did not arrive.
 *
 * They are forgotten where the group begins before what it had confirmed: somebody set it back, to have the events again, or
 * the topic was made anew, and what was delivered of the old one says nothing about the new one. A bridge that knows of no
 * confirmed commit cannot tell, and forgets too: a repeat does less harm than a gap.
 *
 * @param first offset of the first batch
 */
export function partitionStart(
  committed: CommittedOffset | undefined,
  first: bigint,
  facts: PartitionFacts | undefined,
): PartitionStart {
  const begin = committed?.next ?? first
  const done = new Set(committed === undefined ? [] : completedOffsets(committed.next, committed.metadata))
  // A topic that was made anew begins at 0, which is not below a confirmed 0.
  const anew = committed === undefined && begin === 0n
  if (facts?.confirmed === undefined || begin < facts.confirmed || anew) {
    return { low: begin, done, histories: new Map() }
  }
  for (const offset of facts.done) done.add(offset)
  const ahead = facts.low > begin
  return { low: ahead ? facts.low : begin, done, histories: facts.histories }
}
