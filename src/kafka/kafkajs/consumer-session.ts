import kafkajs from 'kafkajs'
import type { Cancel, Clock } from '../../clock.ts'
import { isRelayError, toError } from '../../errors.ts'
import type { Logger } from '../../telemetry.ts'
import { rootCause } from '../classify.ts'
import type { BatchHandler, PartitionCommit, TopicPartition } from '../consumer-port.ts'
import { kafkaFault } from '../kafka-fault.ts'
import type { KafkaClient } from './client.ts'
import { recordBatch } from './consumer-batch.ts'
import {
  type ConsumerGroup,
  type FetchedBatch,
  type GroupHooks,
  hookedAssigner,
  patchConsumerGroup,
} from './consumer-hooks.ts'
import { ConsumerLife, meansFenced } from './consumer-life.ts'
import { type Assignment, committedOffsets, earliestOffset, endOffsets } from './consumer-offsets.ts'
import { type KafkaConsumerSettings, kafkajsConsumerConfig } from './consumer-settings.ts'
import { notHeld, notReached, Tenure } from './consumer-tenure.ts'

export interface ConsumerSessionOptions {
  readonly kafka: KafkaClient
  readonly groupId: string
  readonly topics: readonly string[]
  readonly settings: Required<KafkaConsumerSettings>
  readonly handler: BatchHandler
  readonly clock: Clock
  readonly logger: Logger
  /** Each time the group has been joined, before anything is handed over. */
  readonly onJoin: (partitions: Assignment) => void
}

/** How long a stop waits for a join, milliseconds. */
const joinPatienceMs = 2_000

/**
 * One kafkajs consumer, from its connect to its end; it is never restarted, a new session takes its place.
 *
 * joining → open: batches are handed over → giving back, before every further join and before leaving → joining
 * again, or over. A batch counts only under the join it was fetched under: the handler reads ahead of what it
 * commits, so one batch fetched before a join and handed over after it would skip what lies between.
 */
export class ConsumerSession implements GroupHooks {
  readonly #options: ConsumerSessionOptions
  readonly #consumer: kafkajs.Consumer
  readonly #life: ConsumerLife
  /** Of the last join. */
  #tenure: Tenure | undefined
  readonly #fetchedUnder = new WeakMap<object, Tenure>()
  #group: ConsumerGroup | undefined
  #open = false
  #joining: Promise<void> | undefined
  #givingBack: Promise<void> | undefined
  #leaving: Promise<void> | undefined
  #over = false
  #left = true
  /** What a crash comes from. */
  #fault: Error | undefined
  readonly #ended: Promise<Error>
  #end: (why: Error) => void = () => {}
  #cancelWatch: Cancel = () => {}

  constructor(options: ConsumerSessionOptions) {
    const { kafka, groupId, settings, clock } = options
    this.#options = options
    this.#ended = new Promise((resolve) => {
      this.#end = (why) => {
        this.#over = true
        this.#open = false
        this.#tenure?.end()
        this.#cancelWatch()
        resolve(why)
      }
    })
    patchConsumerGroup()
    this.#consumer = kafka.consumer({
      ...kafkajsConsumerConfig(groupId, settings),
      partitionAssigners: [hookedAssigner(this)],
    })
    this.#life = new ConsumerLife(clock, settings)
    this.#life.follow(this.#consumer)
    const { CRASH, GROUP_JOIN } = this.#consumer.events
    this.#consumer.on(CRASH, ({ payload }) => this.#end(this.#fault ?? payload.error))
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment))
  }

  /** Member of the group, and heard by it within the last session. */
  get alive(): boolean {
    return this.#tenure?.over === false && this.#life.silentMs <= this.#options.settings.sessionTimeoutMs
  }

  /** The group does not count this member, for all that it has answered. */
  get left(): boolean {
    return this.#left
  }

  /** Over, or about to be. */
  get #going(): boolean {
    return this.#over || this.#leaving !== undefined
  }

  /** The longest that a group is kept waiting. */
  get #patienceMs(): number {
    return this.#options.settings.rebalanceTimeoutMs / 2
  }

  /** Consumes until the consumer is of no more use; resolves with why. Never rejects. */
  async run(): Promise<Error> {
    this.#consume().catch((thrown) => this.#end(toError(thrown)))
    this.#watch()
    const why = await this.#ended
    await this.#goAway(this.#options.settings.sessionTimeoutMs)
    return why
  }

  /** Gives everything back and leaves the group, or goes without leaving it after the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#goAway(deadlineMs)
    this.#end(new Error('stopped'))
  }

  /** See `ConsumerPort.commit`. */
  async commit(offsets: readonly PartitionCommit[]): Promise<void> {
    if (this.#tenure === undefined) throw notHeld(this.#options.groupId)
    const tenure = this.#tenure
    try {
      await tenure.commit(offsets)
    } catch (thrown) {
      const { type } = rootCause(thrown) as { readonly type?: unknown }
      if (meansFenced(type)) tenure.end()
      throw kafkaFault(thrown)
    }
  }

  /** See `ConsumerPort.ends`. Through the sockets of this consumer. */
  async ends(partitions: readonly TopicPartition[]): ReturnType<typeof endOffsets> {
    // Once it is over kafkajs would connect again, and nobody would close that.
    if (this.#group === undefined || this.#going) throw notReached(this.#options.groupId)
    try {
      return await endOffsets(this.#group, partitions)
    } catch (thrown) {
      throw notReached(this.#options.groupId, thrown)
    }
  }

  async join(group: ConsumerGroup, join: () => Promise<void>): Promise<void> {
    // Fetchers of two brokers may both find that the group has to be joined anew.
    this.#joining ??= this.#join(group, join).finally(() => {
      this.#joining = undefined
    })
    return this.#joining
  }

  async leave(leave: () => Promise<void>): Promise<void> {
    await this.#giveBack(this.#patienceMs)
    // Also where somebody did not give back in time: from now on it is somebody else's.
    this.#tenure?.end()
    try {
      await leave()
      this.#left = true
    } catch (thrown) {
      // kafkajs keeps it to itself.
      this.#left ||= meansFenced((thrown as { readonly type?: unknown }).type)
      throw thrown
    }
  }

  async fetch(fetch: () => Promise<readonly FetchedBatch[]>): Promise<readonly FetchedBatch[]> {
    if (this.#over) throw givenUp()
    const tenure = this.#tenure
    const batches = await this.#fetched(fetch)
    if (tenure === undefined || tenure !== this.#tenure) return []
    for (const batch of batches) {
      this.#fetchedUnder.set(batch, tenure)
      // kafkajs goes on behind such a batch by itself, also when it is one from before a join; reading would skip what
      // was given back. And whoever commits has to get past it.
      if (batch.isEmptyDueToFiltering()) {
        batch.isEmpty = () => false
        batch.isEmptyDueToFiltering = () => false
      }
    }
    return batches
  }

  async reset(topic: string, partition: number, reset: () => Promise<void>): Promise<void> {
    const tenure = this.#tenure
    const group = this.#group
    if (tenure === undefined || group === undefined) return
    const place = { topic, partition }
    const position = BigInt(String(group.offsetManager?.nextOffset(topic, partition)))
    // First, because a last commit after it would undo the reset, and a topic that was made anew would be skipped up to
    // where the old one was read.
    await this.#beating(this.#options.handler.giveBack(this.#patienceMs, place), this.#patienceMs)
    // Asked before the reset: when there is no answer, kafkajs comes here again, and the loss is told then.
    const to = await earliestOffset(group, place)
    // Given away meanwhile: the reset would be that of its new owner.
    if (tenure.sealed) return
    const from = tenure.drop(place)?.next ?? position
    await reset()
    this.#options.handler.lost({ ...place, from, to, count: to > from ? to - from : 0n })
  }

  async #fetched(fetch: () => Promise<readonly FetchedBatch[]>): Promise<readonly FetchedBatch[]> {
    try {
      return await fetch()
    } catch (thrown) {
      // A batch in a compression that cannot be read here; kafkajs will crash, and say so with an error of its own.
      if (isRelayError(thrown, 'CONFIG_INVALID')) this.#fault = thrown
      throw thrown
    }
  }

  async #consume(): Promise<void> {
    const { topics, handler } = this.#options
    await this.#consumer.connect()
    // fromBeginning is what happens where the group has no offset, or one that was deleted: "latest" would
    // skip silently.
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        // kafkajs goes on fetching from one broker while the fetcher of another joins; without the wait it would
        // fetch what is not taken over and over.
        await this.#joining?.catch(() => {})
        const tenure = this.#tenure
        if (!this.#open || tenure === undefined || tenure.over) return
        if (this.#fetchedUnder.get(batch) !== tenure) return
        handler.take(recordBatch(batch), tenure.hold(batch))
        // With no await since the look at the tenure: kafkajs dies of a TypeError when a partition is resolved
        // that it does not have any more.
        resolveOffset(batch.lastOffset())
      },
    })
  }

  async #join(group: ConsumerGroup, join: () => Promise<void>): Promise<void> {
    this.#group = group
    await this.#giveBack(this.#patienceMs)
    if (this.#going) throw givenUp()
    try {
      await join()
    } catch (thrown) {
      // kafkajs may go on under the old assignment, of which everything was given back.
      this.#end(toError(thrown))
      throw thrown
    }
    if (!this.#going) return this.#begin(group)
    // kafkajs begins to consume when a join ends after its disconnect, and a member that nobody reads for would
    // keep its partitions.
    await group.leave().catch(() => {})
    throw givenUp()
  }

  #joined(assignment: Assignment): void {
    const group = this.#group
    if (group === undefined || this.#over) return
    this.#left = false
    this.#tenure?.end()
    this.#tenure = new Tenure(group, assignment, () => this.#life.leased)
  }

  /** Asks what the group remembers, then lets batches be handed over. Never rejects. */
  async #begin(group: ConsumerGroup): Promise<void> {
    const tenure = this.#tenure
    if (tenure === undefined) return
    const asked = Promise.all([
      this.#recall(group, tenure),
      // The session began when the answer to the join was sent, the lease when it was asked for: for as long as the
      // members were waited for, nothing could be delivered.
      this.#life.beat(group, () => tenure.end()),
    ])
    await this.#beating(asked, this.#options.settings.sessionTimeoutMs)
    if (tenure.over || this.#going) return
    this.#open = true
    this.#options.onJoin(tenure.assignment)
  }

  async #recall(group: ConsumerGroup, tenure: Tenure): Promise<void> {
    try {
      tenure.remember(await committedOffsets(group, tenure.assignment))
    } catch (thrown) {
      // Reading begins where kafkajs finds that it has to; some of it may have been delivered.
      this.#options.logger.warn(
        { err: kafkaFault(thrown) },
        'the group does not say how far it is; what was delivered out of order may come again',
      )
    }
  }

  /**
   * No batch is handed over from now on, until the group has been joined; and when it is done, no commit is open and
   * none begins. Idempotent, never rejects.
   */
  #giveBack(withinMs: number): Promise<void> {
    this.#open = false
    if (this.#givingBack === undefined) {
      const tenure = this.#tenure
      const given = this.#options.handler.giveBack(withinMs).then(() => tenure?.seal())
      this.#givingBack = this.#beating(given, withinMs).finally(() => {
        this.#givingBack = undefined
        // Not waited for: the time is over, and the broker refuses a commit under the generation of before.
        void tenure?.seal()
      })
    }
    return this.#givingBack
  }

  /** Heartbeats until `done`, or for `withinMs`. Never rejects. */
  #beating(done: Promise<unknown>, withinMs: number): Promise<void> {
    return this.#life.beatUntil(done, withinMs, this.#group, () => this.#tenure?.end())
  }

  /**
   * Ends a session that has gone silent: no heartbeat and no join for longer than any rebalance can take.
   * kafkajs has ways to hang without a crash, for instance in a join whose coordinator went away.
   */
  #watch(): void {
    if (this.#over) return
    const { clock, settings } = this.#options
    const limitMs = settings.rebalanceTimeoutMs + 2 * settings.sessionTimeoutMs
    this.#cancelWatch = clock.after(settings.sessionTimeoutMs, () => {
      if (this.#life.silentMs > limitMs)
        this.#end(new Error(`no sign of life from the consumer for ${limitMs} ms`))
      else this.#watch()
    })
  }

  /** A rejoin can take a rebalance time-out, and kafkajs's disconnect waits for it; we do not. */
  #goAway(deadlineMs: number): Promise<void> {
    this.#leaving ??= new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, resolve)
      const left = (): void => {
        cancel()
        resolve()
      }
      const given = this.#giveBack(deadlineMs)
      Promise.allSettled([given, this.#joinOver(deadlineMs).then(() => this.#consumer.disconnect())]).then(
        left,
        left,
      )
    })
    return this.#leaving
  }

  /**
   * A disconnect does not wait for the first join: it ends the connection on which the member that comes of it has to leave again,
   * and the group would wait for that member's session. Most joins take less than a second.
   */
  #joinOver(deadlineMs: number): Promise<void> {
    const joining = this.#joining
    if (joining === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(Math.min(deadlineMs / 2, joinPatienceMs), resolve)
      const over = (): void => {
        cancel()
        resolve()
      }
      joining.then(over, over)
    })
  }
}

/** Not to be tried again: kafkajs then ends for good. */
function givenUp(): Error {
  return new kafkajs.KafkaJSNonRetriableError('the consumer has been given up')
}
