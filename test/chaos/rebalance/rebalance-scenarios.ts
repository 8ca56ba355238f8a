import type { RebalanceRunOptions } from './rebalance-run.ts'

/** How much of it there is. */
export type RebalanceSize = Omit<RebalanceRunOptions, 'cluster' | 'scenario' | 'seed' | 'onProgress'>

export interface RebalanceScenario {
  readonly name: 'rebalance' | 'rebalance-rolling'
  readonly title: string
  /** For the ordinary run of the tests. */
  readonly short: RebalanceSize
  /** @param seconds for the changes, where their number can be chosen. Default 350 */
  long(seconds?: number): RebalanceSize
}

const shortGroup = { members: 4, repositories: 50 }
const longGroup = { members: 12, repositories: 500, gapMs: [2_000, 5_000] as const }
/** The mean time between two changes of the long form. */
const gapSeconds = 3.5
const eventsPerSecond = 300

export const rebalanceScenarios: readonly RebalanceScenario[] = [
  {
    name: 'rebalance',
    title: 'members of a bridge that join, leave, are killed, and stand still for longer than a session',
    short: { ...shortGroup, changes: 10, events: 5_000, eventsPerSecond: 150, gapMs: [800, 2_000] },
    long: (seconds = 350) => ({
      ...{ ...longGroup, changes: Math.max(10, Math.round(seconds / gapSeconds)) },
      ...{ events: Math.min(100_000, seconds * eventsPerSecond), eventsPerSecond },
    }),
  },
  {
    name: 'rebalance-rolling',
    title: 'members of a bridge that are replaced in good order, which repeats nothing',
    short: { ...shortGroup, changes: 'rolling', events: 1_500, eventsPerSecond: 150, gapMs: [500, 1_000] },
    long: () => ({ ...longGroup, changes: 'rolling', events: 20_000, eventsPerSecond }),
  },
]
