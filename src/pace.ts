/** Of the time that is remembered there are two: the present one, which fills, and the one before, which is whole. */
const windowMs = 100

/**
 * When to begin the next request that many share: one to a broker, one to the disk. What costs is the request, so it pays
 * to let records gather; but callers that wait for their confirmations bring nothing new meanwhile, and then waiting
 * only adds to their time.
 *
 * So the number of records that there were at once in the last 100 to 200 ms, under way or waiting, is remembered, and the
 * next request is held back until three of four wait again. Not until all do: some of those who were confirmed last may
 * not come back. They are not waited for beyond the pace, counted from the beginning of the last request. With one or
 * two at once there is nothing to gather, and nothing is ever held.
 */
export class Pace {
  readonly #ms: number
  #off: boolean
  #lastBegan = Number.NEGATIVE_INFINITY
  #window = 0
  #most = 0
  #mostBefore = 0

  /** The longest time between the beginnings of two requests while records wait, in milliseconds; 0: none is held back. */
  constructor(ms: number) {
    this.#ms = ms
    this.#off = ms === 0
  }

  /** Holds nothing back any more. */
  stop(): void {
    this.#off = true
  }

  /** A request begins. Times are monotonic milliseconds. */
  began(now: number): void {
    this.#lastBegan = now
  }

  /** So many records were under way or waiting at once. */
  saw(records: number, now: number): void {
    this.#turn(now)
    this.#most = Math.max(this.#most, records)
  }

  /** For how long a request of all `waiting` records is to be held back still. */
  holdMs(waiting: number, now: number): number {
    if (this.#off) return 0
    this.#turn(now)
    const most = Math.max(this.#most, this.#mostBefore)
    if (most <= 2 || waiting >= most * 0.75) return 0
    return Math.max(0, this.#lastBegan + this.#ms - now)
  }

  #turn(now: number): void {
    const window = Math.floor(now / windowMs)
    if (window === this.#window) return
    this.#mostBefore = window === this.#window + 1 ? this.#most : 0
    this.#most = 0
    this.#window = window
  }
}
