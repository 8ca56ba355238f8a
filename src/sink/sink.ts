import { RelayError } from '../errors.ts'

export interface WriteOptions {
  /**
   * Aborted: the caller stops waiting. What the sink has not yet begun to send is withdrawn and will not be
   * written; what is under way may still be. The write rejects with the signal's reason. Only where that is the `TimeoutError`
   * of `AbortSignal.timeout`, a sink may say instead what it waited for: DEADLINE_EXCEEDED, with the reason as its `cause`.
   */
  readonly signal?: AbortSignal
}

export interface CloseOptions {
  /**
   * Milliseconds to wait for what was accepted; then the rest is given up, and `close` rejects saying how much. Each sink
   * says how long it waits when this is left out.
   */
  readonly deadlineMs?: number
}

/**
 * Accepts items and takes the responsibility for them.
 *
 * **A resolved write** means that every item of it is where this sink takes things, for good: the caller must not
 * write it again. The value it resolves with is the sink's receipt (for Kafka: topic, partition, offset). Where a sink
 * takes things is the first sentence of its description, and there are two kinds: an *end-to-end* sink resolves when the
 * items are at the far end; a *buffering* one (`EventQueue`, `Broadcaster`) resolves when it holds them in memory, and
 * from then on it is the one who tries, waits, and reports what it could not pass on.
 *
 * **A rejected write** means that at least one item is not known to be there. The caller may write the same items
 * again unless the error says `retriable: false`; with code `SINK_CLOSED` no retry can ever succeed. Items may
 * have arrived nonetheless: a retry can make duplicates, never a gap. Who retries is decided by who composes the sinks: a
 * sink makes one attempt unless retrying is what it is for.
 *
 * **Order.** Items of one write keep their order. Two writes keep theirs if the second is called after the first
 * was called, whether or not it was awaited, for all items that share what the sink orders by (for Kafka: the key).
 *
 * **Ownership.** The array and the items belong to the sink from the call on; the caller does not change them. A sink may
 * hand the same items to several others, so no sink changes them either. An empty write resolves at once.
 *
 * **Close** is idempotent: every call returns the outcome of the first. It refuses new writes at once, waits for what
 * was accepted until the deadline, and closes what the sink owns, inwards. After it every write, an empty one too, rejects
 * with `SINK_CLOSED`. A write that races with it is either taken as if it had come before, or rejected.
 *
 * `sinkConformance` of `registry-relay/testing` checks all of this for any sink.
 */
export interface Sink<T, Receipt = unknown> {
  write(items: readonly T[], options?: WriteOptions): Promise<Receipt>
  close(options?: CloseOptions): Promise<void>
}

/** The only terminal answer of a sink. Its message is the one of the notifications package. */
export class SinkClosedError extends RelayError {
  override readonly name: string = 'SinkClosedError'

  /** @param options.cause what the last attempt failed with, if there was one */
  constructor(options: { readonly cause?: unknown } = {}) {
    super('SINK_CLOSED', 'sink: closed', options)
  }
}
