import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'

export interface RecordingSinkOptions<T> {
  /** Called with the items of each write before they are recorded; what it throws, or rejects with, is the outcome. */
  readonly onWrite?: (items: readonly T[]) => void | Promise<void>
  /** For the deadline of `close`. */
  readonly clock?: Clock
}

interface HeldWrite<T> {
  readonly items: readonly T[]
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * The far end of a pipeline in a test: keeps what it is given, in order, and can be held up. An end-to-end sink; the receipt is
 * how many items it has by then.
 */
export class RecordingSink<T> implements Sink<T, number> {
  readonly #onWrite: (items: readonly T[]) => void | Promise<void>
  readonly #clock: Clock
  readonly #items: T[] = []
  readonly #writes: (readonly T[])[] = []
  readonly #open = new Set<HeldWrite<T>>()
  #held = false
  #closeCalls = 0
  #closed: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(options: RecordingSinkOptions<T> = {}) {
    this.#onWrite = options.onWrite ?? (() => {})
    this.#clock = options.clock ?? systemClock
  }

  /** Everything written, in order. */
  get items(): readonly T[] {
    return this.#items
  }

  /** The same, write by write. */
  get writes(): readonly (readonly T[])[] {
    return this.#writes
  }

  /** Writes under way. */
  get open(): number {
    return this.#open.size
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  /** How often `close` was called. */
  get closeCalls(): number {
    return this.#closeCalls
  }

  /** From now on writes stay under way. The returned function lets them, and all others, go on. */
  hold(): () => void {
    this.#held = true
    return () => {
      this.#held = false
      for (const write of this.#open) write.resolve()
    }
  }

  async write(items: readonly T[], options: WriteOptions = {}): Promise<number> {
    const { signal } = options
    if (this.#closed !== undefined) throw new SinkClosedError()
    signal?.throwIfAborted()
    if (items.length === 0) return this.#items.length
    let onAbort = (): void => {}
    let open: HeldWrite<T> | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        onAbort = () => reject(signal?.reason)
        signal?.addEventListener('abort', onAbort)
        open = { items, resolve, reject }
        this.#open.add(open)
        if (!this.#held) resolve()
      })
      await this.#onWrite(items)
      for (const item of items) this.#items.push(item)
      this.#writes.push(items)
      return this.#items.length
    } finally {
      signal?.removeEventListener('abort', onAbort)
      if (open !== undefined) this.#open.delete(open)
      if (this.#open.size === 0) this.#onIdle?.()
    }
  }

  /** Waits for what is held up; without a deadline for ever. At the deadline those writes reject with DEADLINE_EXCEEDED. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closeCalls++
    this.#closed ??= this.#close(options.deadlineMs)
    return this.#closed
  }

  async #close(deadlineMs: number | undefined): Promise<void> {
    if (this.#open.size === 0) return
    let cancel: Cancel = () => {}
    await new Promise<void>((resolve, reject) => {
      this.#onIdle = resolve
      if (deadlineMs === undefined) return
      cancel = this.#clock.after(deadlineMs, () => {
        const message = `recording sink: after ${deadlineMs} ms, ${this.#open.size} writes are held up`
        const error = new RelayError('DEADLINE_EXCEEDED', message, { facts: { writes: this.#open.size } })
        for (const write of this.#open) write.reject(error)
        reject(error)
      })
    }).finally(() => cancel())
  }
}
