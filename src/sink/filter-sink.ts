import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from './sink.ts'

/**
 * Takes the items it is to keep to where the inner sink takes them, and takes no further notice of the others: they are what
 * the user does not want, so they are neither counted nor logged. A resolved write is one of the inner sink with its receipt,
 * for the items kept, or undefined if none was: then the inner sink is not asked.
 *
 * Belongs in front of a queue, see `pipeline`. What `keep` throws rejects the write, nothing written.
 */
export class FilterSink<T, Receipt = unknown> implements Sink<T, Receipt | undefined> {
  readonly #inner: Sink<T, Receipt>
  readonly #keep: (item: T) => boolean
  #closed: Promise<void> | undefined

  constructor(inner: Sink<T, Receipt>, keep: (item: T) => boolean) {
    this.#inner = inner
    this.#keep = keep
  }

  async write(items: readonly T[], options: WriteOptions = {}): Promise<Receipt | undefined> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    options.signal?.throwIfAborted()
    // Not in place: the array may be shared with others, and its length is what the writer counts by.
    const kept = items.filter((item) => this.#keep(item))
    return kept.length === 0 ? undefined : this.#inner.write(kept, options)
  }

  /** Closes the inner sink, and returns its outcome. */
  close(options?: CloseOptions): Promise<void> {
    this.#closed ??= this.#inner.close(options)
    return this.#closed
  }
}
