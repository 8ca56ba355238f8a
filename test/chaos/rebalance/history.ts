/** One event, and where it lies in the topic. */
export interface PlacedEvent {
  readonly id: string
  readonly repository: string
  /** Counts the events of the repository, from 0. */
  readonly number: number
  readonly partition: number
  readonly offset: number
  /** Hex SHA-256 of the Envelope. */
  readonly hash: string
}

/** One request as the far end saw it. All times are those of `machineTime`. */
export interface Attempt {
  readonly id: string
  readonly member: string
  /** When the member handed it to its HTTP client: by the member itself, so that no time on the way is in it. */
  readonly begunAt: number
  readonly arrivedAt: number
  /** Of the body; none when it did not arrive whole. */
  readonly hash?: string
  /** The far end has it from now on, whatever the member hears. */
  readonly takes: boolean
  readonly end: AttemptEnd
}

/** Without a status the connection was gone before an answer was written. */
export interface AttemptEnd {
  readonly at: number
  readonly status?: number
}

/** A member has joined the group. */
export interface Join {
  readonly member: string
  readonly at: number
  readonly generation: number
  readonly partitions: readonly number[]
}

/** What the group had committed for a partition, told at this time. */
export interface Sample {
  readonly at: number
  readonly partition: number
  readonly next: number
}

/** `pause`: stopped for longer than a session, until `wake`. */
export type ChangeKind = 'join' | 'leave' | 'kill' | 'pause' | 'wake'

export interface Change {
  readonly kind: ChangeKind
  readonly member: string
  readonly at: number
}

/** All that was seen of a run. */
export interface RebalanceHistory {
  readonly events: readonly PlacedEvent[]
  readonly attempts: readonly Attempt[]
  readonly joins: readonly Join[]
  readonly samples: readonly Sample[]
  readonly changes: readonly Change[]
  /** The time limit of one attempt, milliseconds. */
  readonly attemptMs: number
  /** For so long the group may not know of an outcome, milliseconds: the pace of the commits. */
  readonly uncommittedMs: number
}
