/**
 * Time and chance as arguments. Everything below `app/` takes a {@link Clock} and a {@link Random}, so that
 * tests of retries, breakers and pacing neither sleep nor depend on the machine.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. For stamps, never for intervals. */
  now(): number
  /** Milliseconds from an arbitrary start, never backwards. For intervals. */
  monotonic(): number
  /** Calls `run` once after `ms`. The returned function cancels; calling it twice is harmless. */
  after(ms: number, run: () => void): Cancel
  /** Calls `run` once, when the I/O that is ready now has been handled. */
  soon(run: () => void): Cancel
}

export type Cancel = () => void

/** A number in [0, 1). */
export type Random = () => number

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  soon(run) {
    const immediate = setImmediate(run)
    return () => clearImmediate(immediate)
  },
}

export const systemRandom: Random = () => Math.random()

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** True if `work` resolved within `ms`, false if it did not; rejects as it does. After the time its outcome is ignored. */
export function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false))
    work.then(
      () => {
        cancel()
        resolve(true)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
