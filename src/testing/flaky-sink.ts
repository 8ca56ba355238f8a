import type { Random } from '../clock.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { seededRandom } from './seeded-random.ts'

export interface FlakySinkOptions {
  /** Part of the writes that fails, from 0 to 1. May be changed by {@link FlakySink.errorRate}. */
  readonly errorRate: number
  /** Default 1. */
  readonly seed?: number
  /** What a failing write rejects with. Default: an Error that says nothing about retries. */
  readonly error?: () => Error
  /**
   * `before` (default): the inner sink is not asked. `after`: it has the items, and the writer is told otherwise, as when an
   * answer gets lost: trying again makes a duplicate.
   */
  readonly fails?: 'before' | 'after'
}

/** In front of another sink: rejects some of the writes, by chance, the same ones for the same seed. */
export class FlakySink<T, Receipt = unknown> implements Sink<T, Receipt> {
  /** Part of the writes that fails from now on, from 0 to 1. */
  errorRate: number
  readonly #inner: Sink<T, Receipt>
  readonly #random: Random
  readonly #error: () => Error
  readonly #after: boolean
  #attempts = 0
  #failures = 0
  #closed: Promise<void> | undefined

  constructor(inner: Sink<T, Receipt>, options: FlakySinkOptions) {
    this.errorRate = options.errorRate
    this.#inner = inner
    this.#random = seededRandom(options.seed ?? 1)
    this.#error = options.error ?? (() => new Error('flaky sink: failed by chance'))
    this.#after = options.fails === 'after'
  }

  /** Writes so far, empty ones aside. */
  get attempts(): number {
    return this.#attempts
  }

  get failures(): number {
    return this.#failures
  }

  async write(items: readonly T[], options?: WriteOptions): Promise<Receipt> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    if (items.length === 0) return this.#inner.write(items, options)
    this.#attempts++
    const fails = this.#random() < this.errorRate
    if (!fails) return this.#inner.write(items, options)
    this.#failures++
    if (this.#after) await this.#inner.write(items, options)
    throw this.#error()
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closed ??= this.#inner.close(options)
    return this.#closed
  }
}
