import type { Cancel, Clock } from '../clock.ts'

/** What is under way, so that one `close` can end it all. */
export class Attempts {
  readonly #clock: Clock
  readonly #underWay = new Set<Attempt>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param signal aborts this attempt with its own reason; may be aborted already */
  begin(signal: AbortSignal | undefined): Attempt {
    const attempt = new Attempt(this.#clock, signal, () => this.#underWay.delete(attempt))
    this.#underWay.add(attempt)
    return attempt
  }

  abortAll(reason: Error): void {
    for (const attempt of this.#underWay) attempt.abort(reason)
  }
}

/** One signal out of three: the caller's, the clock's, and that of `close`. Each aborts with its own reason. */
export class Attempt {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #caller: AbortSignal | undefined
  readonly #onCallerAbort = (): void => this.#controller.abort(this.#caller?.reason)
  readonly #onEnd: () => void
  #cancelTimer: Cancel | undefined
  #timedOut = false

  constructor(clock: Clock, caller: AbortSignal | undefined, onEnd: () => void) {
    this.#clock = clock
    this.#caller = caller
    this.#onEnd = onEnd
    if (caller?.aborted) this.#onCallerAbort()
    else caller?.addEventListener('abort', this.#onCallerAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  /** Ended by the caller or by `close`, not by time. */
  get interrupted(): boolean {
    return this.signal.aborted && !this.#timedOut
  }

  /** From now on; the reason is an Error with code `TOTAL_TIMEOUT`. */
  limit(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#timedOut = !this.signal.aborted
      this.abort(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'TOTAL_TIMEOUT' }))
    })
  }

  /** Lets go of clock and signal, which live longer. */
  end(): void {
    this.#cancelTimer?.()
    this.#caller?.removeEventListener('abort', this.#onCallerAbort)
    this.#onEnd()
  }
}
