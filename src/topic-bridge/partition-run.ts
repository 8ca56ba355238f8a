import type { Cancel, Clock } from '../clock.ts'
import type { ConsumedRecord, HeldPartition, RecordBatch, TopicPartition } from '../kafka/consumer-port.ts'
import type { BridgeObserver } from './bridge-observer.ts'
import type { DeliverySlots } from './delivery-slots.ts'
import { KeyLanes, type LaneJob } from './key-lanes.ts'
import { OffsetTracker } from './offset-tracker.ts'

/** How far reading goes ahead of the lowest offset without outcome. */
export interface Window {
  readonly records: number
  /** Of the values without outcome. */
  readonly bytes: number
}

export interface PartitionPace {
  readonly window: Window
  /** Between two commits of one partition, milliseconds. */
  readonly commitIntervalMs: number
  /** When the partition has to be given back: how long the attempts under way may go on, milliseconds. */
  readonly drainMs: number
}

export interface PartitionRunParts {
  readonly slots: DeliverySlots
  readonly clock: Clock
  readonly observer: BridgeObserver
  readonly pace: PartitionPace
  /** Makes the work for one record; `onOutcome` is called when it may be committed. */
  readonly job: (record: ConsumedRecord, onOutcome: () => void) => LaneJob
}

/** A record's work, and where it lies. */
interface PlacedJob extends LaneJob {
  readonly offset: bigint
}

/** After an abort the attempts end by themselves; one that does not must not keep a rebalance waiting. */
const abortGraceMs = 1_000
/** Left of the time for giving back for the commit at its end. */
const commitReserveMs = 1_000
/** How soon an attempt that may not begin asks again; the age of what waits is told as often. */
const lookMs = 1_000

/**
 * One partition, from the first batch after a join of the group until it is given back.
 *
 * taking: batches go into the lanes and reading goes on, so that a repository that fails holds up nobody else →
 * paused, while the window is full → taking … → giving back: attempts under way may end → ended, with a commit.
 * Every commit says `low`, the lowest offset without outcome, and so never passes a record that was not
 * delivered. What was delivered above it comes again after the next join: up to a window of repeats, and only
 * while something fails.
 */
export class PartitionRun {
  readonly #place: TopicPartition
  readonly #held: HeldPartition
  readonly #parts: PartitionRunParts
  readonly #tracker: OffsetTracker
  readonly #lanes: KeyLanes<PlacedJob>
  /** Records without outcome. */
  readonly #inHand = new Map<bigint, ConsumedRecord>()
  #bytes = 0
  #paused = false
  #end = 0n
  /** Of all records that an attempt was made for. */
  #highest = -1n
  #committed: bigint
  #commitNotBefore = 0
  #committing: Promise<void> | undefined
  /** A commit is open, or {@link #look} comes when it is time for one. */
  #commitAhead = false
  #cancelLook: Cancel | undefined
  #ending: Promise<void> | undefined
  #wake: () => void = () => {}

  /** @param start where reading began: what a commit would say now */
  constructor(place: TopicPartition, start: bigint, held: HeldPartition, parts: PartitionRunParts) {
    const { slots, clock } = parts
    this.#place = place
    this.#held = held
    this.#parts = parts
    this.#tracker = new OffsetTracker(start)
    this.#committed = start
    this.#lanes = new KeyLanes({ slots, clock, onIdle: () => this.#wake() })
  }

  /** @throws RangeError: the batch begins before the end of the one before */
  take(batch: RecordBatch): void {
    for (const record of batch.records) this.#enqueue(record)
    this.#tracker.seal(batch.next)
    if (batch.highWatermark > this.#end) this.#end = batch.highWatermark
    if (this.#fills(1)) {
      this.#paused = true
      this.#held.pause()
    }
    this.#look()
  }

  #enqueue(record: ConsumedRecord): void {
    const { offset, key } = record
    this.#tracker.begin(offset)
    this.#inHand.set(offset, record)
    this.#bytes += sizeOf(record)
    const work = this.#parts.job(record, () => this.#finished(record))
    const attempt = async (signal: AbortSignal): Promise<number | undefined> => {
      // After a long standstill the partition may be somebody else's: what is begun now could overtake them.
      if (!this.#held.isHeld()) return lookMs
      if (offset > this.#highest) this.#highest = offset
      return work.attempt(signal)
    }
    // One lane for all records without a key: nothing says that they do not belong together.
    this.#lanes.add(key === null ? 'none' : `key ${key.toString('latin1')}`, { offset, attempt })
  }

  #finished(record: ConsumedRecord): void {
    this.#inHand.delete(record.offset)
    this.#bytes -= sizeOf(record)
    const moved = this.#tracker.finish(record.offset)
    if (this.#ending !== undefined) return
    // Not at the first free place: every pause throws away what was just fetched.
    if (this.#paused && !this.#fills(0.5)) {
      this.#paused = false
      this.#held.resume()
    }
    if (moved && !this.#commitAhead) this.#look()
  }

  /** @param share of the window */
  #fills(share: number): boolean {
    const { records, bytes } = this.#parts.pace.window
    return this.#tracker.open >= records * share || this.#bytes >= bytes * share
  }

  /** Says how far it is, commits when it is time, and looks again as long as there is something to look after. */
  #look(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
    if (this.#ending !== undefined) return
    const { clock } = this.#parts
    const low = this.#tracker.low
    const leftMs = this.#commitNotBefore - clock.monotonic()
    if (low > this.#committed && leftMs <= 0 && this.#committing === undefined) this.#commit(low)
    this.#report()
    this.#commitAhead = low > this.#committed || this.#committing !== undefined
    if (!this.#commitAhead && this.#inHand.size === 0) return
    const soonMs = this.#commitAhead && leftMs > 0 ? Math.min(leftMs, lookMs) : lookMs
    this.#cancelLook = clock.after(soonMs, () => this.#look())
  }

  #report(): void {
    const { topic, partition } = this.#place
    const low = this.#tracker.low
    const lag = this.#end > low ? this.#end - low : 0n
    this.#parts.observer.progress(topic, partition, lag, this.#inHand.get(low)?.timestamp)
  }

  #commit(low: bigint): void {
    const { clock, observer, pace } = this.#parts
    const { topic, partition } = this.#place
    this.#committing = this.#held
      .commit(low)
      .then(
        () => {
          this.#committed = low
          this.#commitNotBefore = clock.monotonic() + pace.commitIntervalMs
        },
        (thrown: unknown) => {
          observer.commitFailed(topic, partition, low, thrown)
          this.#commitNotBefore = clock.monotonic() + Math.max(pace.commitIntervalMs, lookMs)
        },
      )
      .then(() => {
        this.#committing = undefined
        this.#look()
      })
  }

  /**
   * Gives the partition back. Attempts under way go on for the drain time, and records that lie below one that
   * was begun are still begun: whatever is delivered above `low` would be delivered again by the next owner, so
   * closing the gaps makes a clean stop one without repeats. What waits for a failing endpoint is dropped at
   * once. Idempotent, never rejects.
   */
  end(withinMs: number): Promise<void> {
    this.#ending ??= this.#giveBack(withinMs)
    return this.#ending
  }

  async #giveBack(withinMs: number): Promise<void> {
    this.#cancelLook?.()
    const { pace, observer } = this.#parts
    const { topic, partition } = this.#place
    this.#lanes.stop(({ offset }) => offset < this.#highest)
    await this.#idle(Math.min(pace.drainMs, Math.max(0, withinMs - abortGraceMs - commitReserveMs)))
    if (this.#lanes.busy > 0) {
      this.#lanes.abort(new Error('the partition is given back'))
      await this.#idle(Math.min(abortGraceMs, withinMs))
    }
    await this.#committing
    if (this.#tracker.low > this.#committed) this.#commit(this.#tracker.low)
    await this.#committing
    if (this.#paused) this.#held.resume()
    const unfinished = this.#inHand.size
    if (unfinished > 0) observer.givenBack(topic, partition, unfinished)
    // Whoever reads the partition next reports it; a number left standing here would be counted beside theirs.
    observer.progress(topic, partition, 0n, undefined)
  }

  /** Resolves when no lane is busy, after `ms` at the latest. */
  #idle(ms: number): Promise<void> {
    if (this.#lanes.busy === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#wake = () => {}
        cancel()
        resolve()
      }
      const cancel = this.#parts.clock.after(ms, finish)
      this.#wake = finish
    })
  }
}

function sizeOf({ key, value }: ConsumedRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0)
}
