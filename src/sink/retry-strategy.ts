/** An attempt that failed in a way that may pass. */
export interface FailedAttempt {
  readonly error: Error
  /** Made for this write so far, from 1. */
  readonly attempts: number
  /** Milliseconds since its turn came. */
  readonly ageMs: number
}

/**
 * Decides when a `RetryingSink` tries, and when it stops. The sink obeys and keeps no rule of its own. A strategy has state, so
 * each sink needs its own; calls follow each other, since a sink writes one thing at a time.
 */
export interface RetryStrategy {
  /** Asked before every attempt, the first of a write too. Milliseconds to wait; 0 for at once. */
  proceed(): number
  failure(attempt: FailedAttempt): 'retry' | 'give-up'
  success(): void
}
