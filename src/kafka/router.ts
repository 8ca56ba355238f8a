import { unrouted } from './accumulator/budget.ts'
import { type Entry, EntryList } from './accumulator/entry.ts'
import { partitionOf } from './routing.ts'

export interface RouterOptions {
  /** Hands an entry to its partition. */
  readonly deliver: (partition: number, entry: Entry) => void
  /** True when no record of the present layout is unconfirmed. */
  readonly drained: () => boolean
  /** From now on this many partitions. */
  readonly onLayout: (partitionCount: number) => void
  /** What {@link Router.place} says may be another partition than before. */
  readonly onPlaces: () => void
}

/**
 * Gives every entry its partition, which takes knowing how many there are. While that is unknown, entries wait here in order.
 *
 * When the count changes, most keys change their partition. A key must not be on its way to both at once: the old
 * one might be retrying while the new one is quick, and the newer record would get the lower time of arrival. So
 * new entries wait here until everything of the old layout is confirmed.
 */
export class Router {
  readonly #options: RouterOptions
  readonly #backlog = new EntryList()
  #count: number | undefined
  #next: number | undefined

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /** Partitions in use; undefined before the first answer of Kafka. */
  get partitionCount(): number | undefined {
    return this.#count
  }

  /** The count that is waited for, while a change is under way. */
  get nextCount(): number | undefined {
    return this.#next
  }

  /** Where a record with this key goes now; {@link unrouted} if it has to wait here first. */
  place(key: Buffer): number {
    // Behind the backlog also while it is being handed out: delivering may make room for a write that waited.
    if (this.#count === undefined || this.#next !== undefined || this.#backlog.size > 0) return unrouted
    return partitionOf(key, this.#count)
  }

  /** An entry that {@link place} has given its partition. */
  add(entry: Entry): void {
    if (entry.partition === unrouted) this.#backlog.push(entry)
    else this.#options.deliver(entry.partition, entry)
  }

  /** What Kafka says about the number of partitions; true if that is a change of a count already in use. */
  told(count: number): boolean {
    if (count === this.#count) {
      // Changed back before the old layout had drained: nothing to wait for any more.
      if (this.#next === undefined) return false
      this.#next = undefined
      this.#flush()
      return false
    }
    if (count === this.#next) return false
    const inUse = this.#count !== undefined
    this.#next = count
    this.#options.onPlaces()
    this.settled()
    return inUse
  }

  /** Something was confirmed or withdrawn: a change that waits may be possible now. */
  settled(): void {
    if (this.#next === undefined || !this.#options.drained()) return
    this.#count = this.#next
    this.#next = undefined
    this.#options.onLayout(this.#count)
    this.#flush()
  }

  #flush(): void {
    if (this.#count === undefined) return
    const count = this.#count
    for (let entry = this.#backlog.shift(); entry !== undefined; entry = this.#backlog.shift()) {
      this.#options.deliver(partitionOf(entry.record.key, count), entry)
    }
    this.#options.onPlaces()
  }
}
