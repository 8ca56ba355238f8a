import type { EventRecord } from '../avro/record.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { type CloseOptions, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { ThrottledLog } from '../sink/throttled-log.ts'
import { type Counter, noTelemetry, type Telemetry } from '../telemetry.ts'
import type { PublisherPending } from './publisher.ts'
import type { Readiness } from './publisher-readiness.ts'
import { eventOf, type ReadRecord } from './read-record.ts'
import { type EventRecordSink, type RecordAck, RecordSink, type RecordSinkOptions } from './record-sink.ts'
import { settleTogether } from './routed-outcome.ts'
import { type TopicRoute, topicRouter, topicsOf } from './topic-routes.ts'

/** What is another thing for each topic. */
export type TopicParts = Pick<RecordSinkOptions, 'producer' | 'schemaIds' | 'maxMessageBytes'>

export interface RoutedSinkOptions extends RecordSinkOptions {
  /** The first that means an event decides; the others go to `topic`. */
  readonly routes: readonly TopicRoute[]
  /** Asked once for each topic that routes name; all else, the budget too, is for each topic as it is for `topic`. */
  readonly partsOf: (topic: string) => TopicParts
}

/** What of a write goes to one topic. */
interface Part {
  readonly topic: string
  readonly sink: RecordSink
  readonly records: ReadRecord[]
  /** Place of each in the write. */
  readonly indices: number[]
}

/**
 * Records of events to several topics, by what the events are. In each topic the order of a key is kept, as a
 * {@link RecordSink} keeps it; between topics there is none.
 *
 * A write is one thing, whatever topics it goes to: it resolves with the receipts of all records in their order. One that
 * goes to a single topic rejects as that topic's sink does. One that goes to several rejects when every part of it has its
 * outcome, with the error of a part, a retriable one first; then `facts.rejected` says which records of the write are not
 * known to be in their topic (`index`, `reason`), and all others are. Its repetition makes duplicates of those.
 */
export class RoutedSink implements EventRecordSink {
  readonly #sinks: ReadonlyMap<string, RecordSink>
  readonly #topicOf: ReturnType<typeof topicRouter>
  readonly #topic: string
  readonly #telemetry: Telemetry
  readonly #unread: Counter
  readonly #log: ThrottledLog
  #closed: Promise<void> | undefined

  /** @throws RelayError CONFIG_INVALID naming the option */
  constructor(options: RoutedSinkOptions) {
    const { topic, routes, partsOf, telemetry = noTelemetry } = options
    const clock: Clock = options.clock ?? systemClock
    this.#sinks = new Map(
      topicsOf(topic, routes).map((name) => [
        name,
        new RecordSink(name === topic ? options : { ...options, ...partsOf(name), topic: name }),
      ]),
    )
    this.#topicOf = topicRouter(topic, routes)
    this.#topic = topic
    this.#telemetry = telemetry
    this.#unread = telemetry.metrics.counter({
      name: 'registry_relay_kafka_unrouted_records_total',
      help: 'Records whose event this version cannot read, so that no route was asked; they go to the main topic.',
      labels: ['topic'],
    })
    this.#unread.add(0, { topic })
    this.#log = new ThrottledLog(
      telemetry.logger,
      clock,
      'no route asked for a record that cannot be read here',
    )
  }

  async start(): Promise<void> {
    const topics = [...this.#sinks.keys()]
    this.#telemetry.logger.info(
      { topics },
      'events go to several topics: the order of a repository holds within each of them, not between them',
    )
    await Promise.all([...this.#sinks.values()].map((sink) => sink.start()))
  }

  get pending(): PublisherPending {
    const all = [...this.#sinks.values()].map(({ pending }) => pending)
    return {
      records: all.reduce((sum, { records }) => sum + records, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestMs: Math.max(...all.map(({ oldestMs }) => oldestMs)),
    }
  }

  /** Ready when all topics are; else the reason of the first that is not. */
  readiness(): Readiness {
    const states = [...this.#sinks.values()].map((sink) => sink.readiness())
    return states.find(({ ready }) => !ready) ?? { ready: true }
  }

  write(records: readonly ReadRecord[], options: WriteOptions = {}): Promise<readonly RecordAck[]> {
    if (this.#closed !== undefined) return Promise.reject(new SinkClosedError())
    if (options.signal?.aborted) return Promise.reject(options.signal.reason)
    const parts = this.#split(records)
    const [only] = parts
    if (only === undefined) return Promise.resolve([])
    if (parts.length === 1) return only.sink.write(only.records, options)
    // Where one topic has no room nothing goes to the others: whoever is refused writes all of it again.
    for (const { sink, records: own } of parts) {
      const lack = sink.lackFor(own)
      if (lack !== undefined) return Promise.reject(lack)
    }
    // No await before this line: in each topic, the order of calls is the order of records.
    return settleTogether(
      parts.map(({ topic, indices, sink, records: own }) => ({
        topic,
        indices,
        written: sink.write(own, options),
      })),
    )
  }

  close(options?: CloseOptions): Promise<void> {
    this.#closed ??= this.#close(options)
    return this.#closed
  }

  async #close(options?: CloseOptions): Promise<void> {
    const closing = [...this.#sinks.values()].map((sink) => sink.close(options))
    const outcomes = await Promise.allSettled(closing)
    this.#log.flush()
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #split(records: readonly ReadRecord[]): readonly Part[] {
    const parts = new Map<string, Part>()
    for (const [index, record] of records.entries()) {
      const event = eventOf(record)
      if (event === undefined) this.#notRead(record)
      const topic = this.#topicOf(event)
      const part = parts.get(topic) ?? this.#part(topic)
      parts.set(topic, part)
      part.records.push(event === undefined ? record : { ...record, event })
      part.indices.push(index)
    }
    return [...parts.values()]
  }

  #part(topic: string): Part {
    return { topic, sink: this.#sinks.get(topic) as RecordSink, records: [], indices: [] }
  }

  #notRead({ fingerprint }: EventRecord): void {
    this.#unread.add(1, { topic: this.#topic })
    this.#log.warn(1, { topic: this.#topic, fingerprint })
  }
}

/** A {@link RecordSink}, or with routes a {@link RoutedSink}. @throws RelayError CONFIG_INVALID naming the option */
export function createRecordSink(
  options: RecordSinkOptions & Partial<Pick<RoutedSinkOptions, 'routes' | 'partsOf'>>,
): EventRecordSink {
  const { routes = [], partsOf } = options
  if (routes.length === 0) return new RecordSink(options)
  if (partsOf === undefined)
    throw new RelayError('CONFIG_INVALID', 'routes need partsOf: a producer for each topic')
  return new RoutedSink({ ...options, routes, partsOf })
}
