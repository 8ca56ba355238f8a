import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** What is known of an id. */
export interface SeenEvent {
  readonly digest: string
  /** Settles when the copy that came first is stored, or could not be. Undefined: it is stored. */
  outcome: Promise<unknown> | undefined
  /** Monotonic milliseconds; while it has no outcome it does not expire. */
  expiresAt: number
}

/** The ids of registries have 36 characters. Of longer ones the hash is remembered, or a sender could fill the memory. */
const maxIdLength = 64

export interface DuplicateWindowOptions {
  /** Ids that are remembered; beyond it the oldest is forgotten. About 400 bytes each. 0: none, and no event is a repeat. */
  readonly maxEvents: number
  /** Milliseconds after which an id is forgotten. */
  readonly maxAgeMs: number
  readonly clock: Clock
}

/**
 * The ids of the events that were accepted last. Registries give an event one id for its life, and post it again when they
 * did not hear the answer; that is within seconds, so the window need not be long.
 */
export class DuplicateWindow {
  readonly #options: DuplicateWindowOptions
  // In the order of arrival, which is the order of expiry but for what a restart brought back.
  readonly #seen = new Map<string, SeenEvent>()
  /**
   * Stands at the oldest, and is kept: a new walk from the start would pass all that was deleted there since the map was
   * last rebuilt, with every event.
   */
  #walk: Iterator<[string, SeenEvent]> | undefined
  #oldest: [string, SeenEvent] | undefined

  constructor(options: DuplicateWindowOptions) {
    this.#options = options
  }

  get enabled(): boolean {
    return this.#options.maxEvents > 0
  }

  get size(): number {
    return this.#seen.size
  }

  find(id: string): SeenEvent | undefined {
    const seen = this.#seen.get(keyOf(id))
    if (seen === undefined || seen.outcome !== undefined) return seen
    return seen.expiresAt <= this.#options.clock.monotonic() ? undefined : seen
  }

  /**
   * Remembers an id, in the place of what was remembered of it before. `ageMs`: how long ago it was stored, where it comes
   * from before a restart.
   */
  add(id: string, digest: string, outcome: Promise<unknown> | undefined, ageMs = 0): SeenEvent {
    const { clock, maxAgeMs } = this.#options
    const now = clock.monotonic()
    const seen: SeenEvent = { digest, outcome, expiresAt: now + maxAgeMs - ageMs }
    const key = keyOf(id)
    this.#seen.delete(key)
    this.#seen.set(key, seen)
    this.#forgetOld(now)
    return seen
  }

  /** It is stored now: from here on it ages. */
  settled(seen: SeenEvent): void {
    seen.outcome = undefined
    seen.expiresAt = this.#options.clock.monotonic() + this.#options.maxAgeMs
  }

  /** Forgets `seen`, unless something newer took its place. */
  forget(id: string, seen: SeenEvent): void {
    const key = keyOf(id)
    if (this.#seen.get(key) === seen) this.#seen.delete(key)
  }

  #forgetOld(now: number): void {
    const { maxEvents } = this.#options
    while (this.#seen.size > 0) {
      this.#oldest ??= this.#next()
      if (this.#oldest === undefined) return
      const [key, seen] = this.#oldest
      const isThere = this.#seen.get(key) === seen
      if (isThere && this.#seen.size <= maxEvents) {
        if (seen.outcome !== undefined || seen.expiresAt > now) return
      }
      if (isThere) this.#seen.delete(key)
      this.#oldest = undefined
    }
  }

  #next(): [string, SeenEvent] | undefined {
    this.#walk ??= this.#seen.entries()
    const next = this.#walk.next()
    if (next.done !== true) return next.value
    // A walk that came to its end stays there. What is left was added while it did, or there is nothing.
    this.#walk = this.#seen.entries()
    const again = this.#walk.next()
    return again.done === true ? undefined : again.value
  }
}

function keyOf(id: string): string {
  return id.length <= maxIdLength ? id : hash('sha256', id, 'hex')
}
