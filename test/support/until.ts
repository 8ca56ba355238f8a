import { setTimeout as pause } from 'node:timers/promises'

export interface UntilOptions {
  /** Give up after this many milliseconds. Default 30,000. */
  readonly ms?: number
  /** For the message when it gives up: what was seen instead. */
  readonly what?: () => string
}

/** Resolves as soon as the condition holds; asks again every 20 ms. Rejects, saying what was seen, when it never does. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  options: UntilOptions = {},
): Promise<void> {
  const { ms = 30_000, what = () => String(condition) } = options
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what()}`)
    await pause(20)
  }
}
