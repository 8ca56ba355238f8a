import { RelayError } from '../../errors.ts'
import type { Published } from '../outgoing-record.ts'
import type { Entry, EntryWrite } from './entry.ts'

/** A record that will never be in the topic, for {@link RelayError.facts}. */
export interface RejectedItem {
  /** Position in the write. */
  readonly index: number
  readonly reason: string
}

/**
 * One call of `write` until it settles. It resolves with one receipt per item when every item is in the topic, and rejects
 * when every item has an outcome and one of them is a refusal: then all others are in the topic, and the caller knows
 * which one to set aside. {@link abandon} rejects at once and leaves the items to their own fate.
 */
export class PendingWrite implements EntryWrite {
  readonly promise: Promise<readonly Published[]>
  /** Of this write; empty until it was admitted. */
  entries: readonly Entry[] = []
  readonly #receipts: Published[]
  #rejected: RejectedItem[] | undefined
  #refusal: Error | undefined
  #open: number
  #confirmed = 0
  #settled = false
  #resolve!: (receipts: readonly Published[]) => void
  #reject!: (error: unknown) => void
  #onSettled: (() => void) | undefined
  readonly #onUnawaited: (records: number) => void

  /** @param onUnawaited told of items that are in the topic although the write was abandoned */
  constructor(items: number, onUnawaited: (records: number) => void = () => {}) {
    this.#open = items
    this.#onUnawaited = onUnawaited
    this.#receipts = new Array(items)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Called once, when the write is settled in whatever way. */
  whenSettled(run: () => void): void {
    this.#onSettled = run
  }

  confirm(index: number, receipt: Published): void {
    this.#receipts[index] = receipt
    this.#confirmed += 1
    if (this.#settled) this.#onUnawaited(1)
    this.#itemDone()
  }

  /** The item will never be in the topic. */
  refuse(index: number, error: Error): void {
    this.#refusal ??= error
    this.#rejected ??= []
    this.#rejected.push({ index, reason: error.message })
    this.#itemDone()
  }

  /** Rejects now, with exactly this reason. */
  abandon(reason: unknown): void {
    if (this.#settled) return
    this.#settle()
    this.#onUnawaited(this.#confirmed)
    this.#reject(reason)
  }

  #itemDone(): void {
    this.#open -= 1
    if (this.#open > 0 || this.#settled) return
    this.#settle()
    if (this.#refusal === undefined) this.#resolve(this.#receipts)
    else this.#reject(this.#refused(this.#refusal))
  }

  #refused(first: Error): Error {
    if (!(first instanceof RelayError)) return first
    return new RelayError(first.code, first.message, {
      cause: first.cause,
      facts: { ...first.facts, rejected: this.#rejected },
    })
  }

  #settle(): void {
    this.#settled = true
    this.#onSettled?.()
  }
}
