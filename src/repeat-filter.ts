import type { Clock } from './clock.ts'

/** Sentences remembered; texts with numbers in them must not fill the memory. */
const maxRemembered = 200

/** Lets the same sentence into the log once in a while: a server that is down fails ten attempts a second. */
export class RepeatFilter {
  readonly #clock: Clock
  readonly #quietMs: number
  readonly #remembered = new Map<string, { until: number; repeated: number }>()

  /** `quietMs`: how long a sentence that was said is not said again. */
  constructor(clock: Clock, quietMs = 10_000) {
    this.#clock = clock
    this.#quietMs = quietMs
  }

  /** How often `sentence` was held back since it was last let through; undefined: hold this one back too. */
  pass(sentence: string): number | undefined {
    const now = this.#clock.monotonic()
    const before = this.#remembered.get(sentence)
    if (before !== undefined && now < before.until) {
      before.repeated += 1
      return undefined
    }
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.set(sentence, { until: now + this.#quietMs, repeated: 0 })
    return before?.repeated ?? 0
  }

  /** It is over: whatever comes next is news. */
  forget(): void {
    this.#remembered.clear()
  }
}
