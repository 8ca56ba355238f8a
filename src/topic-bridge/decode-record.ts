import { fingerprintHeader } from '../avro/wire-format.ts'
import { RelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DecodedEvent, RecordDecoder } from './delivered.ts'

/** At once, or when the schema has been asked for. Throws or rejects as the decoder does; RECORD_UNDECODABLE without a value. */
export function decodeRecord(
  decoder: RecordDecoder,
  { value, headers }: ConsumedRecord,
): DecodedEvent | Promise<DecodedEvent> {
  if (value === null) throw new RelayError('RECORD_UNDECODABLE', 'the record has no value')
  const [fingerprint] = headers.get(fingerprintHeader) ?? []
  return decoder.decode(value, fingerprint?.toString('latin1'))
}
