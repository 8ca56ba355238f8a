import type { EventRecord } from '../avro/record.ts'
import { RelayError, toError } from '../errors.ts'
import type { QuarantineRecord } from '../gateway/gateway-item.ts'
import { PublisherMetrics } from '../kafka/publisher-metrics.ts'
import { type CloseOptions, type Sink, SinkClosedError } from '../sink/sink.ts'
import type { Telemetry } from '../telemetry.ts'
import type { KafkaSinks } from './open-kafka-sinks.ts'
import type { Parts } from './parts.ts'
import { Supervisor } from './supervisor.ts'

/** The parts of the way to Kafka: they can be asked for before there is one. */
export const sinkParts = ['record sink', 'rejected sink', 'schema registry', 'topics'] as const

export interface LateSinksOptions {
  /** Gets a supervisor of its own, for what is to be stopped with the sinks. */
  readonly open: (supervisor: Supervisor) => Promise<KafkaSinks>
  /** All that are written to. */
  readonly topics: readonly string[]
  /** They could not be opened. */
  readonly onFailure: (error: Error) => void
  readonly telemetry: Telemetry
}

/**
 * The sinks of a gateway, opened after the port in front of them: loading the Kafka client is a large part of a start, and with
 * a spool no sender has to wait for it. Until they are open a write is refused as one that may be tried again.
 */
export class LateSinks implements KafkaSinks {
  readonly events: Sink<EventRecord> = this.#sink(({ events }) => events)
  readonly rejected: Sink<QuarantineRecord> = this.#sink(({ rejected }) => rejected)
  readonly #options: LateSinksOptions
  readonly #supervisor: Supervisor
  #opening: Promise<boolean> | undefined
  #opened: KafkaSinks | undefined
  #closing = false

  constructor(options: LateSinksOptions) {
    const { logger, metrics } = options.telemetry
    this.#options = options
    this.#supervisor = new Supervisor(logger)
    // What adds the numbers up finds a 0 from the beginning, and not nothing.
    for (const topic of options.topics) new PublisherMetrics(metrics, topic)
  }

  /** As they are by now, and not ready until all is open. */
  get parts(): Parts {
    return Object.fromEntries(
      sinkParts.map((name) => [
        name,
        () => this.#opened?.parts[name]?.() ?? { ready: false, reason: 'starting' },
      ]),
    )
  }

  /** Resolves with whether they are open: not when that failed, and not when they were closed before. Never rejects. */
  open(): Promise<boolean> {
    this.#opening ??= this.#closing ? Promise.resolve(false) : this.#open()
    return this.#opening
  }

  /** Stops what was opened with the sinks, after they were closed. An opening that is under way is waited for. */
  async stop(deadlineMs?: number): Promise<void> {
    this.#closing = true
    await this.#opening
    if (await this.#supervisor.stop(deadlineMs)) return
    throw new RelayError('DEADLINE_EXCEEDED', 'a part of the way to Kafka did not stop cleanly')
  }

  async #open(): Promise<boolean> {
    try {
      this.#opened = await this.#options.open(this.#supervisor)
      return true
    } catch (error) {
      this.#options.onFailure(toError(error))
      return false
    }
  }

  #sink<T>(of: (opened: KafkaSinks) => Sink<T>): Sink<T> {
    return {
      write: (items, options) => {
        if (this.#opened !== undefined) return of(this.#opened).write(items, options)
        if (this.#closing) return Promise.reject(new SinkClosedError())
        return Promise.reject(new RelayError('KAFKA_UNAVAILABLE', 'the way to Kafka is not open yet'))
      },
      close: async (options?: CloseOptions) => {
        this.#closing = true
        await this.#opening
        if (this.#opened !== undefined) await of(this.#opened).close(options)
      },
    }
  }
}
