import { type Clock, sleep } from '../clock.ts'
import { type Answer, answerText, isTaken, type Post } from './loadgen-post.ts'
import type { LoadEvent, LoadRegistry } from './loadgen-registry.ts'
import type { Retries } from './loadgen-retries.ts'

export interface SenderHooks {
  /** Before the first attempt. `happenedAt` in monotonic milliseconds. */
  readonly onEvent: (event: LoadEvent, happenedAt: number) => void
  /** After each attempt, with how long its answer took. */
  readonly onAnswer: (answer: string, ms: number, taken: boolean) => void
  readonly onRetry: () => void
  /** The event is over: it was taken, or the registry gave it up. */
  readonly onEnd: (event: LoadEvent, taken: boolean) => void
}

export interface SenderOptions {
  readonly registry: LoadRegistry
  readonly post: Post
  readonly retries: Retries
  /**
   * When the next event happens, in monotonic milliseconds; those of the past have waited in the registry's queue.
   * Undefined: there is none any more.
   */
  readonly nextAt: () => number | undefined
  readonly hooks: SenderHooks
  readonly clock: Clock
  /** No event happens any more, and none is repeated; the answer of an attempt that is under way is still heard. */
  readonly signal: AbortSignal
  /** Nor is that waited for. */
  readonly callOff: AbortSignal
}

/**
 * Posts what happens at one registry as it does: one event after the other, each until it is taken or given up. Resolves when
 * there is no further event, or when it is stopped; an event that was not taken until then has no end.
 */
export async function runSender(options: SenderOptions): Promise<void> {
  const { registry, nextAt, hooks, clock, signal, callOff } = options
  try {
    for (let at = nextAt(); at !== undefined && !signal.aborted; at = nextAt()) {
      const aheadMs = at - clock.monotonic()
      if (aheadMs > 0) await sleep(clock, aheadMs, signal)
      const event = registry.next(clock.now() - (clock.monotonic() - at))
      hooks.onEvent(event, at)
      hooks.onEnd(event, await postUntilTaken(event, options))
    }
  } catch (thrown) {
    const isStopped = [signal, callOff].some(({ aborted, reason }) => aborted && thrown === reason)
    if (!isStopped) throw thrown
  }
}

/** @returns false: the registry gave it up */
async function postUntilTaken(event: LoadEvent, options: SenderOptions): Promise<boolean> {
  const { retries, hooks, clock, signal, callOff } = options
  retries.begin(clock.monotonic())
  for (;;) {
    const began = clock.monotonic()
    const answer: Answer = await options.post(event, callOff)
    const taken = isTaken(answer)
    hooks.onAnswer(answerText(answer), clock.monotonic() - began, taken)
    if (taken) return true
    const waitMs = retries.afterFailure(clock.monotonic())
    if (waitMs === undefined) return false
    signal.throwIfAborted()
    if (waitMs > 0) await sleep(clock, waitMs, signal)
    hooks.onRetry()
  }
}
