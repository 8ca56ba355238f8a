import { decodeStoredEvent } from '../avro/event-codec.ts'
import { registryEventSchema } from '../avro/event-schema.ts'
import type { EventRecord } from '../avro/record.ts'
import { isRelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'

/** A record, and the event in it where somebody on its way has it at hand: decoding costs more than framing. */
export interface ReadRecord extends EventRecord {
  readonly event?: Event
}

/**
 * The event of a record. Undefined where the datum was written with another schema than the one of this version, from
 * before an upgrade, or does not follow it: what it says must then not decide over its way.
 */
export function eventOf({ event, datum, fingerprint }: ReadRecord): Event | undefined {
  if (event !== undefined) return event
  if (fingerprint !== registryEventSchema.fingerprint) return undefined
  try {
    return decodeStoredEvent(datum).event
  } catch (error) {
    if (isRelayError(error, 'RECORD_UNDECODABLE')) return undefined
    throw error
  }
}
