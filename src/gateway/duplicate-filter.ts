import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { orAborted } from '../sink/watch-abort.ts'
import type { Counter, Metrics } from '../telemetry.ts'
import type { DuplicateWindow, SeenEvent } from './duplicate-window.ts'
import type { EventItem, GatewayItem } from './gateway-item.ts'
import { type Kept, noneRepeated } from './kept.ts'
import { storedLateCounter } from './stored-late.ts'

export interface DuplicateFilterOptions {
  readonly inner: Sink<GatewayItem>
  readonly window: DuplicateWindow
  readonly metrics: Metrics
}

type TrackedItem = EventItem & { readonly id: string }

interface Repeat {
  readonly item: TrackedItem
  readonly outcome: Promise<unknown>
}

/**
 * Keeps an event that is posted again from being stored again. The sender of a repeat hears what became of the first copy:
 *
 * - stored: the repeat is a duplicate, and the write resolves.
 * - under way: the write waits for it.
 * - failed: the repeat counts as new.
 *
 * A write that is aborted leaves its events under way, because their sender is going to post them again and will be
 * answered from the copy that is there; taking it back would only move the event behind those of others. Events without
 * an id cannot be recognised, and are withdrawn as usual.
 *
 * An id that comes with another content is another event as far as anybody can tell: it is stored.
 */
export class DuplicateFilter implements Sink<GatewayItem, Kept> {
  readonly #inner: Sink<GatewayItem>
  readonly #window: DuplicateWindow
  readonly #storedLate: Counter
  #closed = false

  constructor({ inner, window, metrics }: DuplicateFilterOptions) {
    this.#inner = inner
    this.#window = window
    this.#storedLate = storedLateCounter(metrics)
  }

  async write(items: readonly GatewayItem[], options: WriteOptions = {}): Promise<Kept> {
    if (this.#closed) throw new SinkClosedError()
    const { signal } = options
    signal?.throwIfAborted()
    const { fresh, repeats, conflicts } = this.#sort(items)
    // No await before this: the order of calls is the order of what is stored.
    const written = this.#store(fresh, signal)
    const repeated = this.#settled(repeats, options)
    try {
      const [, later] = await orAborted(Promise.all([written, repeated]), signal)
      return { duplicates: later.duplicates, conflicts: conflicts + later.conflicts }
    } catch (error) {
      // The sender is told that nothing is stored, which is not true of what is, or will be in a moment.
      this.#countStored(
        fresh.length,
        written.then(() => noneRepeated),
      )
      this.#countStored(repeats.length, repeated)
      throw error
    }
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closed = true
    return this.#inner.close(options)
  }

  /** Tells items to store from repeats. An event that stands twice in one notification is stored once. */
  #sort(items: readonly GatewayItem[]): { fresh: GatewayItem[]; repeats: Repeat[]; conflicts: number } {
    const fresh: GatewayItem[] = []
    const repeats: Repeat[] = []
    const own = new Map<string, string>()
    let conflicts = 0
    for (const item of items) {
      if (!this.#isTracked(item)) {
        fresh.push(item)
        continue
      }
      const digest = textOf(item.digest)
      const seen = this.#window.find(item.id)
      const known = own.get(item.id) ?? seen?.digest
      if (known !== digest) {
        if (known !== undefined) conflicts++
        own.set(item.id, digest)
        fresh.push(item)
      } else {
        // Of this notification itself: has the outcome of the whole.
        const outcome = own.has(item.id) ? undefined : seen?.outcome
        repeats.push({ item, outcome: outcome ?? Promise.resolve() })
      }
    }
    return { fresh, repeats, conflicts }
  }

  #isTracked(item: GatewayItem): item is TrackedItem {
    return this.#window.enabled && item.kind === 'event' && item.id !== undefined
  }

  #store(items: readonly GatewayItem[], signal: AbortSignal | undefined): Promise<unknown> {
    if (items.length === 0) return Promise.resolve()
    const tracked = items.filter((item) => this.#isTracked(item))
    const options = tracked.length > 0 || signal === undefined ? {} : { signal }
    const written = this.#inner.write(items, options)
    const entries = tracked.map(
      ({ id, digest }) => [id, this.#window.add(id, textOf(digest), written)] as const,
    )
    written.then(
      () => {
        for (const [, seen] of entries) this.#window.settled(seen)
      },
      () => this.#forget(entries),
    )
    return written
  }

  /** A method of its own: what waits for a disk or for Kafka, maybe for hours, holds no more than it needs. */
  #countStored(items: number, storing: Promise<Kept>): void {
    storing.then(
      ({ duplicates }) => this.#storedLate.add(items - duplicates),
      () => undefined,
    )
  }

  #forget(entries: readonly (readonly [string, SeenEvent])[]): void {
    for (const [id, seen] of entries) this.#window.forget(id, seen)
  }

  /** Waits for the first copies; those that failed are written again, as new. */
  async #settled(repeats: readonly Repeat[], options: WriteOptions): Promise<Kept> {
    const outcomes = await Promise.allSettled(repeats.map(({ outcome }) => outcome))
    const failed = repeats.filter((_, index) => outcomes[index]?.status === 'rejected')
    if (failed.length === 0) return { duplicates: repeats.length, conflicts: 0 }
    const again = await this.write(
      failed.map(({ item }) => item),
      options,
    )
    return { ...again, duplicates: repeats.length - failed.length + again.duplicates }
  }
}

/** Bytes as a text of as many characters: a third of the memory of a Buffer. */
function textOf(digest: Buffer): string {
  return digest.toString('latin1')
}
