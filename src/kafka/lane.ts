import type { Cancel, Clock } from '../clock.ts'
import { toError } from '../errors.ts'
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
  settle(batches: readonly Batch[], outcome: Outcome, tookMs: number): void
}

/**
 * One leader broker, one request in flight. What costs is the number of produce requests, not their size, so everything
 * that the broker leads shares the request.
 *
 *     idle ──wake──▶ scheduled ──soon──▶ flying ──settled──▶ scheduled …
 *                        └─ nothing to send ─▶ idle (with a timer if a suspect is not due yet)
 *
 * Scheduled is one turn of the event loop: all writes of that turn share the request, and a single writer
 * waits for nobody. While flying, records accumulate; that is the batching.
 */
export class Lane {
  readonly broker: number
  readonly #clock: Clock
  readonly #host: LaneHost
  readonly #selection: Selection
  #flying = false
  #scheduled: Cancel | undefined
  #retry: Cancel | undefined

  constructor(broker: number, host: LaneHost, limits: RequestLimits, clock: Clock) {
    this.broker = broker
    this.#host = host
    this.#selection = new Selection(limits)
    this.#clock = clock
  }

  get flying(): boolean {
    return this.#flying
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#flying || this.#scheduled !== undefined) return
    this.#scheduled = this.#clock.soon(() => {
      this.#scheduled = undefined
      this.#flush()
    })
  }

  /** No timer of this lane fires any more. A request under way still settles. */
  stop(): void {
    this.#scheduled?.()
    this.#scheduled = undefined
    this.#disarm()
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
    this.#host.settle(batches, outcome, this.#clock.monotonic() - startedAt)
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
