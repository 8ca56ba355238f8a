import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../../src/clock.ts'

/** A fault lasts: there is nothing to wait for but time. */
export async function lasting(seconds: number): Promise<void> {
  await pause(seconds * 1_000)
}

/** Draws one, with equal chances. */
export function pick<T>(from: readonly T[], random: Random): T {
  const chosen = from[Math.floor(random() * from.length)]
  if (chosen === undefined) throw new RangeError('nothing to draw from')
  return chosen
}

/** Runs `round` until the time is over, at least once. */
export async function rounds(seconds: number, round: (index: number) => Promise<void>): Promise<void> {
  const end = performance.now() + seconds * 1_000
  let index = 0
  do await round(index++)
  while (performance.now() < end)
}
