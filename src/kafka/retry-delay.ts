import type { Random } from '../clock.ts'

const firstMs = 50
const lastMs = 1_000

/**
 * Milliseconds before attempt number `failures` + 1: 50, 100, 200 … up to 1,000, each with up to half of it taken off at
 * random, so that lanes that failed together do not come back together.
 */
export function retryDelay(failures: number, random: Random): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 10))
  return full * (1 - random() / 2)
}
