/**
 * One event on its way to Kafka: encoded once, at the door, so that a wrong body is found before the sender gets its
 * answer. The datum has no schema-registry frame yet; the id is looked up by fingerprint when the record is sent.
 */
export interface EventRecord {
  /** UTF-8 of the repository path (or its stand-in): decides the partition, and with it the order. */
  readonly key: Buffer
  /** Avro binary of the event, without frame. */
  readonly datum: Buffer
  /** Lower-case hex SHA-256 of the schema text the datum was written with (see `schemaFingerprint`). */
  readonly fingerprint: string
  /** When the relay got it, milliseconds since the epoch; becomes the record's timestamp in Kafka. */
  readonly receivedAt: number
  /** Further Kafka headers; none by default, each costs. */
  readonly headers?: Readonly<Record<string, string>>
}
