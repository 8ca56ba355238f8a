import kafkajs from 'kafkajs'
import type { Cancel, Clock } from '../../clock.ts'
import { toError } from '../../errors.ts'
import type { BatchHandler } from '../consumer-port.ts'
import type { KafkaClient } from './client.ts'
import { heldPartition, recordBatch } from './consumer-batch.ts'
import { type ConsumerGroup, type GroupHooks, hookedAssigner, patchConsumerGroup } from './consumer-hooks.ts'
import { ConsumerLife } from './consumer-life.ts'
import { type KafkaConsumerSettings, kafkajsConsumerConfig } from './consumer-settings.ts'

export interface ConsumerSessionOptions {
  readonly kafka: KafkaClient
  readonly groupId: string
  readonly topics: readonly string[]
  readonly settings: Required<KafkaConsumerSettings>
  readonly handler: BatchHandler
  readonly clock: Clock
  /** Each time the group has been joined. */
  readonly onJoin: (partitions: Readonly<Record<string, readonly number[]>>) => void
}

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
  /** By which a batch, and whoever works on it, can tell whether its assignment still stands. */
  #joins = 0
  readonly #fetchedUnder = new WeakMap<object, number>()
  #group: ConsumerGroup | undefined
  #open = false
  #joining: Promise<void> | undefined
  #givingBack: Promise<void> | undefined
  #leaving: Promise<void> | undefined
  #over = false
  readonly #ended: Promise<Error>
  #end: (why: Error) => void = () => {}
  #cancelWatch: Cancel = () => {}

  constructor(options: ConsumerSessionOptions) {
    const { kafka, groupId, settings, clock, onJoin } = options
    this.#options = options
    this.#ended = new Promise((resolve) => {
      this.#end = (why) => {
        this.#over = true
        this.#open = false
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
    this.#consumer.on(CRASH, ({ payload }) => this.#end(payload.error))
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#joins++
      if (this.#going) return
      this.#open = true
      onJoin(payload.memberAssignment)
    })
  }

  /** Member of the group, and heard by it within the last session. */
  get alive(): boolean {
    return !this.#over && this.#joins > 0 && this.#life.silentMs <= this.#options.settings.sessionTimeoutMs
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

  async join(group: ConsumerGroup, join: () => Promise<void>): Promise<void> {
    // Fetchers of two brokers may both find that the group has to be joined anew.
    this.#joining ??= this.#join(group, join).finally(() => {
      this.#joining = undefined
    })
    return this.#joining
  }

  async leave(leave: () => Promise<void>): Promise<void> {
    await this.#giveBack(this.#patienceMs)
    await leave()
  }

  async fetch(fetch: () => Promise<readonly object[]>): Promise<readonly object[]> {
    if (this.#over) throw givenUp()
    const joins = this.#joins
    const batches = await fetch()
    if (joins !== this.#joins) return []
    for (const batch of batches) this.#fetchedUnder.set(batch, joins)
    return batches
  }

  async reset(topic: string, partition: number, reset: () => Promise<void>): Promise<void> {
    // First, because its last commit would undo the reset, and a topic that was made anew would be skipped up
    // to where the old one was read.
    await this.#options.handler.giveBack(this.#patienceMs, { topic, partition })
    await reset()
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
      eachBatch: async (payload) => {
        // kafkajs goes on fetching from one broker while the fetcher of another joins; without the wait it would
        // fetch what is not taken over and over.
        await this.#joining?.catch(() => {})
        const joins = this.#joins
        if (!this.#open || this.#fetchedUnder.get(payload.batch) !== joins) return
        const tenure = {
          stands: () => !this.#over && joins === this.#joins,
          leased: () => this.#life.leased,
        }
        handler.take(recordBatch(payload.batch), heldPartition(payload, tenure))
        // With no await since the look at the joins: kafkajs dies of a TypeError when a partition is resolved
        // that it does not have any more.
        payload.resolveOffset(payload.batch.lastOffset())
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
    if (!this.#going) return
    // kafkajs begins to consume when a join ends after its disconnect, and a member that nobody reads for would
    // keep its partitions.
    await group.leave().catch(() => {})
    throw givenUp()
  }

  /** No batch is handed over from now on, until the group has been joined. Idempotent, never rejects. */
  #giveBack(withinMs: number): Promise<void> {
    this.#open = false
    if (this.#givingBack === undefined) {
      const given = this.#options.handler.giveBack(withinMs)
      const fenced = (): void => {
        this.#joins++
      }
      this.#givingBack = this.#life.beatUntil(given, withinMs, this.#group, fenced).finally(() => {
        this.#givingBack = undefined
      })
    }
    return this.#givingBack
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

  /** kafkajs's disconnect waits for a pending join, which can take a rebalance time-out; we do not. */
  #goAway(deadlineMs: number): Promise<void> {
    this.#leaving ??= new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, resolve)
      const left = (): void => {
        cancel()
        resolve()
      }
      Promise.allSettled([this.#giveBack(deadlineMs), this.#consumer.disconnect()]).then(left, left)
    })
    return this.#leaving
  }
}

/** Not to be tried again: kafkajs then ends for good. */
function givenUp(): Error {
  return new kafkajs.KafkaJSNonRetriableError('the consumer has been given up')
}
