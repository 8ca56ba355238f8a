import { type Clock, sleep, systemClock } from '../clock.ts'
import { isRelayError, toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'

/** Something that runs until it is closed. Its `close` gets what is left of the time for the whole stop. */
interface Part {
  readonly name: string
  readonly close: (deadlineMs: number) => Promise<void>
}

/** Even a part whose turn comes late gets a moment: a socket closed in half a second is better than one left open. */
const lateMs = 500

/**
 * Holds what was started and stops it in the opposite order: the door before the queue behind it, the queue before the
 * connection it drains into. One part that fails to stop does not keep the others from stopping.
 */
export class Supervisor {
  readonly #parts: Part[] = []
  readonly #logger: Logger
  readonly #clock: Clock
  #stopping: Promise<boolean> | undefined

  constructor(logger: Logger, clock: Clock = systemClock) {
    this.#logger = logger
    this.#clock = clock
  }

  /**
   * To be called right after the part was started, so that a later failure to start stops it again. A part that comes
   * after the order to stop (it was given during a start that takes long) is stopped at once.
   */
  add(name: string, close: Part['close']): void {
    if (this.#stopping === undefined) {
      this.#parts.push({ name, close })
      return
    }
    close(lateMs).catch((error: unknown) => this.#tell(name, error))
  }

  /** Resolves with true when every part stopped cleanly within `deadlineMs`; every call returns the first one's outcome. */
  stop(deadlineMs = 20_000): Promise<boolean> {
    this.#stopping ??= this.#stop(deadlineMs)
    return this.#stopping
  }

  async #stop(deadlineMs: number): Promise<boolean> {
    const end = this.#clock.monotonic() + deadlineMs
    let clean = true
    for (const { name, close } of this.#parts.toReversed()) {
      const left = Math.max(lateMs, end - this.#clock.monotonic())
      try {
        await this.#within(left, name, close(left))
        this.#logger.debug({ part: name }, 'stopped')
      } catch (error) {
        clean = false
        this.#tell(name, error)
      }
    }
    return clean
  }

  /** What passes by itself, as that Kafka is away, is nothing to mend. */
  #tell(part: string, error: unknown): void {
    const words = 'did not stop cleanly'
    if (isRelayError(error) && error.retriable) this.#logger.warn({ part, reason: error.message }, words)
    else this.#logger.error({ part, err: toError(error) }, words)
  }

  async #within(ms: number, name: string, closing: Promise<void>): Promise<void> {
    const patience = new AbortController()
    // A part that keeps its own deadline reports better than we do, so it gets a little longer than it was told.
    const overdue = sleep(this.#clock, ms + 1_000, patience.signal).then(() => {
      throw new Error(`${name} did not stop within ${Math.round(ms)} ms`)
    })
    overdue.catch(() => undefined)
    try {
      await Promise.race([closing, overdue])
    } finally {
      patience.abort()
    }
  }
}
