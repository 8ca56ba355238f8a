import { givenUpAfterMs } from './given-up.ts'
import { grouped } from './grouped.ts'
import type { Attempt, Change, PlacedEvent, RebalanceHistory, Sample } from './history.ts'
import { nameOf } from './outcome-check.ts'
import type { RebalanceViolation } from './violation.ts'

export interface Repeats {
  /** How often the far end took what it had. */
  readonly repeats: number
  /** What was in flight, or finished and not committed, at the faults: so many repeats are explained at most. */
  readonly explained: number
  /** Repeats by what explains them; `after leave` and the like where nothing does. */
  readonly causes: ReadonlyMap<string, number>
  readonly violations: readonly RebalanceViolation[]
}

/**
 * A repeat is explained where the group could not know of any earlier copy: its member heard no answer in time, or was killed
 * or stopped before it could commit. A clean change explains nothing.
 */
export function repeatsOf(history: RebalanceHistory): Repeats {
  const { events, attempts, changes } = history
  const byId = new Map(events.map((event) => [event.id, event]))
  const committed = new Committed(history.samples)
  const faults = changes.filter(({ kind }) => kind === 'kill' || kind === 'pause')
  const reasonOf = (event: PlacedEvent, attempt: Attempt): string | undefined =>
    faults.find((fault) => wasOpen(fault, event, attempt, committed, history.uncommittedMs))?.kind ??
    unheard(attempt, history.attemptMs)

  const causes = new Map<string, number>()
  const violations: RebalanceViolation[] = []
  let [repeats, explained] = [0, 0]
  for (const [id, copies] of grouped(attempts, (attempt) => attempt.id)) {
    const event = byId.get(id)
    if (event === undefined) continue
    const taken = copies.filter(({ takes }) => takes).toSorted((a, b) => a.begunAt - b.begunAt)
    const reasons = taken.map((attempt) => reasonOf(event, attempt))
    explained += reasons.filter((reason) => reason !== undefined).length
    for (const [index, attempt] of taken.entries()) {
      if (index === 0) continue
      repeats += 1
      const settled = taken.slice(0, index).findLast((_, i) => reasons[i] === undefined)
      const cause = settled === undefined ? String(reasons[index - 1]) : `after ${latest(changes, attempt)}`
      causes.set(cause, (causes.get(cause) ?? 0) + 1)
      if (settled === undefined) continue
      violations.push({
        invariant: 'duplicates',
        message: `${nameOf(event)} was answered to ${settled.member} and begun ${Math.round(attempt.begunAt - settled.end.at)} ms later by ${attempt.member}, ${cause}`,
      })
    }
  }
  return { repeats, explained, causes, violations }
}

function unheard({ begunAt, end }: Attempt, attemptMs: number): string | undefined {
  return end.status === undefined || end.at - begunAt >= givenUpAfterMs(attemptMs) ? 'no answer' : undefined
}

/** The member had it in hand at this fault, or had not committed it. */
function wasOpen(
  { member, at }: Change,
  { partition, offset }: PlacedEvent,
  attempt: Attempt,
  committed: Committed,
  uncommittedMs: number,
): boolean {
  return (
    attempt.member === member &&
    attempt.begunAt <= at &&
    attempt.end.at >= at - uncommittedMs &&
    offset >= committed.before(partition, at)
  )
}

function latest(changes: readonly Change[], { begunAt }: Attempt): string {
  const before = changes.filter(({ at }) => at <= begunAt).toSorted((a, b) => a.at - b.at)
  return before.at(-1)?.kind ?? 'no change'
}

class Committed {
  readonly #samples: ReadonlyMap<number, readonly Sample[]>

  constructor(samples: readonly Sample[]) {
    this.#samples = grouped(
      samples.toSorted((a, b) => a.at - b.at),
      ({ partition }) => partition,
    )
  }

  /** The group had committed at least so much then. */
  before(partition: number, at: number): number {
    return this.#samples.get(partition)?.findLast((sample) => sample.at <= at)?.next ?? 0
  }
}
