/**
 * A durable first-in first-out store of byte strings, between a sender that has to be answered now and a receiver that
 * may be away for hours. The content is opaque.
 *
 * - {@link append} resolves when the bytes would survive a power cut, not before. A rejection says that they are not
 *   kept; after SPOOL_FAILED alone they may turn up after a restart.
 * - {@link read} gives each record once, in the order of `append`; after a restart it begins again after the last one
 *   whose {@link ack} got to the disk. So at least once, in order.
 * - A record damaged on the disk is set aside and counted; what follows it is still read.
 * - Nothing that is not acked is ever deleted, whatever the limit.
 */
export interface Spool {
  /**
   * Keeps `content`. The buffer must not change until this settles. Calls made in one turn keep their order.
   *
   * @throws RelayError SPOOL_FULL (limit reached, or no space left: later it may succeed), TOO_LARGE (it can never fit),
   * SPOOL_FAILED (the disk did not confirm a write: nothing is accepted any more), SINK_CLOSED
   */
  append(content: Buffer): Promise<void>
  /**
   * The next records, at least one; waits while there is none. At most `records`, and no more once they hold `bytes`.
   * Resolves with none when the spool is closed. One call at a time.
   *
   * @throws RelayError SPOOL_FAILED
   */
  read(limits: ReadLimits): Promise<readonly SpooledRecord[]>
  /**
   * Says that every record up to and including `sequence` is done with. Resolves when that is on the disk; calls that
   * overlap share one write. Records that no read has given are not acked by it. Segments of the log in which all is
   * acked are deleted, but for the newest, see {@link recent}.
   *
   * @throws RelayError SPOOL_FULL (no space for the note; the next ack tries again), SPOOL_FAILED, SINK_CLOSED
   */
  ack(sequence: number): Promise<void>
  /**
   * What is still on the disk, acked or not, by sequence: records appended at `sinceMs` or later, the newest `records` of
   * them. For building a memory of the past again after a restart. The reader stays where it is; damaged records are
   * left out and not counted, and where a segment of acked records cannot be read, it is left out with a warning.
   *
   * @throws RelayError SPOOL_FAILED, SINK_CLOSED
   */
  recent(limits: RecentLimits): AsyncIterable<SpooledRecord>
  state(): SpoolState
  /** Settles the appends in hand, lets a waiting read resolve with none, releases files and lock. Twice is harmless. */
  close(): Promise<void>
}

export interface ReadLimits {
  readonly records: number
  readonly bytes: number
}

export interface RecentLimits {
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  readonly records: number
}

export interface SpooledRecord {
  /** Rises by one with each record; damaged ones leave gaps. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly appendedAt: number
  readonly content: Buffer
}

export interface SpoolState {
  /** Sequence that the next record to be durable has; all below are, and those of a run begin with the one at its start. */
  readonly next: number
  /** Bytes of all segments on the disk, with those kept though all in them is acked. */
  readonly bytes: number
  /** Bytes of the segments that hold something not acked, or may grow: `append` is refused when these reach `maxBytes`. */
  readonly heldBytes: number
  readonly maxBytes: number
  /** Records durable and not acked. */
  readonly unacked: number
  /** Milliseconds since the oldest record not acked was appended; undefined when there is none. */
  readonly oldestAgeMs: number | undefined
  /** That age is above the limit at which the spool warns. */
  readonly overdue: boolean
  /** Damaged records met since the spool was opened. */
  readonly badRecords: number
  /** Why nothing is accepted any more: the message of SPOOL_FAILED. */
  readonly failure: string | undefined
}
