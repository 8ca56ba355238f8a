import type { Remembered } from './topics.ts'

interface Commit {
  /** Offset and metadata: what is done above the offset may stand there. */
  readonly said: string
  /** Deliveries at the last look before it was seen: it cannot be older. */
  readonly after: number
}

/** What the commits of a group can know of the deliveries, as seen from outside. */
export class CommitWatch {
  readonly #last = new Map<number, Commit>()
  #delivered = 0

  /** @param delivered when `remembered` was asked for */
  look(delivered: number, remembered: readonly Remembered[]): void {
    for (const { partition, offset, metadata } of remembered) {
      const said = offset < 0 ? '' : `${offset} ${metadata}`
      if (this.#last.get(partition)?.said === said) continue
      this.#last.set(partition, { said, after: said === '' ? 0 : this.#delivered })
    }
    this.#delivered = delivered
  }

  /** Of so many deliveries: how many came after the commit of the partition that committed longest ago. */
  sinceCommit(delivered: number): number {
    return delivered - Math.min(delivered, ...[...this.#last.values()].map(({ after }) => after))
  }
}
