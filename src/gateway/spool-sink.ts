import { type Clock, systemClock, within } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { orAborted } from '../sink/watch-abort.ts'
import type { Spool } from '../spool/spool.ts'
import { ByteBudget } from './byte-budget.ts'
import type { GatewayItem } from './gateway-item.ts'
import { encodeItems } from './item-codec.ts'
import type { SpooledEvents } from './spooled-events.ts'

export interface SpoolSinkOptions {
  /**
   * Bytes of appends under way, beyond which a write rejects with OVER_BUDGET; one append alone may be larger. Default
   * 256 MiB.
   */
  readonly maxBytes?: number
  /** Counts what the spool holds, with the pump of that spool. Default: nobody counts. */
  readonly spooled?: SpooledEvents
  readonly clock?: Clock
}

const closeMs = 10_000

/**
 * Items into the spool: a write resolves when they would survive a power cut, all of one write together. From then on
 * the pump is the one who takes them to Kafka. Rejects as `Spool.append` does; an append that is under way cannot be
 * taken back, so a write that is aborted may be stored all the same.
 *
 * For that reason the bytes under way have a limit here: a sender is told to try again when its time is over, and with a
 * disk that has stalled all that was let go of before would still be in memory, and each try would add to it.
 */
export class SpoolSink implements Sink<GatewayItem> {
  readonly #spool: Pick<Spool, 'append'>
  readonly #clock: Clock
  readonly #bytes: ByteBudget
  readonly #spooled: SpooledEvents | undefined
  /** Appends under way, and how to let go of them. */
  readonly #open = new Map<Promise<void>, (reason: Error) => void>()
  #closed: Promise<void> | undefined

  constructor(spool: Pick<Spool, 'append'>, options: SpoolSinkOptions = {}) {
    const { maxBytes = 256 * 1024 * 1024, clock = systemClock } = options
    this.#spooled = options.spooled
    this.#spool = spool
    this.#clock = clock
    this.#bytes = new ByteBudget(maxBytes)
  }

  async write(items: readonly GatewayItem[], { signal }: WriteOptions = {}): Promise<void> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    if (items.length === 0) return
    const content = encodeItems(items)
    const taken = this.#take(content.length)
    // No await before the append: the order of calls is the order of the spool.
    const appended = this.#spool.append(content)
    const settled = new Promise<void>((resolve, reject) => {
      this.#open.set(appended, reject)
      appended.then(resolve, reject).finally(() => {
        this.#open.delete(appended)
        this.#bytes.release(taken)
      })
    })
    const { length } = items
    const stored = appended.then(() => this.#spooled?.stored(length))
    try {
      await orAborted(settled, signal)
    } catch (error) {
      // Whoever wrote it is told that it is not stored; it may be in a moment.
      stored.then(
        () => this.#spooled?.storedLate(length),
        () => undefined,
      )
      throw error
    }
  }

  /**
   * Waits for the appends under way, 10 s by default. The spool stays open: it is the one's to close who opened it,
   * after the pump.
   */
  close({ deadlineMs = closeMs }: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(deadlineMs)
    return this.#closed
  }

  #take(bytes: number): number {
    const taken = Math.min(bytes, this.#bytes.limit)
    if (this.#bytes.take(taken)) return taken
    const { limit } = this.#bytes
    throw new RelayError('OVER_BUDGET', `The disk is behind: ${limit} bytes wait for it; try again.`, {
      facts: { limit },
    })
  }

  async #close(deadlineMs: number): Promise<void> {
    if (await within(this.#clock, deadlineMs, Promise.allSettled(this.#open.keys()))) return
    const notifications = this.#open.size
    const error = new RelayError(
      'DEADLINE_EXCEEDED',
      `after ${deadlineMs} ms the disk had not confirmed ${notifications} notifications`,
      { facts: { notifications } },
    )
    for (const letGo of this.#open.values()) letGo(error)
    throw error
  }
}
