import { grouped } from './grouped.ts'
import type { Attempt, Change, Join, PlacedEvent, RebalanceHistory } from './history.ts'
import { nameOf } from './outcome-check.ts'
import type { RebalanceViolation } from './violation.ts'

interface Breach {
  readonly attempt: Attempt
  readonly message: string
}

/**
 * An attempt is begun only by the member that has the partition: its own newest join gave it, and no newer generation gave
 * it to another. Between a join of the group and its arrival at the member nothing is judged, so no time has to be allowed.
 */
export function fenceViolations(history: RebalanceHistory): RebalanceViolation[] {
  return breaches(history).map(({ message }) => ({ invariant: 'fence', message }))
}

/**
 * A member that is stopped between its last look at its lease and the request begins that one when it wakes: the first after
 * each wake. Nothing in the member can prevent it, and a second one would mean that it does not look.
 */
export function begunAcrossStops(history: RebalanceHistory): ReadonlySet<Attempt> {
  const found = new Map<Change, Attempt>()
  for (const { attempt } of breaches(history)) {
    const wake = history.changes.findLast(
      ({ kind, member, at }) => kind === 'wake' && member === attempt.member && at <= attempt.begunAt,
    )
    if (wake !== undefined && !found.has(wake)) found.set(wake, attempt)
  }
  return new Set(found.values())
}

/** In the order in which they were begun. */
function breaches({ events, attempts, joins }: RebalanceHistory): readonly Breach[] {
  const byId = new Map(events.map((event) => [event.id, event]))
  const inOrder = joins.toSorted((a, b) => a.at - b.at)
  const byMember = grouped(inOrder, ({ member }) => member)
  return attempts
    .toSorted((a, b) => a.begunAt - b.begunAt)
    .flatMap((attempt) => {
      const event = byId.get(attempt.id)
      if (event === undefined) return []
      const own = byMember.get(attempt.member)?.findLast(({ at }) => at <= attempt.begunAt)
      const why = own?.partitions.includes(event.partition)
        ? takenOver(attempt, event, own, inOrder)
        : `its newest join (${own === undefined ? 'none' : `generation ${own.generation}`}) did not give it the partition`
      if (why === undefined) return []
      return [{ attempt, message: `${attempt.member} began ${nameOf(event)}, but ${why}` }]
    })
}

function takenOver(
  { member, begunAt }: Attempt,
  { partition }: PlacedEvent,
  own: Join,
  joins: readonly Join[],
): string | undefined {
  const other = joins.find(
    (join) =>
      join.at <= begunAt &&
      join.generation > own.generation &&
      join.member !== member &&
      join.partitions.includes(partition),
  )
  if (other === undefined) return undefined
  return `${other.member} had the partition since ${Math.round(begunAt - other.at)} ms`
}
