import { grouped } from './grouped.ts'
import type { Attempt, PlacedEvent, RebalanceHistory } from './history.ts'
import type { RebalanceViolation } from './violation.ts'

/** Every event was taken and answered, as it was sent, and in the order of its repository. */
export function outcomeViolations({ events, attempts }: RebalanceHistory): RebalanceViolation[] {
  const byId = grouped(attempts, ({ id }) => id)
  const known = new Set(events.map(({ id }) => id))
  return [
    ...attempts
      .filter(({ id }) => !known.has(id))
      .map(({ id }) => violation('content', `event ${id} arrived, and nobody sent it`)),
    ...events.flatMap((event) => contentAndLoss(event, byId.get(event.id) ?? [])),
    ...[...grouped(events, ({ repository }) => repository).values()].flatMap((group) =>
      disorder(
        group.toSorted((a, b) => a.number - b.number),
        byId,
      ),
    ),
  ]
}

function contentAndLoss(event: PlacedEvent, attempts: readonly Attempt[]): RebalanceViolation[] {
  const altered = attempts.filter(({ hash }) => hash !== undefined && hash !== event.hash)
  return [
    ...altered.map(() => violation('content', `${nameOf(event)} arrived with other bytes than were sent`)),
    ...(outcomeAt(attempts) === Number.POSITIVE_INFINITY
      ? [violation('no loss', `${nameOf(event)} has no outcome after ${attempts.length} attempts`)]
      : []),
  ]
}

function disorder(
  events: readonly PlacedEvent[],
  byId: ReadonlyMap<string, readonly Attempt[]>,
): RebalanceViolation[] {
  const violations: RebalanceViolation[] = []
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]
    if (before === undefined) continue
    const ours = byId.get(event.id) ?? []
    const theirs = byId.get(before.id) ?? []
    const earlyMs = outcomeAt(theirs) - Math.min(...ours.map(({ begunAt }) => begunAt))
    if (earlyMs > 0) {
      const by = ours[0]?.member
      violations.push(
        violation(
          'order',
          `${nameOf(event)} was begun by ${by} ${earlyMs} ms before the outcome of the one before`,
        ),
      )
    }
    if (takenAt(ours) < takenAt(theirs)) {
      violations.push(violation('order', `${nameOf(event)} was first taken before the one before it`))
    }
  }
  return violations
}

/** When it had its outcome first. */
export function outcomeAt(attempts: readonly Attempt[]): number {
  const ends = attempts.filter(({ takes, end }) => takes && end.status !== undefined).map(({ end }) => end.at)
  return Math.min(...ends)
}

export function nameOf({ repository, number, partition, offset }: PlacedEvent): string {
  return `number ${number} of ${repository} (${partition}/${offset})`
}

function takenAt(attempts: readonly Attempt[]): number {
  return Math.min(...attempts.filter(({ takes }) => takes).map(({ arrivedAt }) => arrivedAt))
}

function violation(invariant: RebalanceViolation['invariant'], message: string): RebalanceViolation {
  return { invariant, message }
}
