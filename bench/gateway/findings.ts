import type { DownResult } from './broker-down.ts'
import { spreadOf } from './spread.ts'
import type { Sample, Series } from './throughput.ts'

/** A goal and what was seen. */
export interface Finding {
  readonly measure: string
  readonly what: string
  readonly seen: number
  readonly goal: string
  readonly met: boolean
}

export function finding(
  measure: string,
  what: string,
  seen: number,
  relation: '>=' | '<=' | '<',
  goal: number,
): Finding {
  const met = relation === '>=' ? seen >= goal : relation === '<=' ? seen <= goal : seen < goal
  return { measure, what, seen, goal: `${relation} ${goal}`, met }
}

/**
 * Acknowledged by Kafka, against one rival under the same load. Registries ask for gzip, so that is the race; a rival whose
 * senders do not ask for it is only to be beaten.
 */
export function againstRival(ours: Series, rival: Series, gzip: boolean): readonly Finding[] {
  const where = `against ${rival.contender}, ${ours.registries} registries`
  const rateGoal = ours.registries >= 64 ? 3 : 1.5
  return [
    finding('M1', `rate ${where}`, ratio(ours, rival, rate), '>=', gzip ? rateGoal : 1),
    finding('M1', `p99 ${where}`, ratio(ours, rival, p99), '<', 1),
    finding('M1', `CPU per event ${where}`, ratio(ours, rival, cpu), '<=', gzip ? 0.3 : 1),
  ]
}

/** Whatever was acknowledged has to be in the topic. */
export function nothingLost(series: Series): Finding {
  const lost = series.samples.reduce((sum, sample) => sum + sample.lost, 0)
  const what = `acknowledged by ${series.contender} and not stored, ${series.registries} registries`
  return finding('M1', what, lost, '<=', 0)
}

/** Acknowledged by the disk, against acknowledged by Kafka under the same load. */
export function spoolAgainstKafka(spool: Series, kafka: Series): readonly Finding[] {
  // A disk syncs as long for one event as for many, so with few registries it is the slower of the two.
  if (spool.registries < 64) return []
  const where = `against ${kafka.contender}, ${spool.registries} registries`
  return [finding('M2', `rate ${where}`, ratio(spool, kafka, rate), '>=', 1)]
}

/** The spool's p99 while Kafka is down, against what it is without a spool and with Kafka. */
export function spoolWithoutKafka(down: DownResult, kafka: Series): Finding {
  const what = `p99 with Kafka down against ${kafka.contender} with Kafka, ${down.registries} registries`
  return finding('M2', what, down.load.p99Ms / spreadOf(kafka.samples.map(p99)).median, '<=', 1)
}

export function memoryUnderLoad(series: Series): Finding {
  const peak = Math.max(...series.samples.map(({ peakMb }) => peakMb))
  return finding('M9', `MB of ${series.contender}, ${series.registries} registries`, peak, '<=', 200)
}

export function memoryWithoutKafka(down: DownResult): readonly Finding[] {
  const where = `of ${down.contender} with Kafka down, ${down.registries} registries`
  return [
    finding('M9', `MB ${where}`, down.peakMb, '<=', 200),
    // Memory that grows with the outage grows by more than this within the second half of the time.
    finding('M9', `growth of the memory ${where}`, down.growth, '<=', 1.15),
  ]
}

const rate = (sample: Sample): number => sample.perSecond
const p99 = (sample: Sample): number => sample.p99Ms
const cpu = (sample: Sample): number => sample.cpuPer1k

function ratio(ours: Series, theirs: Series, of: (sample: Sample) => number): number {
  return spreadOf(ours.samples.map(of)).median / spreadOf(theirs.samples.map(of)).median
}
