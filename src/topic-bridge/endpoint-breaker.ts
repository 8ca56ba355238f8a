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
  /** Number of the probe under way; 0: none is. */
  #probing = 0
  #probes = 0

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
    if (this.#probing !== 0) return Number.POSITIVE_INFINITY
    return Math.max(0, this.#openUntil - this.#clock.monotonic())
  }

  /** A request begins. @returns the number of the probe that it is; 0: it is none */
  begin(): number {
    if (this.#state === 'closed') return 0
    this.#state = 'half-open'
    this.#probing = ++this.#probes
    return this.#probing
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
    this.#probing = 0
    return openings
  }

  /**
   * @param probe what {@link begin} returned
   * @returns true when that opened it, or opened it again
   */
  failed(lane: string, probe: number): boolean {
    if (this.#state === 'closed') {
      this.#failing.add(lane)
      if (this.#failing.size < this.#failures) return false
      this.#open()
      return true
    }
    // One that began before it was closed and opened again says nothing about now.
    if (probe === 0 || probe !== this.#probing) return false
    this.#open()
    return true
  }

  /** The probe came to no verdict: it was withdrawn, or had nothing to send. The next one takes its turn. */
  withdrawn(probe: number): void {
    if (probe === this.#probing) this.#probing = 0
  }

  #open(): void {
    this.#state = 'open'
    this.#probing = 0
    const ceiling = Math.min(this.#maxOpenMs, this.#openMs * 2 ** Math.min(this.#openings, 30))
    this.#openings++
    // Members of the group that saw it die together must not come back together.
    this.#openUntil = this.#clock.monotonic() + ceiling * (0.5 + this.#random() / 2)
  }
}
