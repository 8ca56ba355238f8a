import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { ReplayMoment } from './replay-moment.ts'
import { type OffsetSpans, spansOf } from './replay-spans.ts'

export type TailAdmin = Pick<AdminPort, 'partitionCount' | 'earliestOffsets' | 'latestOffsets' | 'offsetsAt'>

/** A topic as it is when the watching begins. */
export interface TailStart {
  readonly topic: string
  /** What is there already and is to be shown. */
  readonly spans: OffsetSpans
  /** Infinity where only one was asked for. */
  readonly partitionCount: number
}

/**
 * Where each topic begins. By time it is at the first record that was received then or later; all behind it belongs to it, also
 * what was received before and written late.
 *
 * Rejects with KAFKA_CONFIGURATION where there is no such topic or partition, and with KAFKA_UNAVAILABLE.
 */
export async function tailStarts(
  topics: readonly string[],
  from: ReplayMoment,
  partition: number | undefined,
  admin: TailAdmin,
): Promise<readonly TailStart[]> {
  const starts: TailStart[] = []
  for (const topic of topics) {
    const count = await admin.partitionCount(topic)
    if (count === undefined) {
      throw wrong(`there is no topic ${topic}: create it with \`registry-relay topics apply\``, topic)
    }
    if (partition !== undefined && partition >= count) {
      const there = `${topic} has ${count} partitions, from 0`
      throw wrong(`${there}: there is no partition ${partition}`, topic)
    }
    const to = { text: 'latest', moment: { kind: 'latest' } } as const
    const all = await spansOf({ topic, from: { text: '', moment: from }, to, partition }, admin)
    const spans = [...all].filter(([one]) => partition === undefined || one === partition)
    const partitionCount = partition === undefined ? count : Number.POSITIVE_INFINITY
    starts.push({ topic, spans: new Map(spans), partitionCount })
  }
  return starts
}

function wrong(message: string, topic: string): RelayError {
  return new RelayError('KAFKA_CONFIGURATION', message, { facts: { topic } })
}
