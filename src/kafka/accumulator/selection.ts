import type { Batch } from './batch.ts'
import type { BatchLimit, PartitionQueue } from './partition-queue.ts'

export interface RequestLimits {
  /** Per partition and request. */
  readonly batch: BatchLimit
  /** Per request, over all its partitions. */
  readonly request: BatchLimit
  /** Milliseconds; how long the broker's next request may be held back after its last one began. 0: not at all. */
  readonly paceMs: number
}

/**
 * What a lane sends next. A suspect goes alone; everything else in one group. The two take turns while there is both,
 * so that a partition that stays sick costs the healthy ones of its broker every second request and no more.
 */
export class Selection {
  readonly #limits: Pick<RequestLimits, 'batch' | 'request'>
  #aloneLast = false
  /** Where the next group begins, so that the partitions beyond a full request are not always the same. */
  #turn = 0

  constructor(limits: Pick<RequestLimits, 'batch' | 'request'>) {
    this.#limits = limits
  }

  /**
   * Batches for one request, already frozen, out of the queues that this lane's broker leads; empty if there is nothing
   * to send now.
   */
  next(queues: readonly PartitionQueue[], now: number, suspectsOnly: boolean): readonly Batch[] {
    const suspect = this.#mostOverdue(queues, now)
    const fresh = suspectsOnly ? [] : queues.filter((queue) => queue.flushable)
    if (suspect !== undefined && (fresh.length === 0 || !this.#aloneLast)) {
      this.#aloneLast = true
      return [suspect]
    }
    this.#aloneLast = false
    return this.#group(fresh)
  }

  #mostOverdue(queues: readonly PartitionQueue[], now: number): Batch | undefined {
    let found: PartitionQueue | undefined
    for (const queue of queues) {
      if (queue.flying !== undefined || queue.suspects.length === 0 || queue.retryAt > now) continue
      if (found === undefined || queue.retryAt < found.retryAt) found = queue
    }
    return found?.suspects[0]
  }

  #group(fresh: readonly PartitionQueue[]): readonly Batch[] {
    const { batch, request } = this.#limits
    const group: Batch[] = []
    let records = 0
    let bytes = 0
    for (let i = 0; i < fresh.length; i++) {
      const queue = fresh[(this.#turn + i) % fresh.length] as PartitionQueue
      const room = {
        records: Math.min(batch.records, request.records - records),
        bytes: Math.min(batch.bytes, request.bytes - bytes),
      }
      // The first record of a batch goes whatever its size: with others already in the request it has to fit.
      const first = queue.waiting.first?.bytes ?? 0
      if (group.length > 0 && (room.records < 1 || first > room.bytes)) break
      const frozen = queue.freeze(room)
      // Its first record turned out to lack a part.
      if (frozen.records.length === 0) continue
      group.push(frozen)
      records += frozen.records.length
      bytes += frozen.bytes
    }
    this.#turn = fresh.length === 0 ? 0 : (this.#turn + group.length) % fresh.length
    return group
  }
}
