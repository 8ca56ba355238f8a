import { grouped } from './grouped.ts'
import type { RebalanceHistory, Sample } from './history.ts'
import { outcomeAt } from './outcome-check.ts'
import type { RebalanceViolation } from './violation.ts'

/** No sample lies above an event that had no outcome by then, and none lies below an earlier one. */
export function commitViolations(history: RebalanceHistory): RebalanceViolation[] {
  const doneBy = outcomeTimes(history)
  return [...grouped(history.samples, ({ partition }) => partition)].flatMap(([partition, samples]) => {
    const inOrder = samples.toSorted((a, b) => a.at - b.at)
    return [...beyondOutcomes(inOrder, doneBy.get(partition) ?? []), ...backwards(inOrder)]
  })
}

/** Of each partition, by offset: when it and all below it had an outcome. */
function outcomeTimes({ events, attempts }: RebalanceHistory): ReadonlyMap<number, readonly number[]> {
  const byId = grouped(attempts, ({ id }) => id)
  const times = new Map<number, number[]>()
  for (const [partition, group] of grouped(events, (event) => event.partition)) {
    let latest = 0
    const ofPartition: number[] = []
    for (const { id, offset } of group.toSorted((a, b) => a.offset - b.offset)) {
      latest = Math.max(latest, outcomeAt(byId.get(id) ?? []))
      ofPartition[offset] = latest
    }
    times.set(partition, ofPartition)
  }
  return times
}

function beyondOutcomes(samples: readonly Sample[], doneBy: readonly number[]): RebalanceViolation[] {
  return samples.flatMap(({ at, partition, next }) => {
    const doneAt = next === 0 ? 0 : (doneBy[next - 1] ?? Number.POSITIVE_INFINITY)
    if (doneAt <= at) return []
    const lateMs = Math.round(doneAt - at)
    return [
      {
        invariant: 'commit',
        message: `partition ${partition} was committed up to ${next}, ${lateMs} ms before all below had an outcome`,
      },
    ]
  })
}

function backwards(samples: readonly Sample[]): RebalanceViolation[] {
  return samples.flatMap(({ partition, next }, index) => {
    const before = samples[index - 1]?.next ?? 0
    if (next >= before) return []
    return [{ invariant: 'commit', message: `partition ${partition} went back from ${before} to ${next}` }]
  })
}
