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
    const attempt = new Attempt(this.#clock, signal, this.#onEnd)
    this.#underWay.add(attempt)
    return attempt
  }

  abortAll(reason: Error): void {
    for (const attempt of this.#underWay) attempt.abort(reason)
  }

  readonly #onEnd = (attempt: Attempt): void => {
    this.#underWay.delete(attempt)
  }
}

/**
 * Ends for one of three: the caller's signal, the clock, and `close`. Each has its own reason, and the first one counts.
 */
export class Attempt {
  readonly #clock: Clock
  readonly #caller: AbortSignal | undefined
  readonly #onEnd: (attempt: Attempt) => void
  #aborted = false
  #reason: unknown
  #whenAborted: ((reason: unknown) => void) | undefined
  /** Made only for who asks: a signal costs more than all the rest of an attempt. */
  #controller: AbortController | undefined
  #cancelTimer: Cancel | undefined
  /** Ends it for its time being over. */
  #expire: (() => void) | undefined
  #expiresAt = Number.POSITIVE_INFINITY
  #timedOut = false

  constructor(clock: Clock, caller: AbortSignal | undefined, onEnd: (attempt: Attempt) => void) {
    this.#clock = clock
    this.#caller = caller
    this.#onEnd = onEnd
    if (caller?.aborted) this.handleEvent()
    else caller?.addEventListener('abort', this)
  }

  /** Of the caller's signal. */
  handleEvent(): void {
    this.abort(this.#caller?.reason)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** One at a time. Called at once when it has ended already; `undefined` takes it back. */
  whenAborted(run: ((reason: unknown) => void) | undefined): void {
    this.#whenAborted = run
    if (this.#aborted) run?.(this.#reason)
  }

  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#whenAborted?.(reason)
  }

  /** Ended by the caller or by `close`, not by time. */
  get interrupted(): boolean {
    return this.#aborted && !this.#timedOut
  }

  /** From now on; the reason is an Error with code `TOTAL_TIMEOUT`. */
  limit(ms: number): void {
    this.#expiresAt = this.#clock.monotonic() + ms
    this.#expire = () => {
      this.#timedOut = !this.#aborted
      this.abort(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'TOTAL_TIMEOUT' }))
    }
    this.#cancelTimer = this.#clock.after(ms, this.#expire)
  }

  /**
   * To be called right before it is sent. A process that stood still may get to its sockets before its timers, and would send what
   * somebody else has delivered meanwhile.
   */
  endIfLate(): void {
    if (this.#clock.monotonic() >= this.#expiresAt) this.#expire?.()
  }

  /** Lets go of clock and signal, which live longer. */
  end(): void {
    this.#cancelTimer?.()
    this.#caller?.removeEventListener('abort', this)
    this.#onEnd(this)
  }
}
