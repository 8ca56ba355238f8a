import { type Clock, type Random, sleep } from '../clock.ts'
import { isRelayError } from '../errors.ts'

export interface AttemptsOptions {
  readonly clock: Clock
  readonly random: Random
  /** Aborted: nothing is tried again. What is under way is waited for: it may arrive. */
  readonly signal?: AbortSignal | undefined
}

const most = 3
const firstMs = 500
/** Longer than an operator waits before a line that stands still. */
const longestMs = 30_000

/** Set up wrongly, and gone, an endpoint is for longer than three attempts take. */
const notAgain: ReadonlySet<unknown> = new Set([
  'ENDPOINT_MISCONFIGURED',
  'KAFKA_CONFIGURATION',
  'SINK_CLOSED',
])

/**
 * Up to three attempts, with full jitter up to 0.5 s and 1 s between them, or the pause that the other side asked for (30 s at
 * most). Rejects with the error of the last one.
 *
 * @param attempt gets its number, from 1
 */
export async function withAttempts(
  attempt: (number: number) => Promise<unknown>,
  { clock, random, signal }: AttemptsOptions,
): Promise<void> {
  for (let number = 1; ; number++) {
    try {
      await attempt(number)
      return
    } catch (thrown) {
      if (number === most || !isRelayError(thrown) || !thrown.retriable || notAgain.has(thrown.code))
        throw thrown
      const asked = thrown.facts['retryAfterMs']
      const waitMs = random() * firstMs * 2 ** (number - 1) + (typeof asked === 'number' ? asked : 0)
      try {
        await sleep(clock, Math.min(waitMs, longestMs), signal)
      } catch {
        throw thrown
      }
    }
  }
}
