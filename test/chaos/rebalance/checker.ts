import { commitViolations } from './commit-check.ts'
import { begunAcrossStops, fenceViolations } from './fence-check.ts'
import type { RebalanceHistory } from './history.ts'
import { outcomeViolations } from './outcome-check.ts'
import { overlapViolations } from './overlap-check.ts'
import { type Repeats, repeatsOf } from './repeats.ts'
import type { RebalanceViolation } from './violation.ts'

export interface RebalanceVerdict extends Repeats {
  readonly violations: readonly RebalanceViolation[]
  /** Attempts that a pause found about to be begun; they are not judged. */
  readonly acrossStops: number
}

/** Judges what the far end, the group and the members showed. */
export function checkRebalances(seen: RebalanceHistory): RebalanceVerdict {
  const acrossStops = begunAcrossStops(seen)
  const history = { ...seen, attempts: seen.attempts.filter((attempt) => !acrossStops.has(attempt)) }
  const repeats = repeatsOf(history)
  return {
    ...repeats,
    acrossStops: acrossStops.size,
    violations: [
      ...outcomeViolations(history),
      ...commitViolations(history),
      ...fenceViolations(history),
      ...overlapViolations(history),
      ...repeats.violations,
    ],
  }
}
