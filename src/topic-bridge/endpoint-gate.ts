import { type Cancel, type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { EndpointBreaker, type EndpointBreakerOptions } from './endpoint-breaker.ts'
import { EndpointObserver } from './endpoint-observer.ts'
import { RequestRate } from './request-rate.ts'

export interface EndpointGateOptions {
  /** Name of the endpoint, for metrics and log lines. */
  readonly endpoint: string
  /** Attempts under way at once. Default 64. */
  readonly concurrency?: number
  /** Attempts that begin in a second at most. Default: no limit. */
  readonly maxPerSecond?: number | undefined
  readonly breaker?: EndpointBreakerOptions
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly random?: Random
}

/** One attempt that was let through. Exactly one of the verdicts, or none where nothing was asked of the endpoint, then {@link end}. */
export interface Pass {
  /** The endpoint answered as one that works, whatever it said of this event. */
  succeeded(): void
  /**
   * It did not.
   * @param pauseMs the endpoint asked for this pause, for everybody
   */
  failed(lane: string, reason: string, pauseMs?: number): void
  /** It refuses us, and not the event: its set-up or ours is wrong. */
  misconfigured(lane: string, reason: string): void
  /** It wants no more events. */
  gone(): void
  /** The attempt is over, or will ask nothing more of the endpoint: others may begin. Idempotent. */
  end(): void
}

/** Begins an attempt. */
export type Enter = (pass: Pass) => void

/**
 * What all attempts for one endpoint go through, over all its partitions and topics: how many are under way, how many begin in a
 * second, pauses that it asked for, its `EndpointBreaker`, and the end of it all after a 410. Whoever waits longest
 * comes first.
 */
export class EndpointGate {
  readonly #limit: number
  readonly #clock: Clock
  readonly #breaker: EndpointBreaker
  readonly #rate: RequestRate | undefined
  readonly #observer: EndpointObserver
  /** A Set keeps the order of insertion and forgets a waiter in constant time. */
  readonly #waiting = new Set<Enter>()
  readonly #reopened = new Set<() => void>()
  #inUse = 0
  #admitting = false
  #pausedUntil = 0
  #timer: Cancel | undefined
  #gone = false

  /** @throws CONFIG_INVALID naming the option */
  constructor(options: EndpointGateOptions) {
    const { concurrency = 64, maxPerSecond, clock = systemClock, random = systemRandom } = options
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new RelayError('CONFIG_INVALID', `concurrency: expected an integer from 1, got ${concurrency}`)
    }
    if (maxPerSecond !== undefined && !(maxPerSecond > 0)) {
      throw new RelayError('CONFIG_INVALID', `maxPerSecond: expected a number above 0, got ${maxPerSecond}`)
    }
    this.#limit = concurrency
    this.#clock = clock
    this.#breaker = new EndpointBreaker(options.breaker ?? {}, clock, random)
    this.#rate = maxPerSecond === undefined ? undefined : new RequestRate(maxPerSecond, clock)
    this.#observer = new EndpointObserver(options.telemetry ?? noTelemetry, options.endpoint, clock)
  }

  get inUse(): number {
    return this.#inUse
  }

  /** What keeps attempts from beginning, beside their number, or from succeeding; undefined: nothing. */
  get obstacle(): string | undefined {
    return this.#gone
      ? 'answered 410 Gone; nothing is sent until its configuration changes, or the next start'
      : this.#observer.trouble
  }

  /** Calls `enter` once, as soon as an attempt may begin (now, if it may). Cancelled: never. */
  take(enter: Enter): Cancel {
    if (this.#waiting.size === 0 && this.#admits() === 0) {
      this.#enter(enter)
      return () => {}
    }
    // A function of its own: the same one may wait twice.
    const waiter: Enter = (pass) => enter(pass)
    this.#waiting.add(waiter)
    this.#admit()
    return () => {
      this.#waiting.delete(waiter)
      // A pause can be minutes, for which a timer would keep a process that is done.
      if (this.#waiting.size === 0) this.#lookAgain(Number.POSITIVE_INFINITY)
    }
  }

  /** Calls `listener` each time that the endpoint works again after it was dead: a probe had failed. */
  onReopened(listener: () => void): Cancel {
    this.#reopened.add(listener)
    return () => {
      this.#reopened.delete(listener)
    }
  }

  /** Nothing is delivered through it any more, and nothing is said of the endpoint: it is gone, or another gate tells of it. */
  retire(): void {
    this.#observer.retire()
  }

  /** Milliseconds until an attempt may begin; Infinity: not before another one ends. */
  #admits(): number {
    if (this.#inUse >= this.#limit || this.#gone) return Number.POSITIVE_INFINITY
    const pauseMs = this.#pausedUntil === 0 ? 0 : this.#pausedUntil - this.#clock.monotonic()
    return Math.max(0, pauseMs, this.#breaker.waitMs, this.#rate?.waitMs ?? 0)
  }

  #admit(): void {
    // One that ends as soon as it has begun comes back here: the loop under way lets the next in, or the stack would overflow.
    if (this.#admitting) return
    this.#admitting = true
    try {
      this.#lookAgain(this.#admitWaiting())
    } finally {
      this.#admitting = false
    }
  }

  /** @returns milliseconds until the next may begin; Infinity: not before another one ends, or nobody waits */
  #admitWaiting(): number {
    for (const waiter of this.#waiting) {
      const waitMs = this.#admits()
      if (waitMs > 0) return waitMs
      this.#waiting.delete(waiter)
      this.#enter(waiter)
    }
    return Number.POSITIVE_INFINITY
  }

  #lookAgain(ms: number): void {
    this.#timer?.()
    this.#timer = undefined
    if (ms === Number.POSITIVE_INFINITY) return
    // Timers know no fractions: one that comes early would find that it has to wait again.
    this.#timer = this.#clock.after(Math.ceil(ms), () => {
      this.#timer = undefined
      this.#admit()
    })
  }

  #enter(enter: Enter): void {
    this.#inUse++
    this.#rate?.take()
    const probe = this.#breaker.begin()
    if (probe !== 0) this.#observer.probing()
    enter(this.#pass(probe))
  }

  /** @param probe number of the probe that it is, or 0 */
  #pass(probe: number): Pass {
    let judged = false
    let ended = false
    return {
      succeeded: () => {
        judged = true
        this.#observer.succeeded()
        const openings = this.#breaker.succeeded()
        if (this.#gone || openings === 0) return
        this.#observer.closed()
        this.#pausedUntil = 0
        // Where the first probe got through it never was dead: some repositories that always fail had met by chance, and would
        // be hurried with every such meeting.
        if (openings > 1) for (const listener of this.#reopened) listener()
      },
      failed: (lane, reason, pauseMs = 0) => {
        judged = true
        this.#observer.failed(reason)
        if (pauseMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + pauseMs)
        if (!this.#gone && this.#breaker.failed(lane, probe)) this.#observer.opened(reason)
      },
      misconfigured: (lane, reason) => {
        judged = true
        this.#observer.misconfigured(reason)
        if (!this.#gone && this.#breaker.failed(lane, probe)) this.#observer.opened(reason)
      },
      gone: () => {
        judged = true
        if (!this.#gone) this.#observer.gone()
        this.#gone = true
      },
      end: () => {
        if (ended) return
        ended = true
        this.#inUse--
        if (!judged) {
          this.#rate?.putBack()
          this.#breaker.withdrawn(probe)
        }
        if (this.#waiting.size > 0) this.#admit()
      },
    }
  }
}
