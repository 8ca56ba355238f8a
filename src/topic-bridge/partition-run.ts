import type { Clock } from '../clock.ts'
import type {
  CommittedOffset,
  ConsumedRecord,
  HeldPartition,
  PartitionCommit,
  RecordBatch,
  TopicPartition,
} from '../kafka/consumer-port.ts'
import type { BridgeObserver } from './bridge-observer.ts'
import type { Committable } from './committer.ts'
import { completionMap } from './completion-map.ts'
import type { Outcome } from './delivered.ts'
import type { EndpointGate } from './endpoint-gate.ts'
import { KeyLanes, type LaneJob } from './key-lanes.ts'
import { OffsetTracker } from './offset-tracker.ts'
import type { PartitionFacts, PartitionStart } from './partition-facts.ts'
import type { PartitionGauges } from './partition-gauges.ts'
import { endProcessing } from './process-span.ts'
import type { RecordHistory } from './record-history.ts'

/** How far reading goes ahead of the lowest offset without outcome. */
export interface Window {
  readonly records: number
  /** Of records without outcome: keys, values and headers. */
  readonly bytes: number
}

/** One record on its way. */
export interface RecordPlace {
  readonly record: ConsumedRecord
  /** Records of one lane are delivered one after the other. */
  readonly lane: string
  readonly history: RecordHistory
}

export interface PartitionRunParts {
  readonly gate: EndpointGate
  readonly clock: Clock
  readonly observer: BridgeObserver
  readonly window: Window
  /** Reading ends before this offset. */
  readonly stopBefore?: bigint | undefined
  /** False, at once, for a record that is not for the endpoint, as far as that can be told without waiting. */
  readonly wants: (record: ConsumedRecord) => boolean
  /** Makes the work for one record; `onOutcome` is called when it may be committed. */
  readonly job: (
    place: RecordPlace,
    mayBegin: () => boolean,
    onOutcome: (outcome: Outcome) => void,
  ) => LaneJob
  readonly onOutcome: (outcome: Outcome, record: ConsumedRecord) => void
  /** There is something to commit. */
  readonly onProgress: (run: PartitionRun) => void
}

/** A record in hand, without its bytes: it stays here until all below it are done, which can be hours. */
interface InHand {
  readonly offset: bigint
  /** When it was received, milliseconds since the epoch. */
  readonly receivedAt: number
  readonly history: RecordHistory
  done: boolean
}

/**
 * After an abort the attempts end by themselves; one that does not must not keep a rebalance waiting. Where there is little
 * time, a tenth of it.
 */
const abortGraceMs = 1_000

/**
 * One partition, from the first batch after a join of the group until it is given back.
 *
 * taking: batches go into the lanes and reading goes on, so that a repository that fails holds up nobody else →
 * paused, while the window is full → taking … → draining: attempts under way may end → ended.
 * What is committed is `low`, the lowest offset without outcome, which never passes a record that was not
 * delivered, and with it which of those above were.
 */
export class PartitionRun implements Committable {
  readonly place: TopicPartition
  readonly #held: HeldPartition
  readonly #parts: PartitionRunParts
  readonly #gauges: PartitionGauges
  readonly #tracker: OffsetTracker<InHand>
  readonly #lanes: KeyLanes<LaneJob>
  readonly #start: PartitionStart
  /** Of the start, ascending. */
  readonly #known: readonly bigint[]
  #bytes = 0
  #paused = false
  #end = 0n
  /** Something has an outcome that no commit says. */
  #dirty = false
  #confirmed: CommittedOffset | undefined
  #sent: CommittedOffset | undefined
  #draining: Promise<void> | undefined
  #ended = false
  #wake: () => void = () => {}

  /** @param start what is known of the partition already */
  constructor(place: TopicPartition, held: HeldPartition, start: PartitionStart, parts: PartitionRunParts) {
    this.place = { topic: place.topic, partition: place.partition }
    this.#held = held
    this.#parts = parts
    this.#gauges = parts.observer.partition(place)
    this.#start = start
    this.#tracker = new OffsetTracker(start.low)
    this.#known = [...start.done].toSorted((a, b) => Number(a - b))
    // The group knows less than this bridge: its next commit says so.
    this.#dirty = held.committed === undefined || start.low > held.committed.next
    this.#lanes = new KeyLanes({ gate: parts.gate, clock: parts.clock, onIdle: () => this.#wake() })
  }

  /** Lanes with something to do. */
  get lanes(): number {
    return this.#lanes.busy
  }

  /** Waits for room, or for what another partition holds. */
  get paused(): boolean {
    return this.#paused
  }

  /** @throws RangeError: the batch begins before the end of the one before */
  take(batch: RecordBatch): void {
    if (this.#draining !== undefined) return
    const { stopBefore } = this.#parts
    let next = batch.next
    for (const record of batch.records) {
      if (stopBefore !== undefined && record.offset >= stopBefore) break
      this.#enqueue(record)
    }
    if (stopBefore !== undefined && next > stopBefore) next = stopBefore
    this.#tracker.seal(next)
    this.sawEnd(batch.highWatermark)
    if (this.#fills(1) || next === stopBefore) {
      this.#paused = true
      this.#held.pause()
    }
    // What is no record moves the low offset too.
    this.#dirty ||= this.#tracker.open === 0
    if (this.#dirty) this.#parts.onProgress(this)
    this.report()
  }

  /** The partition ends here. */
  sawEnd(end: bigint): void {
    if (end > this.#end) this.#end = end
  }

  /** The endpoint works again: what waits for it tries now. */
  hurry(): void {
    this.#lanes.hurry()
  }

  #enqueue(record: ConsumedRecord): void {
    const { offset } = record
    const { low, done, histories } = this.#start
    const { observer } = this.#parts
    observer.consumed()
    // Read again from where the group began, and delivered before.
    if (offset < low) {
      observer.suppressed()
      return
    }
    const history = histories.get(offset) ?? { attempts: 0, failures: 0 }
    const suppressed = done.has(offset)
    const filtered = !suppressed && !this.#parts.wants(record)
    const entry: InHand = { offset, receivedAt: record.timestamp, history, done: suppressed || filtered }
    this.#tracker.begin(entry)
    if (entry.done) {
      this.#dirty = true
      if (suppressed) observer.suppressed()
      else this.#parts.onOutcome('filtered', record)
      return
    }
    observer.held(1)
    const bytes = sizeOf(record)
    this.#bytes += bytes
    const lane = laneOf(record)
    const mayBegin = (): boolean => this.#held.isHeld()
    this.#lanes.add(
      lane,
      this.#parts.job({ record, lane, history }, mayBegin, (outcome) =>
        this.#finished(entry, record, bytes, outcome),
      ),
    )
  }

  #finished(entry: InHand, record: ConsumedRecord, bytes: number, outcome: Outcome): void {
    this.#bytes -= bytes
    this.#tracker.finish(entry)
    endProcessing(entry.history, outcome)
    if (this.#ended) this.#parts.observer.outcomeAfterGivenBack()
    else this.#parts.observer.held(-1)
    this.#dirty = true
    this.#parts.onOutcome(outcome, record)
    if (this.#draining !== undefined) return
    // Not at the first free place: every pause throws away what was just fetched.
    if (this.#paused && !this.#fills(0.5) && this.#tracker.next !== this.#parts.stopBefore) {
      this.#paused = false
      this.#held.resume()
    }
    this.#parts.onProgress(this)
  }

  /** @param share of the window */
  #fills(share: number): boolean {
    const { records, bytes } = this.#parts.window
    return this.#tracker.open >= records * share || this.#bytes >= bytes * share
  }

  due(maxMetadata: number): PartitionCommit | undefined {
    if (!this.#dirty || this.#ended) return undefined
    this.#dirty = false
    const { next, distances } = this.#progress()
    const metadata = completionMap(next, distances, maxMetadata)
    this.#sent = { next, metadata }
    return { ...this.place, next, metadata }
  }

  /**
   * What is done, and as far as is known of what has not been read again yet: a commit in between that left it out would take it
   * out of the group's memory.
   */
  #progress(): { readonly next: bigint; readonly distances: readonly number[] } {
    const above = this.#tracker.doneAbove()
    const ahead = this.#ahead()
    let next = this.#tracker.low
    if (this.#tracker.open > 0) {
      return { next, distances: [...above, ...ahead.map((offset) => Number(offset - next))] }
    }
    // Nothing in hand: what lies next may be done already.
    let at = 0
    while (ahead[at] === next) {
      next++
      at++
    }
    return { next, distances: ahead.slice(at).map((offset) => Number(offset - next)) }
  }

  /** Known to be done, and not read this time; ascending. */
  #ahead(): readonly bigint[] {
    const { next } = this.#tracker
    const last = this.#known.at(-1)
    return last === undefined || last < next ? [] : this.#known.filter((offset) => offset >= next)
  }

  confirmed({ next, metadata }: PartitionCommit): void {
    this.#confirmed = { next, metadata }
  }

  refused(): void {
    this.#dirty = true
  }

  /** Says how far it is. After the {@link end}: how far it was, and how old that is now. */
  report(): void {
    const { low } = this.#tracker
    const lag = this.#end > low ? this.#end - low : 0n
    this.#gauges.set(lag, this.#tracker.oldest?.receivedAt)
  }

  /** Nothing more is said of the partition. */
  forget(): void {
    this.#gauges.remove()
  }

  /**
   * Begins nothing more. Attempts under way go on for the drain time, and are aborted then. What waits is dropped.
   * Idempotent, never rejects; resolves within `withinMs`.
   */
  drain(drainMs: number, withinMs: number): Promise<void> {
    this.#draining ??= this.#drain(drainMs, withinMs)
    return this.#draining
  }

  async #drain(drainMs: number, withinMs: number): Promise<void> {
    this.#lanes.stop()
    const graceMs = Math.min(abortGraceMs, withinMs / 10)
    await this.#idle(Math.min(drainMs, withinMs - graceMs))
    if (this.#lanes.busy === 0) return
    this.#lanes.abort(new Error('the partition is given back'))
    await this.#idle(graceMs)
  }

  /** Records in hand without outcome. */
  get unfinished(): number {
    return this.#tracker.openEntries().length
  }

  /** After the drain and its commit: what is known of the partition. Nothing more is committed. */
  end(): PartitionFacts {
    this.#ended = true
    if (this.#paused) this.#held.resume()
    const { observer } = this.#parts
    const open = this.#tracker.openEntries()
    observer.givenBack(open.length)
    for (const { history } of open) endProcessing(history, 'given_back')
    const { next: low, distances } = this.#progress()
    const { next } = this.#tracker
    return {
      low,
      done: new Set(distances.map((distance) => low + BigInt(distance))),
      commits: [this.#confirmed ?? this.#held.committed, this.#sent].filter((commit) => commit !== undefined),
      histories: new Map([
        ...[...this.#start.histories].filter(([offset]) => offset >= next),
        ...open
          .filter(({ history }) => history.attempts > 0)
          .map(({ offset, history }) => [offset, history] as const),
      ]),
    }
  }

  /** Resolves when no lane is busy, after `ms` at the latest. */
  #idle(ms: number): Promise<void> {
    if (this.#lanes.busy === 0 || ms <= 0) return Promise.resolve()
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

/** One lane for all records without a key: nothing says that they do not belong together. */
function laneOf({ key }: ConsumedRecord): string {
  return key === null ? 'none' : `key ${key.toString('latin1')}`
}

function sizeOf({ key, value, headers }: ConsumedRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, values] of headers) for (const { length } of values) bytes += name.length + length
  return bytes
}
