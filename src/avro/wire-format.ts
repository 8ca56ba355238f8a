import { RelayError } from '../errors.ts'

/** Magic byte 0, then the schema id as four bytes, highest first: what every tool of the Confluent kind reads. */
export const frameBytes = 5

/** Hex SHA-256 of the schema text, on every record: readers compare it with what the registry has under the id. */
export const fingerprintHeader = 'x-schema-fingerprint'

/** A record's value for Kafka: the datum with the frame before it. Copies. */
export function frame(schemaId: number, datum: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(frameBytes + datum.length)
  value[0] = 0
  value.writeUInt32BE(schemaId, 1)
  value.set(datum, frameBytes)
  return value
}

/**
 * The two parts of a framed value; `datum` is a view into it.
 *
 * @throws RelayError `RECORD_UNDECODABLE` for what has no such frame.
 */
export function unframe(value: Buffer): { schemaId: number; datum: Buffer } {
  if (value.length < frameBytes) {
    throw new RelayError('RECORD_UNDECODABLE', `${value.length} bytes are too few for a schema id`)
  }
  if (value[0] !== 0) {
    throw new RelayError('RECORD_UNDECODABLE', `first byte is ${value[0]}, expected 0 (schema id follows)`)
  }
  return { schemaId: value.readUInt32BE(1), datum: value.subarray(frameBytes) }
}
