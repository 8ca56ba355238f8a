import type kafkajs from 'kafkajs'
import { type Cancel, type Clock, within } from '../../clock.ts'
import { toError } from '../../errors.ts'
import { rootCause } from '../classify.ts'
import type { ConsumedRecord } from '../consumer-port.ts'
import type { SpanProgress } from '../span-progress.ts'
import type { KafkaClient } from './client.ts'
import { recordBatch } from './consumer-batch.ts'

export interface SpanRunOptions {
  readonly kafka: KafkaClient
  readonly groupId: string
  readonly topic: string
  /** Where it goes on, and how far it came. */
  readonly progress: SpanProgress
  readonly onRecord: (record: ConsumedRecord) => void | Promise<void>
  /** The group has been joined, again after each loss of it. */
  readonly onJoined?: (() => void) | undefined
  /** Partitions that are read anew, see {@link SpanProgress.found}, with the offsets that come first. */
  readonly onAnew?: ((starts: ReadonlyMap<number, bigint>) => void) | undefined
  /** Without any progress for so long it is looked whether there is anything left to read. Default 2,000. */
  readonly lookMs?: number
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

const sessionTimeoutMs = 30_000
const heartbeatMs = 3_000
const defaultLookMs = 2_000
/** kafkajs has ways to hang in a disconnect; nothing depends on its end. */
const leaveMs = 5_000

/**
 * One kafkajs consumer that reads one span and is gone.
 *
 * The one member of a group that commits nothing: at every join, also one that the broker or the client wants in the middle,
 * it is put where {@link SpanProgress} is, and what it brings a second time is passed over. It does not say when it has read
 * everything, so its end comes from offsets: of records, of batches that hold no record that may be seen, and, where
 * neither comes, of what the broker says the partitions hold.
 */
export class SpanRun {
  readonly #options: SpanRunOptions
  readonly #consumer: kafkajs.Consumer
  readonly #fromClient = new WeakSet<Error>()
  readonly #over: Promise<void>
  #resolve: () => void = () => {}
  #reject: (why: unknown) => void = () => {}
  #ended = false
  #working = false
  #lookedAt = ''
  #cancelLook: Cancel = () => {}

  constructor(options: SpanRunOptions) {
    this.#options = options
    this.#over = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#consumer = options.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: 250,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8, restartOnFailure: async () => false },
    })
  }

  /** The client's own failure, and not one of whoever takes the records. */
  isFromClient(thrown: unknown): boolean {
    return thrown instanceof Error && this.#fromClient.has(thrown)
  }

  /** Resolves when all has been read. Called once. */
  async finished(): Promise<void> {
    if (this.#options.progress.done) return
    const { clock, signal } = this.#options
    const onAbort = (): void => this.#fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#consume().catch((thrown) => this.#failClient(toError(thrown)))
    this.#watch()
    try {
      await this.#over
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#cancelLook()
      await within(clock, leaveMs, this.#consumer.disconnect()).catch(() => {})
    }
  }

  async #consume(): Promise<void> {
    const { topic } = this.#options
    const { CRASH, GROUP_JOIN, END_BATCH_PROCESS } = this.#consumer.events
    this.#consumer.on(CRASH, ({ payload }) => this.#failClient(payload.error))
    this.#consumer.on(GROUP_JOIN, () => {
      this.#seek()
      this.#options.onJoined?.()
    })
    // Also of batches without a record that may be seen, which are handed to nobody.
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (!this.#ended) this.#passed(payload.partition, BigInt(payload.lastOffset) + 1n)
    })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: true })
    if (this.#ended) return
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        await this.#lookWhenShort(payload.batch)
        for (const record of recordBatch(payload.batch).records) {
          if (this.#ended) return
          if (!this.#options.progress.wants(record.partition, record.offset)) continue
          await this.#take(record, payload)
        }
        payload.resolveOffset(payload.batch.lastOffset())
      },
    })
  }

  async #take(record: ConsumedRecord, { heartbeat }: kafkajs.EachBatchPayload): Promise<void> {
    this.#working = true
    let lost: Error | undefined
    try {
      const taken = this.#options.onRecord(record)
      if (taken !== undefined) lost = await this.#beatWhile(taken, heartbeat)
    } catch (thrown) {
      this.#fail(thrown)
      return
    } finally {
      this.#working = false
    }
    this.#passed(record.partition, record.offset + 1n)
    // Only now: the record is not to be taken again after the join that this leads to.
    if (lost !== undefined && !this.#ended) throw lost
  }

  /** Waits for the work, with heartbeats meanwhile. @returns why the group wants to be joined anew */
  async #beatWhile(work: Promise<void>, heartbeat: () => Promise<void>): Promise<Error | undefined> {
    const { clock } = this.#options
    let cancel: Cancel = () => {}
    let lost: Error | undefined
    let over = false
    const next = (): void => {
      cancel = clock.after(heartbeatMs, () => {
        heartbeat().then(
          () => {
            if (!over) next()
          },
          (thrown) => {
            lost = toError(thrown)
          },
        )
      })
    }
    next()
    try {
      await work
    } finally {
      over = true
      cancel()
    }
    return lost
  }

  #seek(): void {
    const { topic } = this.#options
    for (const [partition, next] of this.#options.progress.unfinished) {
      this.#consumer.seek({ topic, partition, offset: String(next) })
    }
  }

  #passed(partition: number, next: bigint): void {
    this.#options.progress.passed(partition, next)
    if (this.#options.progress.done) this.#end()
  }

  /**
   * Nothing comes any more of a partition whose last records were deleted while it was read, or of a topic that is gone; the
   * client goes on asking for ever.
   */
  #watch(): void {
    const { clock, progress, lookMs = defaultLookMs } = this.#options
    this.#cancelLook = clock.after(lookMs, async () => {
      const where = progress.unfinished.join(' ')
      if (!this.#working && where === this.#lookedAt) await this.#look()
      this.#lookedAt = where
      if (!this.#ended) this.#watch()
    })
  }

  /**
   * The partition ends before what was read of it, so it is not the same any more. The client has gone to its beginning by
   * itself; this batch may hold what comes first.
   */
  async #lookWhenShort({ partition, highWatermark }: kafkajs.Batch): Promise<void> {
    const next = this.#options.progress.nextOf(partition)
    if (next !== undefined && BigInt(highWatermark) < next) await this.#look()
  }

  async #look(): Promise<void> {
    const { kafka, topic, progress } = this.#options
    const admin = kafka.admin()
    const asked = new Map(progress.unfinished)
    const anew = new Map<number, bigint>()
    try {
      await admin.connect()
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        // What has been read meanwhile may lie behind the end that the answer knows.
        if (progress.nextOf(partition) !== asked.get(partition)) continue
        if (progress.found(partition, BigInt(low), BigInt(high))) anew.set(partition, BigInt(low))
      }
      if (progress.done) this.#end()
      if (anew.size === 0 || this.#ended) return
      this.#options.onAnew?.(anew)
      this.#seek()
    } catch (thrown) {
      const { type } = rootCause(thrown) as Error & { readonly type?: unknown }
      // Of anything else the consumer finds out by itself, and knows for how long to try on.
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION') this.#failClient(toError(thrown))
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }

  #end(): void {
    this.#ended = true
    this.#resolve()
  }

  #fail(why: unknown): void {
    this.#ended = true
    this.#reject(why)
  }

  #failClient(error: Error): void {
    this.#fromClient.add(error)
    this.#fail(error)
  }
}
