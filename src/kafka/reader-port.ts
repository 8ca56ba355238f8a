import type { ConsumedRecord } from './consumer-port.ts'

/** A part of a topic that does not grow any more. */
export interface TopicSpan {
  readonly topic: string
  /** From an offset to the one before `to`. Partitions that are left out are not read. */
  readonly partitions: ReadonlyMap<number, { readonly from: bigint; readonly to: bigint }>
}

/** Reads what lies in topics, without any consumer group of others getting to know of it. */
export interface TopicReader {
  /**
   * Calls `onRecord` for each record of the span, one at a time, those of a partition in their order, and waits for it; each
   * record once, also where the client loses its connection in between. Resolves when all of it was read; what is no record
   * (of aborted transactions, or deleted meanwhile) is passed over.
   *
   * Rejects with what `onRecord` throws, with the signal's reason once that is aborted, and with `KAFKA_CONFIGURATION` or
   * `KAFKA_UNAVAILABLE`. What was read before is not called for again by anybody.
   */
  read(
    span: TopicSpan,
    onRecord: (record: ConsumedRecord) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>
}
