import type { TopicStart } from './follower-port.ts'
import { SpanProgress } from './span-progress.ts'

/** Above every offset. */
const endless = 2n ** 63n - 1n

/** How far a topic has been read that goes on growing. Done only when it has partitions that nobody knew of. */
export class OpenProgress extends SpanProgress {
  readonly #partitionCount: number
  #grown = false

  constructor({ topic, partitions, partitionCount }: TopicStart) {
    const open = [...partitions].map(([partition, from]) => [partition, { from, to: endless }] as const)
    super({ topic, partitions: new Map(open) })
    this.#partitionCount = partitionCount
  }

  override get done(): boolean {
    return this.#grown
  }

  override wants(partition: number, offset: bigint): boolean {
    this.#met(partition)
    return super.wants(partition, offset)
  }

  /**
   * What was deleted unread is passed over by the client itself. A partition that ends before what was read of it is one of a
   * topic that was made anew, and without a new beginning nothing of it would be wanted until it has grown as long again.
   */
  override found(partition: number, earliest: bigint, latest: bigint): boolean {
    this.#met(partition)
    const next = this.nextOf(partition)
    if (next === undefined || latest >= next) return false
    this.restart(partition, earliest)
    return true
  }

  #met(partition: number): void {
    if (partition >= this.#partitionCount) this.#grown = true
  }
}
