import { setMaxListeners } from 'node:events'
import { RelayError, toError } from '../errors.ts'
import { BoundedBuffer, type BufferEntry, type BufferLimits } from './bounded-buffer.ts'
import type { DropReason } from './observe.ts'
import type { WriteOptions } from './sink.ts'

export type WhenFull = 'block' | 'reject' | 'drop-oldest' | 'drop-newest'

export interface LaneSettings<T> extends BufferLimits {
  readonly maxInFlight: number
  /** Undefined: bytes do not count. */
  readonly sizeOf: ((item: T) => number) | undefined
  readonly whenFull: WhenFull
}

/** Whom a lane belongs to: writes for it, and is told what becomes of the items. Must not throw but from `write`. */
export interface LaneOwner<T> {
  write(items: readonly T[], options: WriteOptions): Promise<unknown>
  entered(items: readonly T[]): void
  left(items: readonly T[]): void
  lost(items: readonly T[], error: Error): void
  dropped(items: readonly T[], reason: DropReason): void
}

/** A write that found no room for all of its items. */
interface Waiter<T> {
  readonly items: readonly T[]
  readonly sizes: readonly number[]
  readonly block: object
  /** Index of the first item that is still outside. */
  next: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

type Batch<T> = readonly BufferEntry<T>[]

/**
 * A bounded queue in front of one sink, and the hand that empties it.
 *
 *     offer → (waiter, while there is no room) → buffer → in flight → left
 *
 * Items leave in the order of `offer`. What was offered together is written together, unless it had to wait for room in
 * parts or lost some of its items to newer ones.
 */
export class Lane<T> {
  readonly #settings: LaneSettings<T>
  readonly #owner: LaneOwner<T>
  readonly #buffer: BoundedBuffer<T>
  readonly #abort = new AbortController()
  readonly #inFlight = new Set<Batch<T>>()
  #waiters: Waiter<T>[] = []
  #drains: { readonly upTo: number; readonly resolve: () => void }[] = []
  #places = 0

  constructor(settings: LaneSettings<T>, owner: LaneOwner<T>) {
    this.#settings = settings
    this.#owner = owner
    this.#buffer = new BoundedBuffer(settings)
    // Every write under way may listen; the warning about a leak from the eleventh on would be wrong.
    setMaxListeners(0, this.#abort.signal)
  }

  get waiting(): number {
    return this.#buffer.size
  }

  get waitingBytes(): number {
    return this.#buffer.bytes
  }

  get inFlight(): number {
    let items = 0
    for (const batch of this.#inFlight) items += batch.length
    return items
  }

  /**
   * Takes the items before it returns, or as soon as there is room.
   *
   * @param block names the write, for {@link withdraw}
   * @returns undefined if all are taken; else a promise for that, which rejects when they are withdrawn or refused
   * @throws RelayError TOO_LARGE, QUEUE_FULL: nothing was taken; and what `sizeOf` throws
   */
  offer(items: readonly T[], block: object): Promise<void> | undefined {
    const { whenFull, sizeOf } = this.#settings
    const sizes = items.map((item) => (sizeOf === undefined ? 0 : checkedSize(sizeOf(item))))
    if (whenFull === 'drop-oldest' || whenFull === 'drop-newest') {
      this.#force(items, sizes, block)
      return undefined
    }
    this.#refuseImpossible(sizes)
    if (whenFull === 'reject') this.#refuseIfFull(sizes)
    return this.#enter(items, sizes, block)
  }

  /** True while a write has items that found no room yet. */
  waits(block: object): boolean {
    return this.#waiters.some((waiter) => waiter.block === block)
  }

  /**
   * Takes back what of a write is not in flight, and rejects its promise. To be asked before: {@link waits}. Items of a write
   * that has been promised to its caller already are not for anybody to take back.
   */
  withdraw(block: object, reason: unknown): void {
    const refused = this.#waiters.filter((waiter) => waiter.block === block)
    this.#waiters = this.#waiters.filter((waiter) => waiter.block !== block)
    this.#takeBack(block)
    for (const waiter of refused) waiter.reject(reason)
    this.#advance()
  }

  /** Ends the waiting for room: with an error, writes are rejected and taken back; without, what is outside is forgotten. */
  refuseWaiters(error?: Error): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (error !== undefined) this.#takeBack(waiter.block)
      if (error === undefined) waiter.resolve()
      else waiter.reject(error)
    }
    this.#settleDrains()
  }

  /** Resolves when everything taken so far has left, whatever is offered meanwhile. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drains.push({ upTo: this.#places, resolve })
      this.#settleDrains()
    })
  }

  /** Ends all waits of {@link drained}. */
  stopDraining(): void {
    for (const { resolve } of this.#drains.splice(0)) resolve()
  }

  /** Drops what waits. What is under way goes on. Returns how many. */
  dropWaiting(reason: DropReason): number {
    const dropped = this.#buffer.remove(() => true)
    if (dropped.length > 0) this.#owner.dropped(itemsOf(dropped), reason)
    this.#settleDrains()
    return dropped.length
  }

  /** Aborts what is under way, and counts it as lost now: a sink that ignores its signal must not hold us up. For good. */
  abandonInFlight(error: Error): number {
    this.#abort.abort(error)
    const abandoned = [...this.#inFlight]
    for (const batch of abandoned) this.#land(batch, error)
    return abandoned.reduce((sum, batch) => sum + batch.length, 0)
  }

  #refuseImpossible(sizes: readonly number[]): void {
    const { maxBytes, maxItems, whenFull } = this.#settings
    const index = sizes.findIndex((bytes) => bytes > maxBytes)
    if (index >= 0) {
      const facts = { index, bytes: sizes[index], maxBytes }
      throw new RelayError(
        'TOO_LARGE',
        `queue: item ${index} of the write has ${sizes[index]} bytes, maxBytes is ${maxBytes}`,
        { facts },
      )
    }
    const bytes = sum(sizes)
    if (whenFull === 'reject' && (sizes.length > maxItems || bytes > maxBytes)) {
      throw new RelayError(
        'TOO_LARGE',
        `queue: a write of ${sizes.length} items and ${bytes} bytes can never fit; maxItems is ${maxItems}, maxBytes is ${maxBytes}`,
        { facts: { items: sizes.length, bytes, maxItems, maxBytes } },
      )
    }
  }

  #refuseIfFull(sizes: readonly number[]): void {
    const { maxBytes, maxItems } = this.#settings
    const { size: items, bytes } = this.#buffer
    if (items + sizes.length <= maxItems && bytes + sum(sizes) <= maxBytes) return
    throw new RelayError(
      'QUEUE_FULL',
      `queue: no room for ${sizes.length} more items; ${items} of maxItems ${maxItems} and ${bytes} of maxBytes ${maxBytes} are waiting`,
      { facts: { items, bytes, maxItems, maxBytes } },
    )
  }

  /** For the policies that take everything and give up something for it. */
  #force(items: readonly T[], sizes: readonly number[], block: object): void {
    const oldest = this.#settings.whenFull === 'drop-oldest'
    this.#owner.entered(items)
    items.forEach((item, i) => {
      const bytes = sizes[i] as number
      if (bytes > this.#settings.maxBytes) {
        this.#owner.dropped([item], 'too-large')
        return
      }
      while (oldest && !this.#buffer.fits(bytes)) {
        this.#owner.dropped([(this.#buffer.shift() as BufferEntry<T>).item], 'full')
      }
      if (this.#buffer.fits(bytes)) this.#push(item, bytes, block)
      else this.#owner.dropped([item], 'full')
    })
    this.#advance()
  }

  /** Takes what fits; the rest waits behind those who wait already. */
  #enter(items: readonly T[], sizes: readonly number[], block: object): Promise<void> | undefined {
    const waiter: Waiter<T> = { items, sizes, block, next: 0, resolve() {}, reject() {} }
    if (this.#waiters.length === 0) this.#admit(waiter)
    let taken: Promise<void> | undefined
    if (waiter.next < items.length) {
      taken = new Promise((resolve, reject) => Object.assign(waiter, { resolve, reject }))
      this.#waiters.push(waiter)
    }
    // Taking a batch in hand may make the room that was missing.
    this.#advance()
    return waiter.next === items.length ? undefined : taken
  }

  /** Lets in as much of a write as there is room for. */
  #admit(waiter: Waiter<T>): void {
    const { items, sizes, block, next } = waiter
    while (waiter.next < items.length && this.#buffer.fits(sizes[waiter.next] as number)) {
      this.#push(items[waiter.next] as T, sizes[waiter.next] as number, block)
      waiter.next++
    }
    if (waiter.next > next) this.#owner.entered(items.slice(next, waiter.next))
  }

  #push(item: T, bytes: number, block: object): void {
    this.#buffer.push({ item, bytes, block, place: this.#places++ })
  }

  /** Everything that may happen after room or a hand became free. */
  #advance(): void {
    for (;;) {
      const waiter = this.#waiters[0]
      if (waiter !== undefined) this.#admit(waiter)
      if (waiter !== undefined && waiter.next === waiter.items.length) {
        this.#waiters.shift()
        waiter.resolve()
      } else if (!this.#launch()) break
    }
    this.#settleDrains()
  }

  /** Takes the next batch in hand: at once, so that it takes no room any more. Its write follows in a microtask. */
  #launch(): boolean {
    if (this.#inFlight.size >= this.#settings.maxInFlight || this.#buffer.size === 0) return false
    const batch = this.#buffer.shiftBlock()
    this.#inFlight.add(batch)
    // Not within `offer`: a sink that writes back to where it hangs would find the round of that writer half done.
    void Promise.resolve().then(() => this.#write(batch))
    return true
  }

  async #write(batch: Batch<T>): Promise<void> {
    // Abandoned before it was begun.
    if (!this.#inFlight.has(batch)) return
    try {
      await this.#owner.write(itemsOf(batch), { signal: this.#abort.signal })
      this.#land(batch, undefined)
    } catch (thrown) {
      this.#land(batch, toError(thrown))
    }
  }

  #land(batch: Batch<T>, error: Error | undefined): void {
    if (!this.#inFlight.delete(batch)) return
    const items = itemsOf(batch)
    if (error !== undefined) this.#owner.lost(items, error)
    this.#owner.left(items)
    this.#advance()
  }

  #takeBack(block: object): void {
    const removed = this.#buffer.remove((entry) => entry.block === block)
    if (removed.length > 0) this.#owner.left(itemsOf(removed))
  }

  #settleDrains(): void {
    if (this.#drains.length === 0) return
    let first = this.#buffer.first?.place ?? Number.POSITIVE_INFINITY
    for (const batch of this.#inFlight) first = Math.min(first, batch[0]?.place ?? first)
    const done = this.#drains.filter(({ upTo }) => upTo <= first)
    this.#drains = this.#drains.filter(({ upTo }) => upTo > first)
    for (const { resolve } of done) resolve()
  }
}

function itemsOf<T>(entries: readonly BufferEntry<T>[]): T[] {
  return entries.map(({ item }) => item)
}

/** A size that is no number fits nowhere and exceeds nothing: its write would wait for ever. */
function checkedSize(bytes: number): number {
  if (bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return bytes
  throw new RelayError('CONFIG_INVALID', `queue: sizeOf must return bytes, a number from 0 on, not ${bytes}`)
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, bytes) => total + bytes, 0)
}
