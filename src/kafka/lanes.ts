import { RepeatFilter } from '../repeat-filter.ts'
import type { Batch } from './accumulator/batch.ts'
import type { Entry, EntryList } from './accumulator/entry.ts'
import { PartitionQueue } from './accumulator/partition-queue.ts'
import type { RequestLimits } from './accumulator/selection.ts'
import { kafkaFault } from './kafka-fault.ts'
import { type Gate, Lane, type LaneHost } from './lane.ts'
import type { LanesOptions } from './lanes-options.ts'
import { LeaderWatch } from './leader-watch.ts'
import type { Leaders, ProduceReply } from './producer-port.ts'
import { requestReport } from './publisher-observer.ts'
import { retryDelay } from './retry-delay.ts'
import { judge, type Outcome, type Verdict } from './verdict.ts'

/** Why the producer has to be replaced. */
type Replacement = 'sequence' | 'wrap'

/**
 * The partitions of a topic and one {@link Lane} for each broker that leads some of them. Gate:
 *
 *     shut ──open──▶ open ──a broker lost the producer's sequence──▶ shut, until nothing flies ──▶ replace, open
 *                     └──sequence numbers near their end──▶ suspects only, until none is left and nothing flies ──┘
 *
 * In the first case suspects go out through the new producer, where the broker cannot recognise them: they may be
 * there twice, and that is counted. In the second case there are none, so nothing is doubled.
 */
export class Lanes implements LaneHost {
  readonly #options: LanesOptions
  readonly #lanes = new Map<number, Lane>()
  readonly #watch: LeaderWatch
  readonly #filter: RepeatFilter
  #queues: readonly PartitionQueue[] = []
  #limits: RequestLimits
  #gate: Gate = 'shut'
  #replacement: Replacement | undefined

  constructor(options: LanesOptions) {
    this.#options = options
    this.#limits = options.limits
    this.#filter = new RepeatFilter(options.clock)
    this.#watch = new LeaderWatch({
      clock: options.clock,
      random: options.random,
      needed: () => this.#gate !== 'shut' && this.#queues.some(needsLeader),
      refresh: options.refreshLeaders,
      onError: (error) => this.#say('no news of the partition leaders', error, {}),
    })
  }

  get gate(): Gate {
    return this.#gate
  }

  /** True when no record is anywhere in the lanes. */
  get empty(): boolean {
    return this.#queues.every((queue) => queue.empty)
  }

  /** What somebody has to put right before everything can be sent. */
  get refusal(): Error | undefined {
    return this.#queues.find(({ refusal }) => refusal !== undefined)?.refusal
  }

  /** Monotonic milliseconds at which the oldest record in the lanes was accepted; infinity if there is none. */
  get oldestAcceptedAt(): number {
    return Math.min(...this.#queues.map((queue) => queue.oldestAcceptedAt))
  }

  /** No batch of several records above this. To be told before the first leaders. */
  limitBatches(maxBytes: number): void {
    const { batch } = this.#limits
    this.#limits = { ...this.#limits, batch: { ...batch, bytes: Math.min(batch.bytes, maxBytes) } }
  }

  /** Only while {@link empty}, or for more partitions than before. */
  resize(partitionCount: number): void {
    const queues = this.#queues.slice(0, partitionCount)
    while (queues.length < partitionCount) queues.push(new PartitionQueue(queues.length))
    this.#queues = queues
  }

  setLeaders(leaders: Leaders): void {
    for (const queue of this.#queues) {
      const leader = leaders.get(queue.partition)
      if (leader === queue.leader) continue
      queue.leader = leader
      // What failed, failed at the old leader: the new one is asked at once.
      queue.retryAt = 0
      this.#wake(queue)
    }
    this.#watch.poke()
  }

  push(partition: number, entry: Entry): void {
    const queue = this.#queue(partition)
    queue.waiting.push(entry)
    if (entry.ready) this.#wake(queue, 1)
  }

  /** What held up this list is over. */
  progressed(list: EntryList): void {
    const queue = this.#queues.find(({ waiting }) => waiting === list)
    if (queue !== undefined) this.#wake(queue, 1)
  }

  /** A producer is ready. */
  open(): void {
    this.#gate = 'open'
    this.#replacement = undefined
    for (const queue of this.#queues) {
      queue.sequence = 0
      this.#wake(queue)
    }
    this.#watch.poke()
  }

  /** No request is held back any more, see {@link Lane}. */
  hurry(): void {
    for (const lane of this.#lanes.values()) lane.hurry()
  }

  /** Starts nothing more, for good. */
  stop(): void {
    this.#gate = 'shut'
    this.#watch.stop()
    for (const lane of this.#lanes.values()) lane.stop()
  }

  queuesOf(broker: number): readonly PartitionQueue[] {
    return this.#queues.filter(({ leader }) => leader === broker)
  }

  produce(broker: number, batches: readonly Batch[]): Promise<readonly ProduceReply[]> {
    return this.#options.produce(broker, batches)
  }

  settle(broker: number, batches: readonly Batch[], outcome: Outcome, tookMs: number): void {
    const { topic, metrics, observer } = this.#options
    const verdicts = judge(topic, batches, outcome)
    metrics.request(batches, tookMs)
    observer.request(() => requestReport(topic, broker, verdicts, tookMs))
    for (const verdict of verdicts) {
      const queue = this.#queue(verdict.batch.partition)
      // One by one: a confirmation may end in a change of layout, which must not happen while a batch is in neither place.
      queue.flying = undefined
      this.#carryOut(verdict, queue, batches.length === 1)
      // Its leader may be another lane's by now, which left it alone while it flew.
      this.#wake(queue)
    }
    this.#maybeReplace()
    this.#watch.poke()
  }

  #carryOut(verdict: Verdict, queue: PartitionQueue, alone: boolean): void {
    const { batch } = verdict
    switch (verdict.kind) {
      case 'confirmed':
        this.#confirm(batch, verdict.baseOffset, queue)
        break
      case 'split':
        queue.suspects.unshift(...batch.halves())
        queue.retryAt = 0
        break
      case 'refused':
        this.#options.metrics.givenUp.add('broker')
        this.#options.logger.error(
          { ...verdict.error.facts, err: verdict.error },
          'Kafka refuses a record for good',
        )
        for (const entry of batch.entries) entry.write.refuse(entry.index, verdict.error)
        queue.failures = 0
        queue.refusal = undefined
        this.#options.onDone(batch.entries)
        break
      case 'suspect':
        queue.suspects.unshift(batch)
        this.#suspect(verdict, queue, alone)
        break
    }
  }

  #confirm(batch: Batch, baseOffset: bigint, queue: PartitionQueue): void {
    const { metrics } = this.#options
    const told = baseOffset >= 0n
    if (told) this.#checkOrder(batch, baseOffset, queue)
    queue.failures = 0
    queue.sequence += batch.entries.length
    queue.refusal = undefined
    metrics.confirmed(batch, this.#options.clock.monotonic())
    // As a number, which is a fifth of the time of a bigint; a log that needs more has run for ages.
    const first = Number(baseOffset)
    for (const [i, entry] of batch.entries.entries()) {
      const offset = told ? String(first + i) : '-1'
      entry.write.confirm(entry.index, { partition: batch.partition, offset })
    }
    this.#options.onDone(batch.entries)
    if (queue.sequence >= this.#options.maxSequence) this.#planReplacement('wrap')
  }

  /** An offset at or below the last one: the topic was made anew, or acknowledged records were lost. */
  #checkOrder(batch: Batch, baseOffset: bigint, queue: PartitionQueue): void {
    const { topic, logger, metrics } = this.#options
    const last = queue.lastOffset
    if (last !== undefined && baseOffset <= last) {
      metrics.orderAlarms.add()
      logger.error(
        { topic, partition: batch.partition, offset: String(baseOffset), last: String(last) },
        'Kafka confirmed an offset that is not above the last: was the topic created anew, or did a leader lose records?',
      )
    }
    queue.lastOffset = baseOffset + BigInt(batch.entries.length - 1)
  }

  #suspect(verdict: Extract<Verdict, { kind: 'suspect' }>, queue: PartitionQueue, alone: boolean): void {
    const { failure, error } = verdict
    const { topic, clock, random, metrics, observer } = this.#options
    metrics.retries.add(failure)
    queue.refusal = failure === 'configuration' ? error : undefined
    // In a group nobody knows whose error it was: each batch is tried alone at once, and then it is known.
    const clear = failure === 'leader-moved' || (!alone && failure !== 'retry' && failure !== 'configuration')
    if (clear) {
      queue.retryAt = 0
    } else {
      queue.failures += 1
      queue.retryAt = clock.monotonic() + retryDelay(queue.failures, random, failure)
    }
    if (failure === 'rebuild' && alone) this.#planReplacement('sequence')
    const facts = { partition: queue.partition, reason: failure, attempts: queue.failures }
    observer.retry(() => ({ topic, ...facts, error }))
    if (failure === 'leader-moved') this.#options.logger.debug({ topic, ...facts }, error.message)
    else this.#say('a batch is not confirmed and is sent again', error, facts)
  }

  #planReplacement(reason: Replacement): void {
    if (reason === 'sequence') this.#gate = 'shut'
    else if (this.#gate === 'open') this.#gate = 'suspects-only'
    if (this.#replacement !== 'sequence') this.#replacement = reason
  }

  #maybeReplace(): void {
    if (this.#replacement === undefined) return
    if ([...this.#lanes.values()].some((lane) => lane.flying)) return
    if (this.#replacement === 'wrap' && this.#queues.some(({ suspects }) => suspects.length > 0)) return
    const { metrics, logger, observer, topic } = this.#options
    const reason = this.#replacement
    this.#gate = 'shut'
    metrics.rebuilds.add(reason)
    const facts = {
      topic,
      reason,
      unconfirmed: this.#queues.filter(({ suspects }) => suspects.length > 0).length,
    }
    observer.rebuild(() => facts)
    if (reason === 'wrap') logger.info(facts, 'the producer is replaced before its sequence numbers end')
    else
      logger.error(
        facts,
        'Kafka lost track of the producer, which is replaced: unconfirmed batches may be there twice',
      )
    this.#options.replaceProducer()
  }

  #wake(queue: PartitionQueue, added = 0): void {
    if (queue.leader === undefined) {
      this.#watch.poke()
      return
    }
    let lane = this.#lanes.get(queue.leader)
    if (lane === undefined) {
      lane = new Lane(queue.leader, this, this.#limits, this.#options.clock)
      this.#lanes.set(queue.leader, lane)
    }
    lane.wake(added)
  }

  #queue(partition: number): PartitionQueue {
    const queue = this.#queues[partition]
    if (queue === undefined) throw new RangeError(`no partition ${partition}`)
    return queue
  }

  #say(sentence: string, err: Error, facts: Readonly<Record<string, unknown>>): void {
    const repeated = this.#filter.pass(`${sentence} ${err.message}`)
    if (repeated === undefined) return
    this.#options.logger.warn(
      { topic: this.#options.topic, ...facts, err: kafkaFault(err), repeated },
      sentence,
    )
  }
}

/** What is refused by a leader will be refused by the next, and who leads comes with the answer if that is why. */
function needsLeader({ leader, suspects, refusal, waiting }: PartitionQueue): boolean {
  if (leader === undefined) return suspects.length > 0 || waiting.size > 0
  return suspects.length > 0 && refusal === undefined
}
