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
   * overlap share one write. Segments of the log in which all is acked are deleted.
   *
   * @throws RelayError SPOOL_FULL (no space for the note; the next ack tries again), SPOOL_FAILED, SINK_CLOSED
   */
  ack(sequence: number): Promise<void>
  state(): SpoolState
  /** Settles the appends in hand, releases files and lock. Twice is harmless. */
  close(): Promise<void>
}

export interface ReadLimits {
  readonly records: number
  readonly bytes: number
}

export interface SpooledRecord {
  /** Rises by one with each record; damaged ones leave gaps. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly appendedAt: number
  readonly content: Buffer
}

export interface SpoolState {
  /** Bytes of all segments on the disk. */
  readonly bytes: number
  readonly maxBytes: number
  /** Records durable and not acked. */
  readonly unacked: number
  /** Milliseconds since the oldest record not acked was appended; undefined when there is none. */
  readonly oldestAgeMs: number | undefined
  /** Damaged records met since the spool was opened. */
  readonly badRecords: number
  /** Why nothing is accepted any more: the message of SPOOL_FAILED. */
  readonly failure: string | undefined
}
