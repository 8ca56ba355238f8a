import type { Clock, Random } from '../clock.ts'

export interface EndpointBreakerOptions {
  /** Lanes that fail one after the other, without a success, until it opens. Default 5. */
  readonly failures?: number
  /** Until the first probe, milliseconds. Doubles with each that fails. Default 1,000. */
  readonly openMs?: number
  /** Default 30,000. */
  readonly maxOpenMs?: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * Keeps a dead endpoint from being asked by everybody at once.
 *
 *     closed ── enough lanes failed in a row ──▶ open ── its time is over ──▶ half-open: one request, the probe
 *     half-open ── the probe is delivered ──▶ closed        half-open ── it fails ──▶ open, for twice the time
 *
 * Counted are lanes, not failures: one repository that the endpoint cannot stand fails again and again, and must not
 * stop the others.
 */
export class EndpointBreaker {
  readonly #failures: number
  readonly #openMs: number
  readonly #maxOpenMs: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #failing = new Set<string>()
  #state: BreakerState = 'closed'
  #openings = 0
  #openUntil = 0
  #probing = false

  constructor(options: EndpointBreakerOptions, clock: Clock, random: Random) {
    this.#failures = options.failures ?? 5
    this.#openMs = options.openMs ?? 1_000
    this.#maxOpenMs = options.maxOpenMs ?? 30_000
    this.#clock = clock
    this.#random = random
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Milliseconds until a request may begin; Infinity while a probe is under way. */
  get waitMs(): number {
    if (this.#state === 'closed') return 0
    if (this.#probing) return Number.POSITIVE_INFINITY
    return Math.max(0, this.#openUntil - this.#clock.monotonic())
  }

  /** A request begins. @returns true when it is a probe */
  begin(): boolean {
    if (this.#state === 'closed') return false
    this.#state = 'half-open'
    this.#probing = true
    return true
  }

  /**
   * The endpoint answered as one that works, also by a request from before it opened.
   * @returns how often it had opened since it was last closed: 0 when it is closed already
   */
  succeeded(): number {
    this.#failing.clear()
    const openings = this.#openings
    this.#state = 'closed'
    this.#openings = 0
    this.#probing = false
    return openings
  }

  /** @returns true when that opened it, or opened it again */
  failed(lane: string, probe: boolean): boolean {
    if (this.#state === 'closed') {
      this.#failing.add(lane)
      if (this.#failing.size < this.#failures) return false
      this.#open()
      return true
    }
    if (!probe) return false
    this.#open()
    return true
  }

  /** The probe came to no verdict: it was withdrawn, or had nothing to send. The next one takes its turn. */
  withdrawn(): void {
    this.#probing = false
  }

  #open(): void {
    this.#state = 'open'
    this.#probing = false
    const ceiling = Math.min(this.#maxOpenMs, this.#openMs * 2 ** Math.min(this.#openings, 30))
    this.#openings++
    // Members of the group that saw it die together must not come back together.
    this.#openUntil = this.#clock.monotonic() + ceiling * (0.5 + this.#random() / 2)
  }
}
