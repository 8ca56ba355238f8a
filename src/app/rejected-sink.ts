import type { QuarantineRecord } from '../gateway/gateway-item.ts'
import type { Published } from '../kafka/outgoing-record.ts'
import { ProducerSpans } from '../kafka/producer-spans.ts'
import { Publisher } from '../kafka/publisher.ts'
import type { PublisherOptions } from '../kafka/publisher-options.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'

/** The topic of what was rejected, as a Sink: plain bytes, no schema. Rules and errors are the {@link Publisher}'s. */
export class RejectedSink implements Sink<QuarantineRecord> {
  readonly #publisher: Publisher
  readonly #spans: ProducerSpans<QuarantineRecord> | undefined

  constructor(options: PublisherOptions) {
    this.#publisher = new Publisher(options)
    const tracer = options.telemetry?.tracer
    this.#spans = tracer === undefined ? undefined : new ProducerSpans(tracer, options.topic, () => ({}))
  }

  start(): Promise<void> {
    return this.#publisher.start()
  }

  readiness(): { readonly ready: boolean; readonly reason?: string } {
    return this.#publisher.readiness()
  }

  write(records: readonly QuarantineRecord[], options?: WriteOptions): Promise<unknown> {
    if (this.#spans === undefined) return this.#write(records, options)
    return this.#spans.around(records, (traced) => this.#write(traced, options))
  }

  #write(
    records: readonly QuarantineRecord[],
    options: WriteOptions | undefined,
  ): Promise<readonly Published[]> {
    return this.#publisher.write(
      records.map(({ key, value, receivedAt, headers }) => ({
        key,
        value,
        valueBytes: value.length,
        timestamp: receivedAt,
        headers,
      })),
      options,
    )
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#publisher.close(options)
  }
}
