/** What something takes of the budget. */
export interface Cost {
  readonly bytes: number
  readonly records: number
}

/** One record as the budget sees it. */
export interface Claim {
  readonly bytes: number
  /** Where it is bound for, or {@link unrouted}; changed only through the budget once it was asked for room. */
  partition: number
}

/** The partition of a record while nobody knows how many partitions there are. */
export const unrouted = -1

/** What there is not enough of: the whole, or what a partition may have of it. */
export type Lack =
  | { readonly of: 'budget' }
  | { readonly of: 'partition'; readonly partition: number; readonly records: number }

interface Waiter<C extends Claim> {
  readonly claims: readonly C[]
  readonly cost: Cost
  partitions: readonly number[]
  readonly admitted: () => void
}

interface Held {
  bytes: number
  records: number
}

/**
 * How much may wait for Kafka at once, and how much of it for one partition: a partition that already holds more than what
 * is still free gets no more. One that takes nothing thus comes to a half of the budget, two that fill up together to a
 * third each (one after the other: to a half and a quarter), and so on: something stays free for those that are alive,
 * and nobody has to know which are dead.
 *
 * First come, first served among the writes of a partition, because two may have a key in common: a small write does not
 * overtake a large one that waits. Writes that share no partition do overtake each other, or one dead partition would
 * stop the line.
 *
 * A write that does not fit goes over the limit when nothing of its partitions is there and nobody else is over it: it
 * would else wait for the dead ones, or for ever. So at most one write is held beyond the limit.
 */
export class Budget<C extends Claim = Claim> {
  readonly #limit: Cost
  readonly #waiters = new Set<Waiter<C>>()
  /** Writes in line by partition. */
  #inLine = new Map<number, number>()
  /** By partition; none that holds nothing. */
  readonly #held = new Map<number, Held>()
  #partitions = 0
  #bytes = 0
  #records = 0

  constructor(limit: Cost) {
    this.#limit = limit
  }

  get used(): Cost {
    return { bytes: this.#bytes, records: this.#records }
  }

  /** Writes that wait for room. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Takes room for all of `claims` if there is; else what it lacks. */
  tryTake(claims: readonly C[]): Lack | undefined {
    const lack = this.lackFor(claims)
    if (lack === undefined) this.#take(claims)
    return lack
  }

  /** What there is not enough of for `claims`; undefined: there is room. */
  lackFor(claims: readonly Claim[]): Lack | undefined {
    const partitions = partitionsOf(claims)
    const lack = this.#lack(partitions, costOf(claims))
    if (lack !== undefined) return lack
    // What comes later of a partition waits behind what came earlier, whatever that waits for.
    const queued = this.#waiters.size === 0 ? undefined : partitions.find((one) => this.#inLine.has(one))
    return queued === undefined ? undefined : this.#lackOf(queued)
  }

  /** Calls `admitted` when room for `claims` has been taken. The returned function withdraws the request. */
  takeWhenFree(claims: readonly C[], admitted: () => void): () => void {
    const waiter: Waiter<C> = { claims, cost: costOf(claims), partitions: partitionsOf(claims), admitted }
    this.#waiters.add(waiter)
    this.#line(waiter, 1)
    return () => {
      if (!this.#leave(waiter)) return
      // The next in line may be smaller than the one that left.
      this.#admit()
    }
  }

  release(claims: readonly C[]): void {
    for (const { partition, bytes } of claims) this.#add(partition, -bytes, -1)
    this.#admit()
  }

  /** A record that has its room turns out to be bound for `partition`. */
  move(claim: C, partition: number): void {
    if (claim.partition === partition) return
    this.#add(claim.partition, -claim.bytes, -1)
    claim.partition = partition
    this.#add(partition, claim.bytes, 1)
  }

  /** From now on records go where `place` says, to one of so many partitions: those in line, in their order. */
  reroute(partitions: number, place: (claim: C) => number): void {
    this.#partitions = partitions
    this.#inLine = new Map()
    for (const waiter of this.#waiters) {
      for (const claim of waiter.claims) claim.partition = place(claim)
      waiter.partitions = partitionsOf(waiter.claims)
      this.#line(waiter, 1)
    }
    this.#admit()
  }

  #admit(): void {
    if (this.#waiters.size === 0) return
    const blocked = new Set<number>()
    for (const waiter of this.#waiters) {
      const { partitions, cost } = waiter
      if (
        partitions.some((partition) => blocked.has(partition)) ||
        this.#lack(partitions, cost) !== undefined
      ) {
        for (const partition of partitions) blocked.add(partition)
        if (blocked.size === this.#inLine.size) return
        continue
      }
      this.#leave(waiter)
      this.#take(waiter.claims)
      waiter.admitted()
    }
  }

  #leave(waiter: Waiter<C>): boolean {
    if (!this.#waiters.delete(waiter)) return false
    this.#line(waiter, -1)
    return true
  }

  #line({ partitions }: Waiter<C>, change: 1 | -1): void {
    for (const partition of partitions) {
      const writes = (this.#inLine.get(partition) ?? 0) + change
      if (writes === 0) this.#inLine.delete(partition)
      else this.#inLine.set(partition, writes)
    }
  }

  #take(claims: readonly C[]): void {
    for (const { partition, bytes } of claims) this.#add(partition, bytes, 1)
  }

  #add(partition: number, bytes: number, records: number): void {
    this.#bytes += bytes
    this.#records += records
    const held = this.#held.get(partition)
    if (held === undefined) this.#held.set(partition, { bytes, records })
    else if (held.records + records === 0) this.#held.delete(partition)
    else {
      held.bytes += bytes
      held.records += records
    }
  }

  #lack(partitions: readonly number[], cost: Cost): Lack | undefined {
    const bytes = this.#limit.bytes - this.#bytes
    const records = this.#limit.records - this.#records
    if (cost.bytes > bytes || cost.records > records) {
      const first = bytes >= 0 && records >= 0 && !partitions.some((partition) => this.#held.has(partition))
      if (!first) return { of: 'budget' }
    }
    for (const partition of this.#shared(partitions)) {
      const held = this.#held.get(partition)
      if (held !== undefined && (held.bytes > bytes || held.records > records)) {
        return this.#lackOf(partition)
      }
    }
    return undefined
  }

  #lackOf(partition: number): Lack {
    return { of: 'partition', partition, records: this.#held.get(partition)?.records ?? 0 }
  }

  /** Those that have to leave something to others: there are none while all wait for the same. */
  #shared(partitions: readonly number[]): readonly number[] {
    return this.#partitions > 1 && partitions[0] !== unrouted ? partitions : []
  }
}

function costOf(claims: readonly Claim[]): Cost {
  let bytes = 0
  for (const claim of claims) bytes += claim.bytes
  return { bytes, records: claims.length }
}

function partitionsOf(claims: readonly Claim[]): readonly number[] {
  const [only] = claims
  if (claims.length === 1 && only !== undefined) return [only.partition]
  return [...new Set(claims.map(({ partition }) => partition))]
}
