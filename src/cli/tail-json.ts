import { encodeEnvelope } from '../event/envelope-encoder.ts'
import type { Event } from '../event/event.ts'
import { childSpans, compactJson, spanAt } from '../event/json-scanner.ts'
import { candidateProfiles } from '../event/profile.ts'
import type { TailedRecord } from '../operations/tail-record.ts'
import { isoTime } from './time-text.ts'

/**
 * One line: where the record lies, when its event was received, and the event with the members of the notifications format; or
 * why it cannot be read. Offsets are texts: they may be larger than a number of JSON can say.
 */
export function tailJson({ record, content }: TailedRecord): string {
  const { topic, partition, offset, timestamp, key } = record
  const facts = {
    topic,
    partition,
    offset: String(offset),
    receivedAt: isoTime(timestamp) ?? null,
    key: key?.toString('utf8') ?? null,
  }
  if (content instanceof Error) {
    return JSON.stringify({ ...facts, error: { code: content.code, message: content.message } })
  }
  const { event, mediaType } = content
  // As text, for sizes that are larger than a number of JavaScript.
  return `${JSON.stringify({ ...facts, mediaType }).slice(0, -1)},"event":${eventJson(event, mediaType)}}`
}

function eventJson(event: Event, mediaType: string): string {
  const [profile = 'distribution-3'] = candidateProfiles(mediaType, event)
  const envelope = encodeEnvelope([event], profile)
  const [first] = childSpans(envelope, spanAt(envelope, ['events'])?.start ?? 0)
  return compactJson(envelope.slice(first?.start, first?.end))
}
