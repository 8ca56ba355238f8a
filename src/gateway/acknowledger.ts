import type { Cancel, Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { Spool } from '../spool/spool.ts'
import type { Logger } from '../telemetry.ts'

/**
 * Notes in the spool how far Kafka is, a few times a second: each note is a write to the disk that the appends, for
 * which senders wait, share. What lies between two notes is sent again after a crash.
 */
export class Acknowledger {
  readonly #spool: Pick<Spool, 'ack'>
  readonly #everyMs: number
  readonly #clock: Clock
  readonly #logger: Logger
  #reached = -1
  #noted = -1
  #waiting: Cancel | undefined
  #noting: Promise<void> = Promise.resolve()
  #closed = false

  constructor(spool: Pick<Spool, 'ack'>, everyMs: number, clock: Clock, logger: Logger) {
    this.#spool = spool
    this.#everyMs = everyMs
    this.#clock = clock
    this.#logger = logger
  }

  /** Sequence up to which Kafka has all. */
  get reached(): number {
    return this.#reached
  }

  reach(sequence: number): void {
    this.#reached = sequence
    // After the end the spool may be closed; what arrives then is sent again after the next start.
    if (this.#closed) return
    this.#waiting ??= this.#clock.after(this.#everyMs, () => void this.note())
  }

  /** Notes at once what is left to note. Never rejects. */
  note(): Promise<void> {
    this.#waiting?.()
    this.#waiting = undefined
    this.#noting = this.#noting.then(() => this.#note())
    return this.#noting
  }

  close(): Promise<void> {
    this.#closed = true
    return this.note()
  }

  async #note(): Promise<void> {
    const sequence = this.#reached
    if (sequence === this.#noted) return
    try {
      await this.#spool.ack(sequence)
      this.#noted = sequence
    } catch (error) {
      // No space: the next note says the same and more. A disk that failed says so itself, and ends the process.
      this.#logger.warn({ err: toError(error), sequence }, 'how far Kafka is could not be noted in the spool')
    }
  }
}
