/** Bytes for a topic. Key and value belong to the publisher from the call on. */
export interface OutgoingRecord {
  /** Decides the partition, and with it the order. */
  readonly key: Buffer
  readonly value: Buffer | LateValue
  /** Length that the value has or will have. */
  readonly valueBytes: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers?: Readonly<Record<string, string>>
}

/** As much of a record as it takes to ask for room. */
export interface RoughRecord {
  readonly key: Buffer
  readonly bytes: number
}

/**
 * Makes a value when its record is about to be sent, so that what changes meanwhile (a schema id) is not sent as it was.
 * While something is missing it gives a promise that says when to ask again; later records of the partition wait behind it.
 * Rejected, or throwing, it takes the write back.
 */
export type LateValue = () => Buffer | Promise<unknown>

/** Where a record is, for good. */
export interface Published {
  readonly partition: number
  /** `-1` if the broker only said that it has the record, which old brokers do for a repeated batch. */
  readonly offset: string
}

/** Varints for lengths, offset and time in front of a record: at most 5 + 1 + 10 + 5 + 5 + 5 + 5 bytes, usually 10. */
const recordOverhead = 36
/** Two varint lengths of at most 5 bytes. */
const headerOverhead = 10

/** Upper bound of a record's bytes in a batch, before compression. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = recordOverhead + record.key.length + record.valueBytes
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    bytes += headerOverhead + Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  return bytes
}
