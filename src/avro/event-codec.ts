import type avro from 'avsc'
import { RelayError } from '../errors.ts'
import { storedEventOf } from './datum-to-event.ts'
import type { EventDatum } from './event-datum.ts'
import { registryEventSchema } from './event-schema.ts'
import { datumOf } from './event-to-datum.ts'
import { Slab } from './slab.ts'
import type { StoredEvent } from './stored-event.ts'

/** What `type.createResolver(writer)` gives: reads what the writer wrote into the shape of our schema. */
export type Resolver = ReturnType<avro.Type['createResolver']>

const slab = new Slab(256 * 1024)

/**
 * The Avro binary of an event by {@link registryEventSchema}, without the frame of the schema registry. A view into a
 * buffer that is shared with the events encoded before and after (see {@link Slab}); nobody writes into it again.
 *
 * @throws RelayError `EVENT_INVALID`, naming the field that is not of its type.
 */
export function encodeStoredEvent(stored: StoredEvent): Buffer {
  const datum = datumOf(stored)
  try {
    return slab.encode(registryEventSchema.type, datum)
  } catch (cause) {
    throw invalid(datum, cause)
  }
}

/** avsc's own error names no place, so the search for it is made after the fact: events that are right do not pay. */
function invalid(datum: unknown, cause: unknown): RelayError {
  const faults: string[] = []
  registryEventSchema.type.isValid(datum, {
    errorHook: (path, value, type) => {
      // The type of what was found, never the value: it may be a token.
      faults.push(`${path.join('.')}: ${value === null ? 'null' : typeof value} is not ${type.toString()}`)
    },
  })
  return new RelayError('EVENT_INVALID', `event does not fit the schema: ${faults.join('; ')}`, { cause })
}

/**
 * The event of a datum that starts at `offset` and ends with `bytes`; with a resolver, of one that another version
 * of the schema wrote.
 *
 * For bytes that were written by this relay. For those of others see `EventDecoder`, which checks them first: here, a
 * damaged count can make the decoder allocate without bound.
 *
 * @throws RelayError `RECORD_UNDECODABLE` if the bytes are no such datum, or more than one.
 */
export function decodeStoredEvent(bytes: Buffer, offset = 0, resolver?: Resolver): StoredEvent {
  let end: number
  let value: EventDatum
  try {
    ;({ value, offset: end } = registryEventSchema.type.decode(bytes, offset, resolver))
  } catch (cause) {
    throw new RelayError('RECORD_UNDECODABLE', 'the bytes do not follow the schema', { cause })
  }
  if (end < 0) throw new RelayError('RECORD_UNDECODABLE', 'the record ends before its last field')
  if (end < bytes.length) {
    throw new RelayError('RECORD_UNDECODABLE', `${bytes.length - end} bytes follow the last field`)
  }
  return storedEventOf(value)
}
