import type { EventDecoder } from '../avro/event-decoder.ts'
import { fingerprintHeader } from '../avro/wire-format.ts'
import { RelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DecodedEvent } from '../topic-bridge/delivered.ts'

/** The event of a dead letter. Rejects as {@link EventDecoder} does. */
export async function decodeLetter(
  decoder: Pick<EventDecoder, 'decode'>,
  { value, headers }: Pick<ConsumedRecord, 'value' | 'headers'>,
): Promise<DecodedEvent> {
  if (value === null) throw new RelayError('RECORD_UNDECODABLE', 'the record has no value')
  return decoder.decode(value, headers.get(fingerprintHeader)?.[0]?.toString('latin1'))
}
