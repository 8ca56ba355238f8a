import type { CommittedOffset, HeldPartition, TopicPartition } from '../consumer-port.ts'
import type { ConsumerGroup } from './consumer-hooks.ts'

/** One partition, from its first batch after a join of the group until it is given back. */
export class PartitionHold implements HeldPartition {
  readonly committed: CommittedOffset | undefined
  readonly #place: readonly [{ readonly topic: string; readonly partitions: readonly number[] }]
  readonly #group: ConsumerGroup
  readonly #leased: () => boolean
  #paused = false
  #over = false

  /** @param leased as recently heard by the group that it cannot have given the partition away */
  constructor(
    { topic, partition }: TopicPartition,
    committed: CommittedOffset | undefined,
    group: ConsumerGroup,
    leased: () => boolean,
  ) {
    this.committed = committed
    this.#place = [{ topic, partitions: [partition] }]
    this.#group = group
    this.#leased = leased
  }

  isHeld(): boolean {
    return !this.#over && this.#leased()
  }

  pause(): void {
    if (this.#over || this.#paused) return
    this.#paused = true
    this.#group.pause(this.#place)
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#group.resume(this.#place)
  }

  /** To kafkajs a pause belongs to the partition: one that is not taken back outlives a join, and nothing is read. */
  end(): void {
    this.#over = true
    this.resume()
  }
}
