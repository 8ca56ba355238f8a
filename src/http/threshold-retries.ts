/** Of GitLab's retries: the wait grows by half each time, up to a minute, and ends after a quarter of an hour. */
export const gitlabRetries: {
  readonly factor: number
  readonly maxMs: number
  readonly maxAgeMs: number
  readonly jitter: readonly [number, number]
} = {
  factor: 1.5,
  maxMs: 60_000,
  maxAgeMs: 15 * 60_000,
  jitter: [0.5, 1.5],
}

/**
 * The number of retries that GitLab's registry makes for an old configuration that has a `threshold` and no `maxretries`:
 * as many waits, without jitter, as fit into 120 backoffs or a quarter of an hour, whichever is less; never fewer than the
 * threshold says.
 */
export function retriesOfThreshold(threshold: number, backoffMs: number): number {
  const { factor, maxMs, maxAgeMs } = gitlabRetries
  let leftMs = Math.min(120 * backoffMs, maxAgeMs)
  let retries = 0
  for (let waitMs = backoffMs; waitMs <= leftMs; retries++) {
    leftMs -= waitMs
    // A first wait beyond the cap is made as it is, the ones after it are capped.
    waitMs = Math.min(maxMs, waitMs * factor)
  }
  return Math.max(retries, threshold)
}
