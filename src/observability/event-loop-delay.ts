import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'

/** Of node:perf_hooks' monitor, what is used here. Nanoseconds, and what it waited between two samples is part of each. */
export interface DelayMonitor {
  readonly max: number
  percentile(percent: number): number
  disable(): unknown
}

/** Seconds. */
export interface Delays {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const resolutionMs = 10
const shortestMs = 30_000

/**
 * For how long the event loop was busy with one thing, so that all others waited, in about the last minute.
 *
 * The percentiles are of samples and not of time: a halt of two seconds is one sample beside thousands. It shows in `max` alone.
 *
 * A monitor that is emptied when it is read tells each of two readers half of the truth. So two of them run: the older one is
 * read; it is replaced by the younger one at the first read after that has run for 30 s. Whoever reads alone, or at least every
 * 30 s, misses nothing that way. One that reads more rarely, beside another, gets the last 30 s at the least.
 */
export class EventLoopDelay {
  readonly #clock: Clock
  readonly #start: () => DelayMonitor
  #older: DelayMonitor
  #younger: DelayMonitor
  #youngerSince: number

  constructor(clock: Clock, start: () => DelayMonitor = startMonitor) {
    this.#clock = clock
    this.#start = start
    this.#older = start()
    this.#younger = start()
    this.#youngerSince = clock.monotonic()
  }

  read(): Delays {
    const now = this.#clock.monotonic()
    if (now - this.#youngerSince >= shortestMs) {
      this.#older.disable()
      this.#older = this.#younger
      this.#younger = this.#start()
      this.#youngerSince = now
    }
    const { max } = this.#older
    return {
      p50: secondsOf(this.#older.percentile(50)),
      p99: secondsOf(this.#older.percentile(99)),
      max: secondsOf(max),
    }
  }
}

function startMonitor(): DelayMonitor {
  const monitor = monitorEventLoopDelay({ resolution: resolutionMs })
  monitor.enable()
  return monitor
}

/** Before its first sample a monitor knows nothing, and says so with numbers of its own. */
function secondsOf(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3) : 0
}
