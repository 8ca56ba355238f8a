/**
 * What is on its way from the spool to each topic at most. What has arrived behind something that waits does not count: one
 * partition that takes nothing does not hold up the others of its topic before it has filled these limits alone. It is sent
 * again after a crash.
 */
export interface PumpLimits {
  /** Notifications. Default 4,000: each holds about 7 kB, and while Kafka is away as many of them wait for each topic. */
  readonly records: number
  /** Default 16 MiB; a larger one goes alone. */
  readonly bytes: number
  /** The same of what was rejected. Default 64 MiB. */
  readonly rejectedBytes: number
  /**
   * Notifications for one topic that takes nothing, beyond those: they are remembered, eight bytes each, and stay in the spool
   * while other topics go on. Then everything waits. Default 1,000,000.
   */
  readonly parked: number
  /** A topic in which nothing has arrived for this long, or at most twice as long, is not waited for. Default 5,000 ms. */
  readonly stuckMs: number
  /** Before what Kafka would not take is tried again. Default 1,000 ms. */
  readonly retryMs: number
  /** Between two notes of how far Kafka is; what lies between is sent again after a crash. Default 200 ms. */
  readonly ackMs: number
}

const mebibyte = 1024 * 1024
export const defaultLimits: PumpLimits = {
  records: 4_000,
  bytes: 16 * mebibyte,
  rejectedBytes: 64 * mebibyte,
  parked: 1_000_000,
  stuckMs: 5_000,
  retryMs: 1_000,
  ackMs: 200,
}
