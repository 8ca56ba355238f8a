import type { CommittedOffset } from '../../../src/kafka/consumer-port.ts'
import type { ReplayAdmin } from '../../../src/operations/replay-prepare.ts'

/** One topic of a cluster that answers as it is told, and remembers what groups are told. */
export class ScriptedOffsets implements ReplayAdmin {
  earliest = new Map<number, bigint>()
  latest = new Map<number, bigint>()
  at = new Map<number, bigint>()
  /** Set: nothing can be asked. */
  down = false
  /** Set: a question about a group is taken and never answered. */
  silent = false
  readonly groups = new Map<string, Map<number, CommittedOffset>>()
  readonly topic: string
  readonly order: string[] = []

  constructor(topic: string) {
    this.topic = topic
  }

  async partitionCount(topic: string): Promise<number | undefined> {
    return topic === this.topic ? this.latest.size : undefined
  }

  async earliestOffsets(): Promise<ReadonlyMap<number, bigint>> {
    return this.earliest
  }

  async latestOffsets(): Promise<ReadonlyMap<number, bigint>> {
    return this.latest
  }

  async offsetsAt(): Promise<ReadonlyMap<number, bigint>> {
    return this.at
  }

  async groupOffsets(groupId: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    if (this.down) throw new Error('Kafka is away')
    if (this.silent) await new Promise(() => {})
    return this.groups.get(groupId) ?? new Map()
  }

  async presetOffsets(
    groupId: string,
    _topic: string,
    offsets: ReadonlyMap<number, CommittedOffset>,
  ): Promise<void> {
    this.order.push(groupId)
    this.groups.set(groupId, new Map([...(this.groups.get(groupId) ?? []), ...offsets]))
  }
}
