import type { Cancel } from '../clock.ts'

/**
 * Ends all running handler calls of a bridge together.
 *
 * kafkajs joins a group again only after every handler has returned. Were each to find out by its own
 * heartbeat, one that waits for a dead endpoint would hold up the rebalance, and after the rebalance time-out
 * the whole group. So the first refusal ends the round for all. The next round begins when the last handler
 * of this one has left; a batch that was queued behind it is then let in and, should the group still
 * rebalance, refused by its first heartbeat.
 */
export class Round {
  readonly #inside = new Set<() => void>()
  #ended = false
  #closed = false
  #reason: unknown

  get ended(): boolean {
    return this.#ended || this.#closed
  }

  /** What the group refused with; undefined when the round goes on or was ended by {@link close}. */
  get reason(): unknown {
    return this.#reason
  }

  /**
   * A handler comes in; `onEnd` is called once when the round ends. @returns to be called when the handler
   * leaves
   */
  enter(onEnd: () => void): Cancel {
    const member = (): void => onEnd()
    this.#inside.add(member)
    return () => {
      this.#inside.delete(member)
      if (this.#inside.size > 0) return
      this.#ended = false
      this.#reason = undefined
    }
  }

  /** The first reason counts. */
  end(reason: unknown): void {
    if (this.ended) return
    this.#ended = true
    this.#reason = reason
    for (const member of this.#inside) member()
  }

  /** Ends this round and every later one. */
  close(): void {
    if (this.#closed) return
    const told = this.#ended
    this.#closed = true
    if (!told) for (const member of this.#inside) member()
  }
}
