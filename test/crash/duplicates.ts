import type { Fate } from './fate.ts'
import type { Kill, Rebuild } from './operation.ts'

export interface DuplicateContext {
  readonly fates: readonly Fate[]
  readonly kills: readonly Kill[]
  readonly rebuilds: readonly Rebuild[]
  /** Requests that can be in flight at once: the order of acks says where an event is in the spool only up to so many. */
  readonly inFlight: number
}

/**
 * How many copies beside the first are accounted for by kills of the gateway and by producers that had to be replaced.
 *
 * A kill can double an event in two ways. Its answer was lost, so that it was posted again to a process that may not
 * know it: it was *pending*. Or it was in the spool with the cursor not past it, so that the next process sent it
 * again: it was among the last `unacked` of those appended, and appending goes in the order of acks.
 *
 * A replaced producer can double what was under way to Kafka: its successor has another id, and the broker takes what
 * it has already for something new. Nothing else can: a repeat of the sender is recognised by the id of the event, one of
 * the producer by its sequence number.
 */
export class DuplicateBudget {
  readonly #kills: readonly Kill[]
  readonly #rebuilds: readonly Rebuild[]
  /** Of all acknowledged events, ascending. */
  readonly #ackedAt: readonly number[]
  readonly #inFlight: number
  /** Over all kills: events pending, and records in the spool that had to be sent again. Over all rebuilds: events under way. */
  readonly total: number

  constructor({ fates, kills, rebuilds, inFlight }: DuplicateContext) {
    this.#kills = kills
    this.#rebuilds = rebuilds
    this.#inFlight = inFlight
    const possible = fates.filter(({ onlyFailed }) => !onlyFailed)
    this.#ackedAt = ascending(possible.map(({ ackedAt }) => ackedAt))
    const invokedAt = ascending(possible.map(({ firstInvokedAt }) => firstInvokedAt))
    const settledAt = ascending(possible.map((fate) => fate.settledAt))
    const byKills = kills.reduce(
      (sum, { at, unacked }) => sum + countUpTo(invokedAt, at) - countUpTo(settledAt, at) + unacked,
      0,
    )
    this.total = rebuilds.reduce((sum, { ids }) => sum + ids.size, byKills)
  }

  /** Copies of this event beside the first that are accounted for. */
  copiesOf(fate: Fate): number {
    return this.#killsThatDouble(fate) + this.#rebuilds.filter(({ ids }) => ids.has(fate.event.id)).length
  }

  /** The kills that may have doubled this event. */
  #killsThatDouble({ firstInvokedAt, settledAt }: Fate): number {
    return this.#kills.filter(({ at, unacked }) => {
      if (firstInvokedAt > at) return false
      if (settledAt === undefined || settledAt > at) return true
      if (unacked === 0) return false
      const ackedAfterIt = countUpTo(this.#ackedAt, at) - countUpTo(this.#ackedAt, settledAt)
      return ackedAfterIt < unacked + this.#inFlight
    }).length
  }
}

function ascending(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
}

/** How many of the ascending `values` are at most `limit`. */
function countUpTo(values: readonly number[], limit: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) <= limit) low = middle + 1
    else high = middle
  }
  return low
}
