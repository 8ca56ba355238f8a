import type { Cancel, Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import { Pace } from '../pace.ts'
import type { Batch } from './accumulator/batch.ts'
import type { PartitionQueue } from './accumulator/partition-queue.ts'
import { type RequestLimits, Selection } from './accumulator/selection.ts'
import type { ProduceReply } from './producer-port.ts'
import type { Outcome } from './verdict.ts'

/** What lanes may do: everything, only repeat suspects, or nothing. */
export type Gate = 'open' | 'suspects-only' | 'shut'

export interface LaneHost {
  readonly gate: Gate
  /** The queues that `broker` leads now. */
  queuesOf(broker: number): readonly PartitionQueue[]
  produce(broker: number, batches: readonly Batch[]): Promise<readonly ProduceReply[]>
  /** Judges the outcome and takes every batch out of the air; until then its queue counts as flying. Never throws. */
  settle(broker: number, batches: readonly Batch[], outcome: Outcome, tookMs: number): void
}

/**
 * One leader broker, one request in flight. What costs is the number of produce requests, not their size, so everything
 * that the broker leads shares the request.
 *
 *     idle ──wake──▶ scheduled ──soon──▶ flying ──settled──▶ scheduled …
 *        └──too few yet──▶ held ──enough, or in time──▶ scheduled
 *                          scheduled ──nothing to send──▶ idle (with a timer if a suspect is not due yet)
 *
 * Scheduled is one turn of the event loop: all writes of that turn share the request, and a single writer
 * waits for nobody. While flying, records accumulate; that is the batching. Held is a little more of it, see {@link Pace}.
 */
export class Lane {
  readonly broker: number
  readonly #clock: Clock
  readonly #host: LaneHost
  readonly #selection: Selection
  readonly #pace: Pace
  readonly #fullRequest: number
  #flying = false
  #scheduled: Cancel | undefined
  /** Scheduled for later: {@link #waiting} may still make it now. */
  #held = false
  /** Records to send; only right while held. */
  #waiting = 0
  #retry: Cancel | undefined

  constructor(broker: number, host: LaneHost, limits: RequestLimits, clock: Clock) {
    this.broker = broker
    this.#host = host
    this.#selection = new Selection(limits)
    this.#pace = new Pace(limits.paceMs)
    this.#fullRequest = limits.request.records
    this.#clock = clock
  }

  get flying(): boolean {
    return this.#flying
  }

  /** There may be something to send: `added` records came, or the state of a partition changed. */
  wake(added = 0): void {
    if (this.#flying || (this.#scheduled !== undefined && !this.#held)) return
    // Counted once for each request: what comes while it is held is added up.
    this.#waiting = this.#held ? this.#waiting + added : countWaiting(this.#host.queuesOf(this.broker))
    const holdMs = this.#holdMs()
    if (holdMs === 0) this.#schedule((run) => this.#clock.soon(run))
    else if (!this.#held) {
      this.#schedule((run) => this.#clock.after(holdMs, run))
      this.#held = true
    }
  }

  /** From now on nothing is held. */
  hurry(): void {
    this.#pace.stop()
    this.wake()
  }

  /** No timer of this lane fires any more. A request under way still settles. */
  stop(): void {
    this.#unschedule()
    this.#disarm()
  }

  #holdMs(): number {
    return this.#waiting >= this.#fullRequest ? 0 : this.#pace.holdMs(this.#waiting, this.#clock.monotonic())
  }

  #schedule(when: (run: () => void) => Cancel): void {
    this.#unschedule()
    this.#scheduled = when(() => {
      this.#unschedule()
      this.#flush()
    })
  }

  #unschedule(): void {
    this.#scheduled?.()
    this.#scheduled = undefined
    this.#held = false
  }

  #flush(): void {
    this.#disarm()
    if (this.#flying || this.#host.gate === 'shut') return
    const queues = this.#host.queuesOf(this.broker)
    const now = this.#clock.monotonic()
    const batches = this.#selection.next(queues, now, this.#host.gate === 'suspects-only')
    if (batches.length === 0) this.#armRetry(queues, now)
    else void this.#send(queues, batches, now)
  }

  async #send(
    queues: readonly PartitionQueue[],
    batches: readonly Batch[],
    startedAt: number,
  ): Promise<void> {
    this.#flying = true
    this.#pace.began(startedAt)
    // Marked in the queue, not in the lane: if the partition moves meanwhile, the lane of its new leader sees the mark.
    for (const batch of batches) {
      const queue = queues.find(({ partition }) => partition === batch.partition)
      if (queue === undefined) continue
      if (queue.suspects[0] === batch) queue.suspects.shift()
      queue.flying = batch
    }
    let outcome: Outcome
    try {
      outcome = { replies: await this.#host.produce(this.broker, batches) }
    } catch (error) {
      outcome = { error: toError(error) }
    }
    this.#flying = false
    const now = this.#clock.monotonic()
    const sent = batches.reduce((sum, { records }) => sum + records.length, 0)
    this.#pace.saw(sent + countWaiting(this.#host.queuesOf(this.broker)), now)
    this.#host.settle(this.broker, batches, outcome, now - startedAt)
    this.wake()
  }

  /** Nothing is due: come back when the first suspect is. Its own timer, so that new records need not wait for it. */
  #armRetry(queues: readonly PartitionQueue[], now: number): void {
    const due = Math.min(
      ...queues
        .filter(({ suspects, flying }) => suspects.length > 0 && flying === undefined)
        .map(({ retryAt }) => retryAt),
    )
    if (due === Number.POSITIVE_INFINITY) return
    this.#retry = this.#clock.after(Math.max(1, due - now), () => {
      this.#retry = undefined
      this.wake()
    })
  }

  #disarm(): void {
    this.#retry?.()
    this.#retry = undefined
  }
}

function countWaiting(queues: readonly PartitionQueue[]): number {
  return queues.reduce((sum, { waiting }) => sum + waiting.size, 0)
}
