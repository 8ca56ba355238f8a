import type { Socket } from 'node:net'
import type { Random } from '../../../src/clock.ts'
import type { Cut, DirectionFaults } from './faults.ts'
import type { ProxyCounts } from './proxy-counts.ts'
import { reset } from './reset.ts'

export interface FlowOptions {
  readonly to: Socket
  readonly faults: () => DirectionFaults
  readonly random: Random
  readonly counts: ProxyCounts
  /** Called when the last of the bytes that may pass has passed. */
  readonly onLimit: () => void
}

interface Waiting {
  /** Bytes, or how the other side ended. */
  readonly what: Buffer | Cut
  dueAt: number
}

/** One direction of a connection: bytes in the order in which they came, as late and as slowly as the faults want it. */
export class Flow {
  readonly #options: FlowOptions
  readonly #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined
  /** When the last of the bytes that wait will be through. */
  #busyUntil = 0
  #lost = false
  #closed = false
  #limit = Number.POSITIVE_INFINITY

  constructor(options: FlowOptions) {
    this.#options = options
  }

  /** Bytes were lost on the way: what comes behind them makes no sense to who reads it. */
  get damaged(): boolean {
    return this.#lost
  }

  /** So many bytes more, and then the end. */
  limit(bytes: number): void {
    this.#limit = bytes
    if (bytes === 0) this.#options.onLimit()
  }

  send(bytes: Buffer): void {
    if (this.#closed) return
    const { counts, faults } = this.#options
    const { flow } = faults()
    if (flow === 'swallow') {
      counts.bytesSwallowed += bytes.length
      this.#lost = true
      return
    }
    this.#add(bytes, bytes.length)
  }

  /** The side that sends is gone; its last bytes come first. */
  end(how: Cut): void {
    if (!this.#lost && !this.#closed) this.#add(how, 0)
  }

  /** To be called when the faults have changed. */
  changed(): void {
    const { delayMs, bytesPerSecond } = this.#options.faults()
    if (delayMs === 0 && bytesPerSecond === Number.POSITIVE_INFINITY) {
      this.#busyUntil = 0
      for (const waiting of this.#waiting) waiting.dueAt = 0
    }
    this.#pump()
  }

  /** Nothing more passes, whatever comes. */
  close(): void {
    clearTimeout(this.#timer)
    this.#closed = true
    this.#waiting.length = 0
  }

  #add(what: Waiting['what'], bytes: number): void {
    const { delayMs, jitterMs, bytesPerSecond } = this.#options.faults()
    const now = performance.now()
    const earliest = now + delayMs + jitterMs * (jitterMs === 0 ? 0 : this.#options.random())
    const dueAt = Math.max(earliest, this.#busyUntil) + (bytes / bytesPerSecond) * 1_000
    this.#busyUntil = dueAt
    this.#waiting.push({ what, dueAt: dueAt <= now ? 0 : dueAt })
    this.#pump()
  }

  #pump(): void {
    clearTimeout(this.#timer)
    if (this.#options.faults().flow !== 'pass') return
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const early = next.dueAt - performance.now()
      if (early > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(early))
        return
      }
      this.#waiting.shift()
      this.#deliver(next.what)
    }
  }

  #deliver(what: Buffer | Cut): void {
    const { to, onLimit } = this.#options
    if (what === 'end') to.end()
    else if (what === 'reset') reset(to)
    else {
      const passing = what.length <= this.#limit ? what : what.subarray(0, this.#limit)
      this.#limit -= passing.length
      if (this.#limit > 0) to.write(passing)
      // In the callback: a socket destroyed with bytes in hand does not send them.
      else if (passing.length > 0) to.write(passing, onLimit)
    }
  }
}
