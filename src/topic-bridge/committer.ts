import type { Cancel, Clock } from '../clock.ts'
import { isRelayError } from '../errors.ts'
import type { PartitionCommit } from '../kafka/consumer-port.ts'
import type { BridgeObserver } from './bridge-observer.ts'
import { maxMetadataLength } from './completion-map.ts'

/** A partition that has something to commit from time to time. */
export interface Committable {
  /** What a commit would say now; undefined where nothing has changed since the last one. */
  due(maxMetadata: number): PartitionCommit | undefined
  /** The group has what {@link due} said last. */
  confirmed(commit: PartitionCommit): void
  /** It has not, as far as is known. */
  refused(): void
}

export interface CommitterOptions {
  readonly commit: (offsets: readonly PartitionCommit[]) => Promise<void>
  /** Between two commits, milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly observer: BridgeObserver
}

/** After a refusal; the group may be changing its coordinator. */
const afterFailureMs = 1_000
/** With less there is no map worth having. */
const leastMetadata = 64

/**
 * Commits all partitions of a bridge together: one request, whose cost is that of a delivery, instead of one for each.
 *
 * idle → a change: at once, so that a crash after a quiet time repeats nothing → open: one request at a time, with what all
 * partitions have by then → a pause → the next, as long as something changes.
 */
export class Committer {
  readonly #options: CommitterOptions
  readonly #changed = new Set<Committable>()
  #open: Promise<void> | undefined
  #notBefore = 0
  #timer: Cancel | undefined
  #maxMetadata = maxMetadataLength

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** There is something to commit of it. */
  changed(partition: Committable): void {
    this.#changed.add(partition)
    this.#plan()
  }

  /** Nothing more is committed of it, unless by {@link flush}. */
  forget(partition: Committable): void {
    this.#changed.delete(partition)
    if (this.#changed.size > 0) return
    this.#timer?.()
    this.#timer = undefined
  }

  /** Commits these, once, after a commit that is open; resolves when that has come to an end. Never rejects. */
  async flush(partitions: readonly Committable[]): Promise<void> {
    while (this.#open !== undefined) await this.#open
    const send = this.#send(partitions)
    this.#open = send
    await send
    this.#open = undefined
    this.#plan()
  }

  #plan(): void {
    if (this.#open !== undefined || this.#timer !== undefined || this.#changed.size === 0) return
    const { clock } = this.#options
    const waitMs = Math.max(0, this.#notBefore - clock.monotonic())
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined
      // A flush, which began while this waited; its end plans the next.
      if (this.#open !== undefined) return
      const partitions = [...this.#changed]
      this.#changed.clear()
      this.#open = this.#send(partitions).then(() => {
        this.#open = undefined
        this.#plan()
      })
    })
  }

  async #send(partitions: readonly Committable[]): Promise<void> {
    const { commit, clock, intervalMs, observer } = this.#options
    const asked = partitions.flatMap((partition) => {
      const due = partition.due(this.#maxMetadata)
      return due === undefined ? [] : [{ partition, due }]
    })
    if (asked.length === 0) return
    const offsets = asked.map(({ due }) => due)
    try {
      await commit(offsets)
      for (const { partition, due } of asked) partition.confirmed(due)
      this.#notBefore = clock.monotonic() + intervalMs
    } catch (thrown) {
      for (const { partition } of asked) partition.refused()
      const again = this.#shorten(thrown, Math.max(...offsets.map(({ metadata }) => metadata.length)))
      if (again) return this.#send(partitions)
      for (const { partition } of asked) this.#changed.add(partition)
      observer.commitFailed(offsets, thrown)
      this.#notBefore = clock.monotonic() + Math.max(intervalMs, afterFailureMs)
    }
  }

  /** The brokers' limit for metadata can be set lower than its default, and their refusal does not say where. */
  #shorten(thrown: unknown, longest: number): boolean {
    if (!isRelayError(thrown, 'COMMIT_METADATA_TOO_LARGE') || longest === 0) return false
    const half = Math.floor(longest / 2)
    this.#maxMetadata = half < leastMetadata ? 0 : half
    this.#options.observer.metadataRefused(longest, this.#maxMetadata)
    return true
  }
}
