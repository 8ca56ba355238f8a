import { type Clock, systemClock } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { Deadline, throwAll } from '../sink/deadline.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { orAborted } from '../sink/watch-abort.ts'

export interface SlowSinkOptions {
  /** Milliseconds before each write reaches the inner sink. Writes wait side by side, so order holds. */
  readonly delayMs: number
  readonly clock?: Clock
}

/** In front of another sink: each write takes its time, by the clock it is given. */
export class SlowSink<T, Receipt = unknown> implements Sink<T, Receipt> {
  readonly #inner: Sink<T, Receipt>
  readonly #delayMs: number
  readonly #clock: Clock
  readonly #open = new Set<Promise<Receipt>>()
  readonly #delays = new Set<(reason: unknown) => void>()
  #closed: Promise<void> | undefined

  constructor(inner: Sink<T, Receipt>, options: SlowSinkOptions) {
    this.#inner = inner
    this.#delayMs = options.delayMs
    this.#clock = options.clock ?? systemClock
  }

  async write(items: readonly T[], options: WriteOptions = {}): Promise<Receipt> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    options.signal?.throwIfAborted()
    if (items.length === 0) return this.#inner.write(items, options)
    const written = this.#write(items, options)
    this.#open.add(written)
    try {
      return await written
    } finally {
      this.#open.delete(written)
    }
  }

  /** Waits for the writes that are on their way, without a deadline for as long as it takes; then closes the inner sink. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.deadlineMs ?? Number.POSITIVE_INFINITY)
    return this.#closed
  }

  async #write(items: readonly T[], options: WriteOptions): Promise<Receipt> {
    let cut = (_reason: unknown): void => {}
    const delay = new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(this.#delayMs, resolve)
      cut = (reason) => {
        cancel()
        reject(reason)
      }
    })
    this.#delays.add(cut)
    try {
      await orAborted(delay, options.signal)
    } catch (reason) {
      cut(reason)
      throw reason
    } finally {
      this.#delays.delete(cut)
    }
    return this.#inner.write(items, options)
  }

  async #close(limitMs: number): Promise<void> {
    const deadline = new Deadline(this.#clock, limitMs)
    const errors: Error[] = []
    if (!(await deadline.meets(Promise.allSettled(this.#open)))) {
      const facts = { writes: this.#open.size }
      const message = `slow sink: after ${limitMs} ms, ${facts.writes} writes were on their way`
      const error = new RelayError('DEADLINE_EXCEEDED', message, { facts })
      for (const cut of this.#delays) cut(error)
      errors.push(error)
    }
    await deadline.close(this.#inner).catch((thrown: unknown) => errors.push(toError(thrown)))
    throwAll(errors, 'closing a slow sink')
  }
}
