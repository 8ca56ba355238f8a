import type { Random } from '../clock.ts'

export interface Backoff {
  /** Ceiling of the first wait, milliseconds. Doubles with every further attempt. */
  readonly baseMs: number
  /** No wait is longer, milliseconds. */
  readonly capMs: number
}

/**
 * 200 ms, 400 ms, … 25.6 s, then 30 s: an endpoint that is back after a restart gets its events within half a
 * minute.
 */
export const defaultBackoff: Backoff = { baseMs: 200, capMs: 30_000 }

/**
 * Exponential with full jitter: anywhere between zero and the ceiling, so that lanes which failed together do
 * not come back together.
 * @param attempt attempts made so far, from 1
 * @returns milliseconds, an integer
 */
export function retryDelay(attempt: number, backoff: Backoff, random: Random): number {
  // Delivery is retried for ever. From 2^1024 on the power is Infinity, and times a base of zero that is NaN,
  // which a timer takes for "now": a loop without a pause. 2^40 ms is 34 years, above any cap.
  const doublings = Math.min(Math.max(attempt - 1, 0), 40)
  return Math.floor(random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** doublings))
}
