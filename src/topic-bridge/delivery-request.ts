import { encodeEnvelope } from '../event/envelope-encoder.ts'
import { mediaTypeOf, type Profile } from '../event/profile.ts'
import type { DeliveryRequest } from '../http/deliverer.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import { type TraceContext, traceContext } from '../telemetry.ts'
import type { DecodedEvent } from './delivered.ts'

/** Where the record of an event lies, and the headers that it has there. */
export type RecordOrigin = Pick<ConsumedRecord, 'topic' | 'partition' | 'offset' | 'headers'>

/**
 * What is posted of an event: the Envelope as it was received; with a profile, as a registry of that kind would have written it,
 * for listeners that know no other. Members that the profile does not have are left out then.
 *
 * @param attempt from 1
 * @throws RelayError EVENT_INVALID: the event cannot be written so
 */
export function deliveryRequest(
  decoded: DecodedEvent,
  { topic, partition, offset, headers }: RecordOrigin,
  attempt: number,
  profile: Profile | undefined,
): DeliveryRequest {
  const { event } = decoded
  return {
    body: profile === undefined ? decoded.body : encodeEnvelope([event], profile),
    mediaType: profile === undefined ? decoded.mediaType : mediaTypeOf(profile),
    eventId: event.id,
    attempt,
    record: `${topic}-${partition}@${offset}`,
    traceparent: undefined,
    tracestate: undefined,
    ...traceContextOf(headers),
  }
}

/** What a record says of the trace it belongs to, as it came. */
export function traceContextOf(headers: RecordOrigin['headers']): TraceContext | undefined {
  return traceContext({
    traceparent: textOf(headers, 'traceparent'),
    tracestate: textOf(headers, 'tracestate'),
  })
}

function textOf(headers: RecordOrigin['headers'], name: string): string | undefined {
  return headers.get(name)?.[0]?.toString('latin1')
}
