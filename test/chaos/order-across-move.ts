import type { Violation } from '../crash/checker.ts'
import type { Fate } from '../crash/fate.ts'
import type { TopicRecord } from '../crash/operation.ts'

/**
 * Order where the number of partitions was raised once: a repository may have moved, and then all that is in its old partition
 * comes before all that is in the new one. By first occurrences, as everywhere.
 */
export function disorderAcrossMove(
  records: readonly TopicRecord[],
  byId: ReadonlyMap<string, Fate>,
): readonly Violation[] {
  const seen = new Set<string>()
  const places = new Map<string, Map<number, number[]>>()
  for (const { id, partition } of records) {
    const fate = id === undefined ? undefined : byId.get(id)
    if (fate === undefined || seen.has(fate.event.id)) continue
    seen.add(fate.event.id)
    const { repository } = fate.event
    const own = places.get(repository) ?? new Map<number, number[]>()
    places.set(repository, own)
    const here = own.get(partition) ?? []
    own.set(partition, here)
    here.push(fate.place)
  }
  return [...places].flatMap(([repository, own]): Violation[] => {
    const inOrder = [...own.values()].toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)).flat()
    const broken = inOrder.findIndex((place, i) => i > 0 && place < (inOrder[i - 1] ?? 0))
    if (own.size > 2) return [{ invariant: 'order', message: `${repository} is in ${own.size} partitions` }]
    if (broken < 0) return []
    const [before, after] = [inOrder[broken - 1], inOrder[broken]]
    return [
      { invariant: 'order', message: `${repository}: number ${after} first comes after number ${before}` },
    ]
  })
}
