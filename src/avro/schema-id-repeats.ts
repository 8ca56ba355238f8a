import type { Clock } from '../clock.ts'

/** How long a reason that was said is not said again. */
const quietMs = 60_000

/** Texts with numbers in them must not fill the memory. */
const maxRemembered = 50

/**
 * Lets each reason into the log at once and then once a minute: a registry that is down fails every few seconds, and what is
 * to be read is that it is another thing now, or still the same.
 */
export class SchemaIdRepeats {
  readonly #clock: Clock
  readonly #remembered = new Map<string, { until: number; heldBack: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How often `reason` was held back since it was last let through; undefined: hold this one back too. */
  pass(reason: string): number | undefined {
    const now = this.#clock.monotonic()
    const before = this.#remembered.get(reason)
    if (before !== undefined && now < before.until) {
      before.heldBack += 1
      return undefined
    }
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.set(reason, { until: now + quietMs, heldBack: 0 })
    return before?.heldBack ?? 0
  }

  /** It is over: whatever comes next is news. */
  forget(): void {
    this.#remembered.clear()
  }
}
