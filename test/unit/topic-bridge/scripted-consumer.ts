import type {
  BatchHandler,
  CommittedOffset,
  ConsumerPort,
  HeldPartition,
  PartitionCommit,
  TopicPartition,
} from '../../../src/kafka/consumer-port.ts'

/** A partition as long as the test says that it is held. */
export class ScriptedPartition implements HeldPartition {
  readonly committed: CommittedOffset | undefined
  lost = false
  paused = false
  /** Calls of `pause` that found it not paused. */
  pauses = 0

  constructor(committed?: CommittedOffset) {
    this.committed = committed
  }

  isHeld(): boolean {
    return !this.lost
  }

  pause(): void {
    if (!this.paused) this.pauses++
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }
}

/** A member of a group that remembers what is committed, and refuses or delays as told. */
export class ScriptedConsumer implements ConsumerPort {
  handler: BatchHandler | undefined
  closedWith: number | undefined
  ready = true
  /** What the group answers a leave with: false, nothing. */
  left = true
  /** Requests, with all that each of them wrote. */
  readonly requests: (readonly PartitionCommit[])[] = []
  readonly group: Map<string, CommittedOffset>
  refusal: Error | undefined
  /** Waited for before a commit is written. */
  delay: (() => Promise<void>) | undefined
  onCommit: (commit: PartitionCommit) => void = () => {}
  endOf: (place: TopicPartition) => bigint | undefined = () => undefined
  readonly asked: TopicPartition[] = []
  open = 0
  mostOpen = 0

  /** @param group what it remembers, by `topic/partition`; members that share it are of one group */
  constructor(group = new Map<string, CommittedOffset>()) {
    this.group = group
  }

  async start(handler: BatchHandler): Promise<void> {
    this.handler = handler
  }

  async commit(offsets: readonly PartitionCommit[]): Promise<void> {
    this.mostOpen = Math.max(this.mostOpen, ++this.open)
    try {
      await this.delay?.()
      if (this.refusal !== undefined) throw this.refusal
      this.requests.push(offsets)
      for (const commit of offsets) {
        this.onCommit(commit)
        this.group.set(`${commit.topic}/${commit.partition}`, commit)
      }
    } finally {
      this.open--
    }
  }

  /** Offsets committed of a partition, in order. */
  committed(partition = 0): readonly bigint[] {
    return this.requests.flat().flatMap((commit) => (commit.partition === partition ? [commit.next] : []))
  }

  /** As a member gets it that joins now. */
  hold(partition = 0): ScriptedPartition {
    const remembered = this.group.get(`events/${partition}`)
    return new ScriptedPartition(
      remembered === undefined ? undefined : { next: remembered.next, metadata: remembered.metadata },
    )
  }

  async ends(places: readonly TopicPartition[]): ReturnType<ConsumerPort['ends']> {
    this.asked.push(...places)
    return places.flatMap((place) => {
      const end = this.endOf(place)
      return end === undefined ? [] : [{ ...place, end }]
    })
  }

  readiness(): { ready: boolean; reason?: string } {
    return this.ready ? { ready: true } : { ready: false, reason: 'not a member' }
  }

  async close(options?: { deadlineMs?: number }): Promise<boolean> {
    this.closedWith = options?.deadlineMs
    await this.handler?.giveBack(options?.deadlineMs ?? 10_000)
    return this.left
  }
}
