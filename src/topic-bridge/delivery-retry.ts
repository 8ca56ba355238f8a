import type { Random } from '../clock.ts'
import { RelayError } from '../errors.ts'

/** When an event is tried again, and when it is given up. Milliseconds. */
export interface DeliveryRetry {
  /** Ceiling of the first wait. Doubles with every further attempt. Default 200. */
  readonly firstMs?: number
  /** No wait is longer. Default 30,000: an endpoint that is back after a restart gets its events within half a minute. */
  readonly maxMs?: number
  /** Wait after an answer that says the set-up is wrong. Default 60,000. */
  readonly slowMs?: number
  /**
   * Attempts that failed until the event goes into the dead letters. Default: no limit. Those that failed because the set-up is
   * wrong do not count: a credential that expired would empty the topic into the dead letters.
   */
  readonly maxAttempts?: number | undefined
  /** The same by the time since the event was received, looked at after a failure of any kind to deliver. Default: no limit. */
  readonly maxAgeMs?: number | undefined
}

export interface DeliveryRetrySettings extends DeliveryRetry {
  readonly firstMs: number
  readonly maxMs: number
  readonly slowMs: number
}

/** Beyond it a timer of Node.js fires at once. */
const longestTimerMs = 2 ** 31 - 1

/** With the defaults filled in. @throws CONFIG_INVALID naming the option */
export function deliveryRetry(given: DeliveryRetry = {}): DeliveryRetrySettings {
  const { firstMs = 200, maxMs = 30_000, slowMs = 60_000, maxAttempts, maxAgeMs } = given
  for (const [name, value] of Object.entries({ firstMs, maxMs, slowMs, maxAttempts, maxAgeMs })) {
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue
    throw new RelayError('CONFIG_INVALID', `retry.${name}: expected a number above 0, got ${value}`)
  }
  for (const [name, value] of Object.entries({ maxMs, slowMs })) {
    if (value <= longestTimerMs) continue
    throw new RelayError('CONFIG_INVALID', `retry.${name}: expected at most ${longestTimerMs}, got ${value}`)
  }
  return { firstMs, maxMs, slowMs, maxAttempts, maxAgeMs }
}

/**
 * Exponential with full jitter: anywhere up to the ceiling, so that lanes which failed together do
 * not come back together.
 * @param attempt attempts made so far, from 1
 * @returns milliseconds, an integer from 1
 */
export function retryDelay(
  attempt: number,
  { firstMs, maxMs }: Pick<DeliveryRetrySettings, 'firstMs' | 'maxMs'>,
  random: Random,
): number {
  // Delivery is retried for ever. From 2^1024 on the power is Infinity, and times a base of zero that is NaN,
  // which a timer takes for "now": a loop without a pause. 2^40 ms is 34 years, above any cap.
  const doublings = Math.min(Math.max(attempt - 1, 0), 40)
  // Never none at all, however small the ceiling: that would be a loop.
  return Math.max(1, Math.floor(random() * Math.min(maxMs, firstMs * 2 ** doublings)))
}

/** Half of it is certain, the rest jitter. */
export function slowDelay({ slowMs }: Pick<DeliveryRetrySettings, 'slowMs'>, random: Random): number {
  return Math.floor(slowMs * (0.5 + random() / 2))
}
