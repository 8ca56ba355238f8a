import type { ChaosReport } from '../report.ts'
import type { RebalanceVerdict } from './checker.ts'
import type { Attempt, RebalanceHistory } from './history.ts'
import type { RebalanceRunOptions } from './rebalance-run.ts'

/** In the words of the other runs: what was acknowledged are the answers of the far end. */
export function rebalanceReport(
  { scenario, seed, events, changes }: RebalanceRunOptions,
  history: RebalanceHistory,
  verdict: RebalanceVerdict,
  problems: readonly string[],
): ChaosReport<string> {
  const { attempts } = history
  const ok = attempts.filter(({ takes, end }) => takes && end.status !== undefined)
  const info = attempts.filter(({ end }) => end.status === undefined)
  const faults = history.changes.filter(({ kind }) => kind === 'kill' || kind === 'pause')
  const invalid = [
    ...(history.events.length < events
      ? [`${history.events.length} events, and ${events} are asked for`]
      : []),
    ...(changes !== 'rolling' && (faults.length === 0 || verdict.explained === 0)
      ? ['nothing was in flight at any kill or pause']
      : []),
  ]
  const { violations } = verdict
  return {
    ...{ scenario, seed, mode: 'bridge', faults: history.changes.length, rebuilds: 0 },
    retries: attempts.length - ok.length,
    counts: {
      ...{ events: history.events.length, ok: ok.length, info: info.length },
      fail: attempts.length - ok.length - info.length,
      records: history.events.length,
      ...{ duplicates: verdict.repeats, duplicatesExplained: verdict.explained },
      kills: faults.length,
      longestGapWithoutOk: longestGap(ok),
    },
    remarks: [
      ...[`repeats: ${causesOf(verdict)}`, `${history.joins.length} joins`],
      `${verdict.acrossStops} begun across a stop`,
    ],
    ...{ violations, problems, invalid },
    passed: violations.length === 0 && problems.length === 0 && invalid.length === 0,
  }
}

function causesOf({ causes }: RebalanceVerdict): string {
  return [...causes].map(([cause, count]) => `${count} ${cause}`).join(', ') || 'none'
}

function longestGap(ok: readonly Attempt[]): number {
  const times = ok.map(({ end }) => end.at).toSorted((a, b) => a - b)
  return Math.round(times.reduce((longest, time, i) => Math.max(longest, time - (times[i - 1] ?? time)), 0))
}
