import { RelayError } from '../../errors.ts'
import { rootCause } from '../classify.ts'
import type { CommittedOffset, PartitionCommit, TopicPartition } from '../consumer-port.ts'
import { PartitionHold } from './consumer-hold.ts'
import type { ConsumerGroup } from './consumer-hooks.ts'
import { type Assignment, commitOffsets, partitionName } from './consumer-offsets.ts'

/** What a member has of its group from one join to the next: its partitions, and the right to commit for them. */
export class Tenure {
  readonly assignment: Assignment
  readonly #group: ConsumerGroup
  readonly #leased: () => boolean
  #committed = new Map<string, CommittedOffset>()
  readonly #holds = new Map<string, PartitionHold>()
  readonly #commits = new Set<Promise<void>>()
  #sealed = false
  #over = false

  /** @param leased see {@link PartitionHold} */
  constructor(group: ConsumerGroup, assignment: Assignment, leased: () => boolean) {
    this.#group = group
    this.assignment = assignment
    this.#leased = leased
  }

  /** The group was joined anew or left, or has thrown the member out. */
  get over(): boolean {
    return this.#over
  }

  /** Nothing is committed any more: another join, or the leave, comes next. */
  get sealed(): boolean {
    return this.#sealed
  }

  /** By partition name: what the group remembered at the join. */
  remember(committed: ReadonlyMap<string, CommittedOffset>): void {
    this.#committed = new Map(committed)
  }

  /** The same one until the partition is dropped. */
  hold(place: TopicPartition): PartitionHold {
    const name = partitionName(place)
    let hold = this.#holds.get(name)
    if (hold === undefined) {
      hold = new PartitionHold(place, this.#committed.get(name), this.#group, this.#leased)
      this.#holds.set(name, hold)
    }
    return hold
  }

  /**
   * The partition begins anew: whoever still works on it holds it no more, and can commit nothing.
   * @returns what was committed last, as far as it is known
   */
  drop(place: TopicPartition): CommittedOffset | undefined {
    const name = partitionName(place)
    const committed = this.#committed.get(name)
    this.#holds.get(name)?.end()
    this.#holds.delete(name)
    this.#committed.delete(name)
    return committed
  }

  /**
   * Commits for the partitions that are held. The broker takes commits for any partition from any member: one for a
   * partition that is somebody else's by now, or that was begun anew, would set it back.
   * @throws COMMIT_METADATA_TOO_LARGE, or KAFKA_UNAVAILABLE also when some partitions are not held
   */
  async commit(offsets: readonly PartitionCommit[]): Promise<void> {
    const held = this.#sealed ? [] : offsets.filter((one) => this.#holds.has(partitionName(one)))
    if (held.length > 0) await this.#write(held)
    if (held.length < offsets.length) throw notHeld(this.#group.groupId)
  }

  async #write(offsets: readonly PartitionCommit[]): Promise<void> {
    const written = commitOffsets(this.#group, offsets)
    this.#commits.add(written)
    try {
      await written
      for (const one of offsets) {
        const name = partitionName(one)
        // Not of a partition that was dropped while the answer was awaited.
        if (this.#holds.has(name)) this.#committed.set(name, one)
      }
    } finally {
      this.#commits.delete(written)
    }
  }

  /** No commit from now on. Resolves when none is open; never rejects. */
  async seal(): Promise<void> {
    this.#sealed = true
    await Promise.allSettled(this.#commits)
  }

  /** Nothing is held any more. */
  end(): void {
    this.#sealed = true
    this.#over = true
    for (const hold of this.#holds.values()) hold.end()
  }
}

/** Of a commit for partitions that the member does not have any more, or does not have yet. */
export function notHeld(groupId: string): RelayError {
  return new RelayError('KAFKA_UNAVAILABLE', `the partition is not held any more in group ${groupId}`)
}

/** Of a question that needs the group's connections, asked by nobody or answered by nobody. */
export function notReached(groupId: string, cause?: unknown): RelayError {
  const why = cause === undefined ? 'not connected' : rootCause(cause).message
  return new RelayError('KAFKA_UNAVAILABLE', `group ${groupId} cannot tell where partitions end: ${why}`, {
    cause,
  })
}
