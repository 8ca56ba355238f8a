import { DuplicateBudget } from './duplicates.ts'
import { type Fate, fatesOf } from './fate.ts'
import type { Kill, Operation, Rebuild, TopicRecord } from './operation.ts'

export interface Trial {
  /** In the order of beginning. */
  readonly operations: readonly Operation[]
  /** All of the topic, by partition and offset. */
  readonly records: readonly TopicRecord[]
  readonly kills: readonly Kill[]
  /** Default: none. */
  readonly rebuilds?: readonly Rebuild[]
  /** Requests that can be in flight at once. */
  readonly inFlight: number
  readonly required: {
    /** Fewer acknowledged events prove nothing. */
    readonly acked: number
    /** With faults: a run in which every sender always knew the outcome has not met them. */
    readonly info: boolean
  }
  /** Where a lost event is after all, for the message. */
  readonly whereIs?: (id: string) => string
}

export type Invariant = 'no loss' | 'no phantom' | 'order' | 'duplicates'

export interface Violation {
  readonly invariant: Invariant
  readonly message: string
  /** Of the event that is lost. */
  readonly id?: string
}

export interface Counts {
  readonly events: number
  readonly ok: number
  readonly info: number
  readonly fail: number
  readonly records: number
  readonly duplicates: number
  /** What the kills and the rebuilds account for at most. */
  readonly duplicatesExplained: number
  readonly kills: number
  /** Milliseconds. */
  readonly longestGapWithoutOk: number
}

export interface Verdict {
  readonly violations: readonly Violation[]
  /** Why the run proves nothing, whatever it found. */
  readonly invalid: readonly string[]
  readonly counts: Counts
  /** Neither violations nor a reason to call it invalid. */
  readonly passed: boolean
}

/** Compares what the senders heard with what the topic holds. */
export function check(trial: Trial): Verdict {
  const { operations, records, kills, rebuilds = [], required } = trial
  const { byId, flaws } = fatesOf(operations)
  const fates = [...byId.values()]
  const copies = copiesById(records)
  const budget = new DuplicateBudget({ fates, kills, rebuilds, inFlight: trial.inFlight })
  const duplicates = [...copies.values()].reduce((sum, { length }) => sum + length - 1, 0)
  const violations = [
    ...losses(fates, copies, trial.whereIs),
    ...phantoms(records, byId),
    ...disorder(records, byId),
    ...unexplained(duplicates, copies, byId, budget),
  ]
  const ended = { ok: 0, info: 0, fail: 0 }
  for (const { outcome } of operations) ended[outcome?.type ?? 'info'] += 1
  const counts: Counts = {
    events: fates.length,
    ...ended,
    records: records.length,
    duplicates,
    duplicatesExplained: budget.total,
    kills: kills.length,
    longestGapWithoutOk: longestGap(operations),
  }
  const invalid = [...flaws]
  if (counts.ok < required.acked)
    invalid.push(`${counts.ok} acknowledged events, at least ${required.acked} are asked for`)
  if (required.info && counts.info === 0)
    invalid.push('no attempt with an unknown outcome: the faults met nobody')
  return { violations, invalid, counts, passed: violations.length === 0 && invalid.length === 0 }
}

type Copies = ReadonlyMap<string, readonly TopicRecord[]>
type FatesById = ReadonlyMap<string, Fate>

function copiesById(records: readonly TopicRecord[]): Copies {
  const copies = new Map<string, TopicRecord[]>()
  for (const record of records) {
    if (record.id === undefined) continue
    const earlier = copies.get(record.id)
    if (earlier === undefined) copies.set(record.id, [record])
    else earlier.push(record)
  }
  return copies
}

function losses(fates: readonly Fate[], copies: Copies, whereIs: Trial['whereIs']): Violation[] {
  return fates
    .filter(({ event, ackedAt }) => ackedAt !== undefined && !copies.has(event.id))
    .map(({ event, place }) => ({
      invariant: 'no loss',
      id: event.id,
      message: `${event.id} (number ${place} of ${event.repository}) had a 2xx and is not in the topic; ${whereIs?.(event.id) ?? 'not looked for elsewhere'}`,
    }))
}

function phantoms(records: readonly TopicRecord[], byId: FatesById): Violation[] {
  return records.flatMap((record): Violation[] => {
    const reason = phantomReason(record, byId)
    return reason === undefined
      ? []
      : [{ invariant: 'no phantom', message: `record ${record.partition}/${record.offset} ${reason}` }]
  })
}

function phantomReason({ id, key, hash, problem }: TopicRecord, byId: FatesById): string | undefined {
  if (problem !== undefined) return `cannot be read: ${problem}`
  const fate = id === undefined ? undefined : byId.get(id)
  if (fate === undefined) return `holds event ${id}, which nobody posted`
  if (hash !== fate.event.hash) return `holds event ${id} with another content than was posted`
  if (key !== fate.event.repository) return `holds event ${id} under the key ${key}`
  return fate.onlyFailed ? `holds event ${id}, which was never taken` : undefined
}

/** By first occurrence: a repeat behind a later event is no disorder where the first copy stands before it. */
function disorder(records: readonly TopicRecord[], byId: FatesById): Violation[] {
  const violations: Violation[] = []
  const seen = new Set<string>()
  const newest = new Map<string, Fate>()
  const partitions = new Map<string, number>()
  for (const { id, partition, offset } of records) {
    const fate = id === undefined ? undefined : byId.get(id)
    if (fate === undefined) continue
    const { repository } = fate.event
    const home = partitions.get(repository) ?? partition
    partitions.set(repository, home)
    if (partition !== home) {
      violations.push({
        invariant: 'order',
        message: `${repository} is in the partitions ${home} and ${partition}`,
      })
    }
    if (seen.has(fate.event.id)) continue
    seen.add(fate.event.id)
    const before = newest.get(repository)
    if (before !== undefined && before.place > fate.place) {
      violations.push({
        invariant: 'order',
        message: `record ${partition}/${offset}: ${fate.event.id}, number ${fate.place} of ${repository}, first comes after number ${before.place}`,
      })
    } else {
      newest.set(repository, fate)
    }
  }
  return violations
}

function unexplained(
  duplicates: number,
  copies: Copies,
  byId: FatesById,
  budget: DuplicateBudget,
): Violation[] {
  const violations = [...copies].flatMap(([id, { length }]): Violation[] => {
    const fate = byId.get(id)
    if (length === 1 || fate === undefined) return []
    const explained = budget.copiesOf(fate)
    if (length - 1 <= explained) return []
    return [
      {
        invariant: 'duplicates',
        message: `${id} of ${fate.event.repository} is there ${length} times, and ${explained} kills or rebuilds can have doubled it`,
      },
    ]
  })
  if (duplicates > budget.total) {
    violations.push({
      invariant: 'duplicates',
      message: `${duplicates} duplicates, and what was in flight or in the spool at kills and rebuilds explains ${budget.total}`,
    })
  }
  return violations
}

function longestGap(operations: readonly Operation[]): number {
  const times = operations
    .flatMap(({ outcome, endedAt }) => (outcome?.type === 'ok' && endedAt !== undefined ? [endedAt] : []))
    .toSorted((a, b) => a - b)
  return Math.round(times.reduce((longest, time, i) => Math.max(longest, time - (times[i - 1] ?? time)), 0))
}
