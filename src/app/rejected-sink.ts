import type { QuarantineRecord } from '../gateway/gateway-item.ts'
import { Publisher } from '../kafka/publisher.ts'
import type { PublisherOptions } from '../kafka/publisher-options.ts'
import type { CloseOptions, Sink, WriteOptions } from '../sink/sink.ts'

/** The topic of what was rejected, as a Sink: plain bytes, no schema. Rules and errors are the {@link Publisher}'s. */
export class RejectedSink implements Sink<QuarantineRecord> {
  readonly #publisher: Publisher

  constructor(options: PublisherOptions) {
    this.#publisher = new Publisher(options)
  }

  start(): Promise<void> {
    return this.#publisher.start()
  }

  readiness(): { readonly ready: boolean; readonly reason?: string } {
    return this.#publisher.readiness()
  }

  write(records: readonly QuarantineRecord[], options?: WriteOptions): Promise<unknown> {
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
