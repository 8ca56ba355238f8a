/** One event of a simulated registry, as the far end must have it. */
export interface SentEvent {
  readonly id: string
  readonly sender: string
  readonly repository: string
  /** Hex SHA-256 of the Envelope, which holds this event alone. */
  readonly hash: string
}

/**
 * How an attempt to post ended, in the words of Jepsen: `ok`: a 2xx. `fail`: certainly not taken (a 4xx, or the
 * connection was refused). `info`: nobody can tell (time-out, reset, 5xx), so the event may be there or not.
 */
export type Outcome =
  | { readonly type: 'ok'; readonly status: number }
  | { readonly type: 'fail'; readonly status?: number; readonly reason: string }
  | { readonly type: 'info'; readonly status?: number; readonly reason: string }

/** One attempt. Times are monotonic milliseconds of the process that sends; an attempt without an outcome never ended. */
export interface Operation {
  readonly event: SentEvent
  readonly invokedAt: number
  readonly endedAt?: number
  readonly outcome?: Outcome
}

/** One record of the topic, read at the end. */
export interface TopicRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  /** Of the event inside; undefined where it has none or the value is no event. */
  readonly id?: string
  readonly repository?: string
  /** Hex SHA-256 of the Envelope that the record gives back; undefined where the value is no event. */
  readonly hash?: string
  /** Why the value could not be read. */
  readonly problem?: string
}

/** A kill -9 of the gateway. */
export interface Kill {
  /** Monotonic milliseconds at which its end was noticed: nothing that it did comes later. */
  readonly at: number
  /** Records in the spool that its cursor had not passed; 0 without a spool. */
  readonly unacked: number
}

/** A producer that was replaced because the broker lost track of it: what was under way is sent again as if it were new. */
export interface Rebuild {
  /** Of the events between the gateway and the confirmation by Kafka at that moment. */
  readonly ids: ReadonlySet<string>
}
