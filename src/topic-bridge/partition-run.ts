import type { Clock } from '../clock.ts'
import type { BatchContext, ConsumedRecord, RecordBatch } from '../kafka/consumer-port.ts'
import type { BridgeObserver } from './bridge-observer.ts'
import type { DeliverySlots } from './delivery-slots.ts'
import { KeyLanes, type LaneJob } from './key-lanes.ts'
import { OffsetTracker } from './offset-tracker.ts'
import type { Round } from './round.ts'

export interface PartitionPace {
  /** Between two looks at heartbeat, position and commit while deliveries are under way, milliseconds. */
  readonly tickMs: number
  /** Between two commits of one partition while deliveries are under way, milliseconds. */
  readonly commitIntervalMs: number
  /** When the partition has to be given back: how long the attempts under way may go on, milliseconds. */
  readonly drainMs: number
}

export interface PartitionRunParts {
  readonly slots: DeliverySlots
  readonly round: Round
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

/**
 * One batch of one partition, within one handler call.
 *
 * working: lanes deliver, a ticker heartbeats, moves the position and commits → done, when every record has
 * its outcome → draining, when the round ends or the partition is lost → done. Either way the last act is a
 * commit of `low`, the lowest offset without outcome: a commit never passes a record that was not delivered,
 * and what was delivered above it comes again.
 *
 * The call stays here as long as a record has no outcome, however long its endpoint is down: the heartbeats
 * keep the partition, and nothing more is fetched of it, which bounds the memory.
 */
export class PartitionRun {
  readonly #batch: RecordBatch
  readonly #context: BatchContext
  readonly #parts: PartitionRunParts
  readonly #tracker: OffsetTracker
  readonly #lanes: KeyLanes<PlacedJob>
  #wake: () => void = () => {}
  #committed: bigint
  #committedAt: number
  #resolved: bigint
  /** Index of the record at `low`: for the age of the oldest one. */
  #oldest = 0
  #begun = false
  /** Of all records that an attempt was made for. */
  #highest = -1n

  constructor(batch: RecordBatch, context: BatchContext, parts: PartitionRunParts) {
    const { slots, clock } = parts
    this.#batch = batch
    this.#context = context
    this.#parts = parts
    const start = batch.records[0]?.offset ?? batch.next
    this.#tracker = new OffsetTracker(start)
    this.#committed = start
    this.#resolved = start
    this.#committedAt = clock.monotonic()
    this.#lanes = new KeyLanes({ slots, clock, onIdle: () => this.#wake() })
  }

  /** Rejects only with what the group refused with. */
  async run(): Promise<void> {
    const { round } = this.#parts
    const leave = round.enter(() => this.#wake())
    try {
      await this.#work()
      await this.#drain()
      await this.#conclude()
    } finally {
      leave()
    }
  }

  async #work(): Promise<void> {
    const { round, pace } = this.#parts
    try {
      // First a sign of life: the batch may have waited behind others, and the group moved on meanwhile.
      if (!round.ended) await this.#context.heartbeat()
      if (!this.#mayGoOn()) return
      this.#enqueue()
      while (this.#lanes.unfinished > 0) {
        await this.#sleep(pace.tickMs, () => this.#lanes.unfinished === 0 || round.ended)
        if (!this.#mayGoOn()) return
        if (this.#lanes.unfinished > 0) await this.#tick()
      }
    } catch (thrown) {
      round.end(thrown)
    }
  }

  #enqueue(): void {
    const { job } = this.#parts
    this.#begun = true
    for (const record of this.#batch.records) {
      this.#tracker.begin(record.offset)
      const { offset } = record
      const work = job(record, () => {
        this.#tracker.finish(offset)
      })
      const attempt = (signal: AbortSignal): Promise<number | undefined> => {
        if (offset > this.#highest) this.#highest = offset
        return work.attempt(signal)
      }
      // One lane for all records without a key: nothing says that they do not belong together.
      const key = record.key === null ? 'none' : `key ${record.key.toString('latin1')}`
      this.#lanes.add(key, { offset, attempt })
    }
    this.#tracker.seal(this.#batch.next)
  }

  async #tick(): Promise<void> {
    const { clock, pace } = this.#parts
    this.#moveOn()
    await this.#context.heartbeat()
    const low = this.#tracker.low
    if (low === this.#committed || clock.monotonic() - this.#committedAt < pace.commitIntervalMs) return
    await this.#commit(low)
  }

  /**
   * Gives back what can be given back in `drainMs`. Attempts under way go on, and records that lie below one
   * that was begun are still begun: whatever is delivered above `low` would be delivered again by the next
   * owner, so closing the gaps makes a clean stop one without repeats. What waits for a failing endpoint is
   * dropped at once.
   */
  async #drain(): Promise<void> {
    const { pace, clock } = this.#parts
    const idle = (): boolean => this.#lanes.busy === 0
    const until = clock.monotonic() + pace.drainMs
    this.#lanes.stop(({ offset }) => offset < this.#highest)
    while (!idle() && clock.monotonic() < until) {
      await this.#sleep(Math.min(pace.tickMs, until - clock.monotonic()), idle)
      // The group still counts this member's silence while it waits for it. That it answers "rebalance" is
      // known by now.
      if (!idle()) await this.#context.heartbeat().catch(() => {})
    }
    if (idle()) return
    this.#lanes.abort(new Error('the partition is given back'))
    await this.#sleep(abortGraceMs, idle)
  }

  async #conclude(): Promise<void> {
    const { round, observer } = this.#parts
    const { topic, partition } = this.#batch
    this.#moveOn()
    if (this.#tracker.low > this.#committed) {
      const low = this.#tracker.low
      await this.#commit(low).catch((thrown) => {
        observer.commitFailed(topic, partition, low, thrown)
        round.end(thrown)
      })
    }
    const unfinished = this.#begun ? this.#lanes.unfinished : this.#batch.records.length
    if (unfinished > 0) {
      observer.roundEnded(topic, partition, unfinished, round.reason)
      // Whoever reads the partition next reports it; a number left standing here would be counted beside
      // theirs.
      observer.progress(topic, partition, 0n, undefined)
    }
    if (round.reason !== undefined) throw round.reason
  }

  #mayGoOn(): boolean {
    return !this.#parts.round.ended && this.#context.isActive()
  }

  /** Ends after `ms`, or when it was woken and `done` holds. */
  #sleep(ms: number, done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#wake = () => {}
        cancel()
        resolve()
      }
      const cancel = this.#parts.clock.after(ms, finish)
      this.#wake = () => {
        if (done()) finish()
      }
    })
  }

  async #commit(low: bigint): Promise<void> {
    await this.#context.commit(low)
    this.#committed = low
    this.#committedAt = this.#parts.clock.monotonic()
  }

  #moveOn(): void {
    const { topic, partition, records, highWatermark } = this.#batch
    const low = this.#tracker.low
    if (low > this.#resolved) {
      this.#context.resolve(low)
      this.#resolved = low
    }
    while ((records[this.#oldest]?.offset ?? low) < low) this.#oldest++
    const lag = highWatermark > low ? highWatermark - low : 0n
    this.#parts.observer.progress(topic, partition, lag, records[this.#oldest]?.timestamp)
  }
}
