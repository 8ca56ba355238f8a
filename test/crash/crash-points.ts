import { writeSync } from 'node:fs'
import type { Point } from './points.ts'

/** Ends this process without a goodbye when a point has been passed for the nth time. */
export class CrashPoints {
  readonly #point: string | undefined
  #left: number

  /** @param order `<point>:<n>`, as `spool.fsynced:after:17`; undefined: never */
  constructor(order: string | undefined) {
    const end = order?.lastIndexOf(':') ?? 0
    this.#point = order?.slice(0, end)
    this.#left = Number(order?.slice(end + 1) ?? 0)
  }

  passes(point: Point): void {
    if (this.isNext(point)) this.#die()
    if (point === this.#point) this.#left -= 1
  }

  /** Whether {@link passes} would end the process now: to leave a thing half done before. */
  isNext(point: Point): boolean {
    return point === this.#point && this.#left <= 1
  }

  #die(): never {
    // Straight into the pipe: nothing that is queued would get out.
    writeSync(1, `${JSON.stringify({ crashed: this.#point })}\n`)
    process.kill(process.pid, 'SIGKILL')
    throw new Error('still alive')
  }
}
