import type { RelayError } from '../errors.ts'

export interface Readiness {
  readonly ready: boolean
  /** In a sentence; set unless ready. */
  readonly reason?: string
}

export interface PublisherState {
  readonly topic: string
  readonly started: boolean
  readonly closed: boolean
  /** See {@link Publisher.problem}. */
  readonly problem: RelayError | undefined
  readonly layout: { readonly now: number | undefined; readonly next: number | undefined }
  readonly oldestMs: number
  readonly staleMs: number
}

/** The first reason, in the order in which somebody would look for one. */
export function readinessOf(state: PublisherState): Readiness {
  const { topic, layout, oldestMs, staleMs } = state
  if (state.closed) return notReady(`the publisher of ${topic} is closed`)
  if (!state.started) return notReady(`the publisher of ${topic} is not started`)
  if (state.problem !== undefined) return notReady(state.problem.message)
  if (layout.now !== undefined && layout.next !== undefined) {
    return notReady(
      `${topic} changes from ${layout.now} to ${layout.next} partitions; records of the old layout are awaited`,
    )
  }
  if (oldestMs > staleMs) {
    return notReady(`the oldest record for ${topic} has waited for ${Math.round(oldestMs / 1_000)} s`)
  }
  return { ready: true }
}

function notReady(reason: string): Readiness {
  return { ready: false, reason }
}
