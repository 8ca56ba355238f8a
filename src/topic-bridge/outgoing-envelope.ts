import { encodeEnvelope } from '../event/envelope-encoder.ts'
import { mediaTypeOf, type Profile } from '../event/profile.ts'
import type { DecodedEvent } from './delivered.ts'

/** What is posted of an event, and as what. */
export interface OutgoingEnvelope {
  readonly body: string
  readonly mediaType: string
}

/**
 * The Envelope as it was received; with a profile, as a registry of that kind would have written it, for listeners that know no
 * other. Members that the profile does not have are left out then.
 *
 * @throws RelayError EVENT_INVALID: the event cannot be written so
 */
export function outgoingEnvelope(decoded: DecodedEvent, profile: Profile | undefined): OutgoingEnvelope {
  if (profile === undefined) return decoded
  return { body: encodeEnvelope([decoded.event], profile), mediaType: mediaTypeOf(profile) }
}
