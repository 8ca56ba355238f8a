import { RelayError } from '../errors.ts'
import { encodeEnvelope } from '../event/envelope-encoder.ts'
import { candidateProfiles, mediaTypeOf, type Profile, profiles } from '../event/profile.ts'
import type { StoredEvent } from './stored-event.ts'

/** What a receiver gets. */
export interface StoredEnvelope {
  readonly body: string
  readonly mediaType: string
}

/**
 * The Envelope of a stored event, as it was received: the text that was kept, or else what its profile writes. Under the
 * media type it came with, or else the one of its profile.
 *
 * A record of another publisher may have neither text nor profile; it gets the likeliest.
 *
 * @throws RelayError `RECORD_UNDECODABLE` for a profile that this version does not know: a newer relay wrote the record,
 * and a guess would not be what was received.
 */
export function envelopeOf({ event, rawEnvelope, ingest }: StoredEvent): StoredEnvelope {
  const profile = ingest?.profile ?? candidateProfiles(ingest?.contentType, event)[0] ?? 'distribution-3'
  if (!isProfile(profile)) {
    if (rawEnvelope !== undefined)
      return { body: rawEnvelope, mediaType: ingest?.contentType ?? 'application/json' }
    throw new RelayError('RECORD_UNDECODABLE', `this version cannot write profile ${JSON.stringify(profile)}`)
  }
  return {
    body: rawEnvelope ?? encodeEnvelope([event], profile),
    mediaType: ingest?.contentType ?? mediaTypeOf(profile),
  }
}

function isProfile(profile: string): profile is Profile {
  return (profiles as readonly string[]).includes(profile)
}
