import { isRelayError, type RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import { decodeRecord } from '../topic-bridge/decode-record.ts'
import type { DecodedEvent, RecordDecoder } from '../topic-bridge/delivered.ts'

/** A record of a topic of events: with its event, or with why there is none to be had. */
export interface TailedRecord {
  readonly record: ConsumedRecord
  readonly content: DecodedEvent | RelayError
}

/** Of a record that cannot be read nobody knows whether it was meant, so it is. */
export function isMeant({ content }: TailedRecord, wants: (event: Event) => boolean): boolean {
  return content instanceof Error || wants(content.event)
}

/**
 * The record, read. One that is unreadable only for the moment, as while the schema registry is away, is not waited for: who
 * watches a topic wants to see what comes next.
 */
export async function readTailed(decoder: RecordDecoder, record: ConsumedRecord): Promise<TailedRecord> {
  try {
    return { record, content: await decodeRecord(decoder, record) }
  } catch (thrown) {
    if (!isRelayError(thrown)) throw thrown
    return { record, content: thrown }
  }
}
