import type { EventRecord } from '../avro/record.ts'

/** One thing that a notification leaves behind: an event, or what could not be one. */
export type GatewayItem = EventItem | QuarantineItem

/** An event on its way to the topic of events. */
export interface EventItem {
  readonly kind: 'event'
  readonly record: EventRecord
  /** The event's own id, which stays the same when a registry posts it again; undefined: it has none. */
  readonly id?: string
  /** First 16 bytes of the SHA-256 of the event as it is kept: tells a repeat from another event under the same id. */
  readonly digest: Buffer
}

/** Bytes on their way to the topic of what was rejected. */
export interface QuarantineItem {
  readonly kind: 'quarantine'
  readonly record: QuarantineRecord
}

/** What a record of the quarantine topic holds; `headers` say what it is, docs/quarantine.md has their names. */
export interface QuarantineRecord {
  /** UTF-8: the repository's path, else the sender's address, so that what one of them sent stays in order. */
  readonly key: Buffer
  /** The bytes as they came, or as much of them as is kept. */
  readonly value: Buffer
  /** When the relay got it, milliseconds since the epoch; becomes the record's timestamp in Kafka. */
  readonly receivedAt: number
  readonly headers: Readonly<Record<string, string>>
}
