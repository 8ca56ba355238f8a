import type { Random } from '../clock.ts'
import type { FailureClass } from './classify.ts'

const firstMs = 50
const lastMs = 1_000
/**
 * For what somebody has to put right: a second more or less is nothing to a person, and each attempt is one more line in
 * the log of an authorizer, or one more wrong password for an account that locks.
 */
const configurationLastMs = 5_000

/**
 * Milliseconds before attempt number `failures` + 1: 50, 100, 200 … up to 1,000 (5,000 for `configuration`), each with up
 * to half of it taken off at random, so that lanes that failed together do not come back together.
 */
export function retryDelay(failures: number, random: Random, failure: FailureClass = 'retry'): number {
  const most = failure === 'configuration' ? configurationLastMs : lastMs
  const full = Math.min(most, firstMs * 2 ** Math.min(failures - 1, 10))
  return full * (1 - random() / 2)
}
