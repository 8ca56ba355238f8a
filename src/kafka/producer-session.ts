import { type Clock, type Random, sleep, within } from '../clock.ts'
import { toError } from '../errors.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import type { Logger } from '../telemetry.ts'
import { classify, rootCause } from './classify.ts'
import { kafkaFault } from './kafka-fault.ts'
import type { OnLeaders, ProduceBatch, ProduceReply, ProducerFactory, ProducerPort } from './producer-port.ts'
import { retryDelay } from './retry-delay.ts'

const closeMs = 5_000

export interface ProducerSessionOptions {
  readonly topic: string
  readonly producer: ProducerFactory
  readonly onLeaders: OnLeaders
  /** The producer is connected and has told the leaders; called again after each {@link ProducerSession.replace}. */
  readonly onReady: () => void
  /** Run once before the first `onReady`; never rejects. */
  readonly prepare: () => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * The one producer that all lanes share, connected in the background and replaced on demand. One for all, because a
 * partition that moved to another lane with another producer would change its producer id, and the broker
 * could not tell a repetition from something new.
 *
 *     new ──start──▶ connecting ──connected, leaders known──▶ ready ──replace──▶ connecting …
 *                     ▲      │ failed: the producer is thrown away, since one whose connect failed
 *                     └──────┘ may have no producer id and then writes without idempotence
 */
export class ProducerSession {
  readonly #options: ProducerSessionOptions
  readonly #stop = new AbortController()
  readonly #filter: RepeatFilter
  #producer: ProducerPort | undefined
  /** Counts the producers made. */
  #generation = 0
  #prepared = false
  #problem: Error | undefined

  constructor(options: ProducerSessionOptions) {
    this.#options = options
    this.#filter = new RepeatFilter(options.clock)
  }

  /** Why there is no connection; undefined while there is one. */
  get problem(): Error | undefined {
    return this.#problem
  }

  start(): void {
    this.#problem = new Error('the first connection to Kafka is being made')
    void this.#connect()
  }

  /** Nothing may be under way. Calls `onReady` when the new producer is. */
  replace(): void {
    const old = this.#producer
    this.#producer = undefined
    this.#generation += 1
    if (old !== undefined) this.#discard(old)
    this.#problem = new Error('the producer is being replaced')
    void this.#connect()
  }

  produce(broker: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceReply[]> {
    return this.#ready().produce(broker, batches)
  }

  refreshLeaders(): Promise<void> {
    return this.#ready().refreshLeaders()
  }

  /** Resolves after 5 s at most, whether or not the connections closed. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('closing'))
    const producer = this.#producer
    this.#producer = undefined
    if (producer !== undefined) await this.#closeProducer(producer)
  }

  async #connect(): Promise<void> {
    const producer = await this.#attempts('connecting to Kafka fails and is tried again', async () => {
      const generation = ++this.#generation
      const candidate = this.#options.producer((leaders, count) => {
        // A producer that was replaced may still answer; its view is older.
        if (this.#generation === generation) this.#options.onLeaders(leaders, count)
      })
      this.#producer = candidate
      try {
        await candidate.connect()
      } catch (error) {
        this.#discard(candidate)
        throw error
      }
      return candidate
    })
    const told = await this.#attempts('asking Kafka for the topic fails and is tried again', async () => {
      await producer?.refreshLeaders()
      return true
    })
    if (!told) return
    if (!this.#prepared) await this.#options.prepare()
    this.#prepared = true
    if (this.#stop.signal.aborted) return
    this.#problem = undefined
    this.#options.onReady()
  }

  /** Until it succeeds; undefined when the session is closed first. */
  async #attempts<T>(failing: string, attempt: () => Promise<T>): Promise<T | undefined> {
    const { clock, random } = this.#options
    for (let failures = 1; !this.#stop.signal.aborted; failures++) {
      let pauseMs: number
      try {
        return await attempt()
      } catch (error) {
        this.#failed(toError(error), failing)
        pauseMs = retryDelay(failures, random, classify(error))
      }
      await sleep(clock, pauseMs, this.#stop.signal).catch(() => {})
    }
    return undefined
  }

  #failed(error: Error, failing: string): void {
    const err = rootCause(error)
    this.#problem = err
    if (this.#stop.signal.aborted) return
    const repeated = this.#filter.pass(`${failing}: ${err.message}`)
    if (repeated !== undefined)
      this.#options.logger.warn({ topic: this.#options.topic, err: kafkaFault(err), repeated }, failing)
  }

  #ready(): ProducerPort {
    if (this.#producer === undefined) throw new Error('no producer is connected')
    return this.#producer
  }

  #discard(producer: ProducerPort): void {
    void this.#closeProducer(producer)
  }

  async #closeProducer(producer: ProducerPort): Promise<void> {
    const { clock, logger, topic } = this.#options
    try {
      const closed = await within(clock, closeMs, producer.close())
      if (!closed) logger.warn({ topic, afterMs: closeMs }, 'a producer does not close; it is left to itself')
    } catch (error) {
      logger.debug({ topic, err: toError(error) }, 'a producer closed with an error')
    }
  }
}
