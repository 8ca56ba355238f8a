import type { Event } from '../event/event.ts'
import type { Profile } from '../event/profile.ts'

/** What one record of the topic holds. */
export interface StoredEvent {
  readonly event: Event
  /** The Envelope of this one event as JSON text; set when the typed fields do not give back the same bytes. */
  readonly rawEnvelope?: string
  /** What a redaction policy took out or replaced, as `pointer=drop` and the like. */
  readonly redactions?: readonly string[]
  readonly ingest?: IngestRecord
}

/** How the relay received an event. */
export interface IngestRecord {
  /** Milliseconds since the epoch. */
  readonly receivedAt?: number
  readonly publisherId?: string
  /** The same for all events of one request. */
  readonly envelopeId?: string
  readonly envelopeIndex?: number
  readonly envelopeCount?: number
  /** As received, parameters included. */
  readonly contentType?: string
  /**
   * Which encoder writes this event byte for byte. A text that is no {@link Profile} of this version comes from a
   * newer relay.
   */
  readonly profile?: Profile | (string & {})
}
