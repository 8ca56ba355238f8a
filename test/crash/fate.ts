import type { Operation, SentEvent } from './operation.ts'

/** What the senders know of one event. */
export interface Fate {
  readonly event: SentEvent
  /** Place among the events of its repository, from 0, in the order of first posting. */
  readonly place: number
  readonly firstInvokedAt: number
  /** When the first 2xx came. */
  readonly ackedAt: number | undefined
  /** When its sender was done with it: with the 2xx, or by giving it up after its last attempt. */
  readonly settledAt: number | undefined
  /** No attempt had any other outcome than `fail`: the event must not be anywhere. */
  readonly onlyFailed: boolean
}

export interface Fates {
  readonly byId: ReadonlyMap<string, Fate>
  /** What makes the history no ground to judge order on. */
  readonly flaws: readonly string[]
}

interface GrowingFate extends Fate {
  ackedAt: number | undefined
  settledAt: number | undefined
  onlyFailed: boolean
}

/** Sums up the attempts by event, and checks that each repository was posted to serially, or there is no order to keep. */
export function fatesOf(operations: readonly Operation[]): Fates {
  const byId = new Map<string, GrowingFate>()
  const newest = new Map<string, GrowingFate>()
  const flaws: string[] = []
  for (const { event, invokedAt, endedAt, outcome } of operations) {
    let fate = byId.get(event.id)
    if (fate === undefined) {
      const before = newest.get(event.repository)
      if (before !== undefined && !settled(before, invokedAt)) {
        flaws.push(`${event.id} was posted before ${before.event.id} of the same repository was settled`)
      }
      fate = {
        event,
        place: (before?.place ?? -1) + 1,
        firstInvokedAt: invokedAt,
        ackedAt: undefined,
        settledAt: undefined,
        onlyFailed: true,
      }
      byId.set(event.id, fate)
      newest.set(event.repository, fate)
    }
    if (fate.event.hash !== event.hash) flaws.push(`${event.id} was posted with two contents`)
    if (outcome?.type !== 'fail') fate.onlyFailed = false
    if (outcome?.type === 'ok' && endedAt !== undefined) fate.ackedAt ??= endedAt
    fate.settledAt = fate.ackedAt ?? endedAt
  }
  return { byId, flaws }
}

function settled({ ackedAt, onlyFailed }: Fate, at: number): boolean {
  return ackedAt === undefined ? onlyFailed : ackedAt <= at
}
