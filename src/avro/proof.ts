import { RelayError } from '../errors.ts'
import type { ReceivedEvent } from '../event/envelope.ts'
import { encodeEnvelope } from '../event/envelope-encoder.ts'
import type { Event } from '../event/event.ts'
import { candidateProfiles, mediaTypeOf, type Profile } from '../event/profile.ts'
import { decodeStoredEvent, encodeStoredEvent } from './event-codec.ts'
import { sameEvent } from './same-event.ts'
import type { IngestRecord, StoredEvent } from './stored-event.ts'

/** What is known of how an event came, beside what the proof finds out itself. */
export type IngestFacts = Omit<IngestRecord, 'contentType' | 'profile'>

/** A datum of which it is certain that the Envelope can be had from it again, byte for byte. */
export interface ProvenEvent {
  /** Unframed; a view into a shared buffer (see {@link encodeStoredEvent}). */
  readonly datum: Buffer
  /** `typed`: the fields alone give the Envelope back. `verbatim`: its text is stored beside them. */
  readonly way: 'typed' | 'verbatim'
  /** Who writes these bytes; only when `typed`. */
  readonly profile?: Profile
}

/**
 * Encodes an event and proves it, before anybody is told that it is safe: the datum is decoded, the Envelope is
 * emitted under each profile that could have written it, and compared with the text that was received. Where none gives
 * the same bytes (unknown members, odd spellings, senders that are not Go) the text itself is stored too. So whatever
 * the codec cannot hold, and any defect of it, costs bytes and never content.
 *
 * `redactions` goes with an event and an Envelope text that were both redacted already.
 *
 * @throws RelayError `EVENT_INVALID` if the text has no UTF-8 (a lone surrogate), which no body read from bytes has.
 */
export function proveEvent(
  received: Pick<ReceivedEvent, 'event' | 'envelopeText'>,
  contentType: string | undefined,
  ingest: IngestFacts = {},
  redactions?: readonly string[],
): ProvenEvent {
  const stored: StoredEvent = {
    event: received.event,
    ingest: contentType === undefined ? ingest : { ...ingest, contentType },
    ...(redactions === undefined ? {} : { redactions }),
  }
  return prove(stored, candidateProfiles(contentType, received.event), () => received.envelopeText)
}

/**
 * The same for an event that a program made, so that there is no body to compare with: the Envelope that a registry of
 * `profile` would send for it is what must come back, under the media type of that profile.
 *
 * @throws RelayError `EVENT_INVALID`, naming the field, for an event that is not of the model.
 */
export function proveWrittenEvent(
  event: Event,
  profile: Profile = naturalProfile(event),
  ingest: IngestFacts = {},
): ProvenEvent {
  const stored: StoredEvent = { event, ingest: { ...ingest, contentType: mediaTypeOf(profile), profile } }
  const datum = encodeStoredEvent(stored)
  // One that comes back as it was is emitted as it was.
  if (sameEvent(decodeStoredEvent(datum).event, event)) return { datum, way: 'typed', profile }
  return prove(stored, [profile], () => encodeEnvelope([event], profile))
}

/**
 * The profile that loses nothing of an event. Members that only GitLab has: `gitlab`. Otherwise `distribution-3`, unless
 * the target lacks one of the three members that Distribution 3 always writes and has none of those it alone knows:
 * such an event is `distribution-2`, which leaves out what is absent.
 */
export function naturalProfile(event: Event): Profile {
  const { target = {}, actor, meta } = event
  if (meta !== undefined || actor?.userType !== undefined || actor?.user !== undefined) return 'gitlab'
  if (target.rename !== undefined) return 'gitlab'
  const descriptors = [target, ...(target.references ?? [])]
  if (descriptors.some(({ artifactType, data }) => artifactType !== undefined || data !== undefined)) {
    return 'distribution-3'
  }
  const { mediaType, digest, size } = target
  return mediaType === undefined || digest === undefined || size === undefined
    ? 'distribution-2'
    : 'distribution-3'
}

/** The text is asked for after the first encoding, which names the place of a wrong field; an emission does not. */
function prove(stored: StoredEvent, candidates: readonly Profile[], textOf: () => string): ProvenEvent {
  const [best] = candidates
  // The datum holds the profile, which is known only after the comparison: encode for the best guess, which is wrong
  // for none of the bodies that registries send with their own media type, and again where it was wrong.
  const datum = encodeStoredEvent(best === undefined ? stored : withProfile(stored, best))
  const { event } = decodeStoredEvent(datum)
  const envelopeText = textOf()
  for (const profile of candidates) {
    if (encodeEnvelope([event], profile) !== envelopeText) continue
    if (profile === best) return { datum, way: 'typed', profile }
    return { datum: encodeStoredEvent(withProfile(stored, profile)), way: 'typed', profile }
  }
  return { datum: verbatim(stored, envelopeText), way: 'verbatim' }
}

function withProfile(stored: StoredEvent, profile: Profile): StoredEvent {
  return { ...stored, ingest: { ...stored.ingest, profile } }
}

function verbatim(stored: StoredEvent, envelopeText: string): Buffer {
  const datum = encodeStoredEvent({ ...stored, rawEnvelope: envelopeText })
  if (decodeStoredEvent(datum).rawEnvelope === envelopeText) return datum
  throw new RelayError('EVENT_INVALID', 'the Envelope holds a lone surrogate, which has no UTF-8')
}
