import type { Fate } from './fate.ts'
import type { Kill } from './operation.ts'

export interface DuplicateContext {
  readonly fates: readonly Fate[]
  readonly kills: readonly Kill[]
  /** Requests that can be in flight at once: the order of acks says where an event is in the spool only up to so many. */
  readonly inFlight: number
}

/**
 * How many copies beside the first the kills account for.
 *
 * A kill can double an event in two ways. Its answer was lost, so that it was posted again to a process that may not
 * know it: it was *pending*. Or it was in the spool with the cursor not past it, so that the next process sent it
 * again: it was among the last `unacked` of those appended, and appending goes in the order of acks.
 */
export class DuplicateBudget {
  readonly #kills: readonly Kill[]
  /** Of all acknowledged events, ascending. */
  readonly #ackedAt: readonly number[]
  readonly #inFlight: number
  /** Over all kills: events pending, and records in the spool that had to be sent again. */
  readonly total: number

  constructor({ fates, kills, inFlight }: DuplicateContext) {
    this.#kills = kills
    this.#inFlight = inFlight
    const possible = fates.filter(({ onlyFailed }) => !onlyFailed)
    this.#ackedAt = ascending(possible.map(({ ackedAt }) => ackedAt))
    const invokedAt = ascending(possible.map(({ firstInvokedAt }) => firstInvokedAt))
    const settledAt = ascending(possible.map((fate) => fate.settledAt))
    this.total = kills.reduce(
      (sum, { at, unacked }) => sum + countUpTo(invokedAt, at) - countUpTo(settledAt, at) + unacked,
      0,
    )
  }

  /** The kills that may have doubled this event. */
  killsThatDouble({ firstInvokedAt, settledAt }: Fate): number {
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
