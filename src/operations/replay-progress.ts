import type { AdminPort } from '../kafka/admin-port.ts'
import type { PreparedReplay } from './replay-prepare.ts'
import { sizeOf } from './replay-spans.ts'

type Looks = Pick<AdminPort, 'groupOffsets' | 'earliestOffsets'>

/** Retention works slowly, and what it took is only worth asking for where a partition does not move. */
const looksUntilEarliest = 20

/**
 * How far the group of a replay is. A partition is through when the group remembers the end of its span, or when the topic
 * begins behind it: then nothing is left to deliver, and the group may never get there.
 */
export class ReplayProgress {
  readonly #replay: PreparedReplay
  readonly #admin: Looks
  /** For each partition: everything below needs no more work. */
  readonly #reached = new Map<number, bigint>()
  readonly #lost = new Map<number, bigint>()
  #looks = 0
  readonly total: bigint

  constructor(replay: PreparedReplay, admin: Looks) {
    this.#replay = replay
    this.#admin = admin
    this.total = sizeOf(replay.spans)
    for (const [partition, { start }] of replay.spans) this.#reached.set(partition, start)
  }

  /** Rejects as {@link AdminPort} does. */
  async look(): Promise<void> {
    const { spans, consumerGroup, plan } = this.#replay
    const offsets = await this.#admin.groupOffsets(consumerGroup, plan.topic)
    for (const [partition, { end }] of spans) {
      this.#reach(partition, offsets.get(partition)?.next ?? 0n, end)
    }
    if (this.complete || this.#looks++ % looksUntilEarliest !== 0) return
    const earliest = await this.#admin.earliestOffsets(plan.topic)
    for (const [partition, { end }] of spans) {
      const reached = this.#reached.get(partition) ?? end
      const first = earliest.get(partition) ?? 0n
      if (reached >= end || first < end) continue
      if (!this.#lost.has(partition)) this.#lost.set(partition, end - reached)
      this.#reach(partition, end, end)
    }
  }

  /** Records of a partition, up to `to`, are gone before they were delivered. */
  gone(partition: number, from: bigint, to: bigint): void {
    const end = this.#replay.spans.get(partition)?.end ?? from
    const count = (to < end ? to : end) - from
    if (count > 0n) this.#lost.set(partition, (this.#lost.get(partition) ?? 0n) + count)
  }

  get done(): bigint {
    let done = 0n
    for (const [partition, { start }] of this.#replay.spans) {
      done += (this.#reached.get(partition) ?? start) - start
    }
    return done
  }

  get complete(): boolean {
    return this.done === this.total
  }

  /** Offsets that the topic had lost before they were delivered. */
  get lost(): bigint {
    return [...this.#lost.values()].reduce((sum, count) => sum + count, 0n)
  }

  #reach(partition: number, offset: bigint, end: bigint): void {
    const before = this.#reached.get(partition) ?? 0n
    if (offset > before) this.#reached.set(partition, offset < end ? offset : end)
  }
}
