import type { Event } from '../event/event.ts'

/** What a record's value comes to: the event, and the Envelope to post. `EventDecoder` makes it. */
export interface DecodedEvent {
  readonly event: Event
  /** The Envelope as it was received. */
  readonly body: string
  /** `Content-Type` it was received with. */
  readonly mediaType: string
  readonly schemaId: number
}

/**
 * Reads values of records. Throws or rejects with an error whose `retriable` is false when no repeat can help
 * (`RECORD_UNDECODABLE`); with `SCHEMA_UNKNOWN` the same value is tried again for a time; with any other, until it succeeds.
 */
export interface RecordDecoder {
  /**
   * At once; or, where something has to be asked for, with a promise. After one that has resolved the same value is decoded again,
   * at once then: a decoder that always answers with a promise would be asked without end.
   *
   * @param fingerprint of the schema that the record was written with, where it says so
   */
  decode(value: Buffer, fingerprint?: string): DecodedEvent | Promise<DecodedEvent>
}

/**
 * How a record ends: the endpoint took it; it is not meant for the endpoint; it is kept among the dead letters.
 */
export type Outcome = 'delivered' | 'filtered' | 'dead_letter'

/** One event that the endpoint has taken. */
export interface Delivered extends DecodedEvent {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Attempts it took, from 1; failures to read the record count too. */
  readonly attempts: number
  /** What the endpoint answered: 200 to 299. */
  readonly status: number
  /** When the relay had got it, milliseconds since the epoch. */
  readonly receivedAt: number
  /** When the endpoint's answer came, milliseconds since the epoch. */
  readonly deliveredAt: number
}
