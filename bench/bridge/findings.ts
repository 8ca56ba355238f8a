import { type Finding, finding } from '../gateway/findings.ts'
import { spreadOf } from '../gateway/spread.ts'
import type { DeadResult } from './dead-endpoint.ts'
import type { KillResult } from './kill.ts'
import type { Level, Sample, Series } from './throughput.ts'

/** Our bridge against a bare loop at the same endpoint. */
export function againstCeiling(ours: Series, ceiling: Series): Finding {
  const what = `rate against the ${ceiling.contender}, ${showLevel(ours.level)}`
  return finding('M3', what, ratio(ours, ceiling, rate), '>=', 0.95)
}

export function rateAgainstRival(ours: Series, rival: Series): Finding {
  const what = `rate against ${rival.contender}, ${showLevel(ours.level)}`
  return finding('M3', what, ratio(ours, rival, rate), '>=', 2)
}

export function inOrder(ours: Series): readonly Finding[] {
  const sum = (of: (sample: Sample) => number): number => ours.samples.reduce((all, one) => all + of(one), 0)
  return [
    finding('M3', `reordered, ${showLevel(ours.level)}`, sum(reordered), '<=', 0),
    finding('M3', `overlap of a repository, ${showLevel(ours.level)}`, sum(overlap), '<=', 0),
  ]
}

export function cpuAgainstRival(ours: Series, rival: Series): Finding {
  const what = `CPU per event against ${rival.contender}, ${showLevel(ours.level)}`
  return finding('M4', what, ratio(ours, rival, cpu), '<=', 0.35)
}

export function afterKills(kills: readonly KillResult[]): readonly Finding[] {
  const most = (of: (kill: KillResult) => number): number => Math.max(...kills.map(of))
  const over = most(({ repeats, unavoidable }) => repeats / Math.max(1, unavoidable))
  return [
    finding('M8', 'repeats against what was in flight or not committed yet', over, '<=', 1),
    finding('M8', 's from the kill to the next delivery', most(resumeSeconds), '<=', 12),
    finding('M8', 'lost', most(lost), '<=', 0),
  ]
}

export function memoryUnderLoad(ours: Series): Finding {
  const peak = Math.max(...ours.samples.map(({ peakMb }) => peakMb))
  return finding('M9', `MB, ${showLevel(ours.level)}`, peak, '<=', 200)
}

export function memoryWithoutEndpoint({ death, peakMb, growth, committed }: DeadResult): readonly Finding[] {
  const where = `endpoint that ${death === 'silent' ? 'is silent' : death}`
  return [
    finding('M9', `MB, ${where}`, peakMb, '<=', 200),
    // Memory that grows with the outage grows by more than this within the second half of the time.
    finding('M9', `growth of the memory, ${where}`, growth, '<=', 1.15),
    finding('M9', `committed and not delivered, ${where}`, committed, '<=', 0),
  ]
}

export function showLevel({ latencyMs, inFlight }: Level): string {
  return `L = ${latencyMs} ms, W = ${inFlight}`
}

const rate = (sample: Sample): number => sample.perSecond
const cpu = (sample: Sample): number => sample.cpuPer1k
const reordered = (sample: Sample): number => sample.reordered
const overlap = (sample: Sample): number => sample.overlap
const resumeSeconds = (kill: KillResult): number => kill.resumeSeconds
const lost = (kill: KillResult): number => kill.lost

function ratio(ours: Series, theirs: Series, of: (sample: Sample) => number): number {
  return spreadOf(ours.samples.map(of)).median / spreadOf(theirs.samples.map(of)).median
}
