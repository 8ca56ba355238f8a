import { givenUpAfterMs } from './given-up.ts'
import { grouped } from './grouped.ts'
import type { Attempt, RebalanceHistory } from './history.ts'
import type { RebalanceViolation } from './violation.ts'

/**
 * Two attempts for one repository are under way at once only where the first was given up by its member: its connection went,
 * or its time was over. The far end may hear of that late, and of several together, so those whose connection went are
 * not counted; beside one that was given up there is one other at most, for the time limit of an attempt.
 */
export function overlapViolations({ events, attempts, attemptMs }: RebalanceHistory): RebalanceViolation[] {
  const repositories = new Map(events.map(({ id, repository }) => [id, repository]))
  const answered = attempts.filter(({ id, end }) => repositories.has(id) && end.status !== undefined)
  const byRepository = grouped(answered, ({ id }) => repositories.get(id) ?? '')
  return [...byRepository].flatMap(([repository, group]) => {
    let open: readonly Attempt[] = []
    return group
      .toSorted((a, b) => a.begunAt - b.begunAt)
      .flatMap((attempt): RebalanceViolation[] => {
        open = open.filter(({ end }) => end.at > attempt.begunAt)
        const reasons = open.flatMap((earlier) => reasonAgainst(earlier, attempt, attemptMs))
        if (open.length > 1) reasons.push(`${open.length + 1} attempts are under way at once`)
        open = [...open, attempt]
        return reasons.map((reason) => ({ invariant: 'fence', message: `${repository}: ${reason}` }))
      })
  })
}

function reasonAgainst(earlier: Attempt, later: Attempt, attemptMs: number): string[] {
  const overlapMs = Math.round(earlier.end.at - later.begunAt)
  if (later.begunAt < earlier.begunAt + givenUpAfterMs(attemptMs)) {
    return [`${later.member} began ${overlapMs} ms before ${earlier.member} had its answer`]
  }
  return overlapMs > attemptMs
    ? [`attempts of ${earlier.member} and ${later.member} overlap by ${overlapMs} ms`]
    : []
}
