import type { Clock } from '../clock.ts'
import type { Logger } from '../telemetry.ts'
import { kafkaFault } from './kafka-fault.ts'

/** Between two questions that refused records lead to. */
const quietMs = 10_000

export interface RecordLimitOptions {
  readonly topic: string
  /** The topic's `max.message.bytes`; undefined: not to be had. */
  readonly ask: () => Promise<number | undefined>
  readonly onLimit: (maxMessageBytes: number) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** What a topic takes: asked before the first record is sent, and again when one was refused, as somebody may have raised it. */
export class RecordLimit {
  readonly #options: RecordLimitOptions
  #askedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: RecordLimitOptions) {
    this.#options = options
  }

  /** Never rejects: without an answer the limit stays what it is. After {@link close} an answer is of no use any more. */
  async read(): Promise<void> {
    const { topic, ask, onLimit, clock, logger } = this.#options
    this.#askedAt = clock.monotonic()
    try {
      const limit = await ask()
      if (limit !== undefined && !this.#closed) onLimit(limit)
    } catch (error) {
      // The client is closed under a question that is open: that says nothing of the topic.
      if (this.#closed) return
      logger.info({ topic, err: kafkaFault(error) }, 'settings of the topic cannot be read')
    }
  }

  /** A record was refused for its size. */
  doubt(): void {
    if (this.#closed) return
    if (this.#options.clock.monotonic() - this.#askedAt >= quietMs) void this.read()
  }

  close(): void {
    this.#closed = true
  }
}
