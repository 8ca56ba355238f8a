import { hash } from 'node:crypto'
import type { Event } from '../event/event.ts'
import { goTimestamp } from '../event/go-timestamp.ts'

/** What the headers of CloudEvents cannot be had without. */
export type CloudEventProblem = 'unreadable' | 'no-source' | 'no-type'

export interface CloudEventRecord {
  /** Undefined: it cannot be read. */
  readonly event: Event | undefined
  readonly datum: Buffer
  /** As it stands in Kafka. */
  readonly key: string
}

/** Longer values are the sender's doing, say nothing more, and would make a record too large that is not. */
const maxText = 2_048
// What CloudEvents keeps out of its strings, beside lone surrogates, which no text read from UTF-8 has.
const forbidden = /[\p{Cc}\p{Noncharacter_Code_Point}]/u
/** Of a URI: host or address in brackets, and a port. Anything else would make `//` and it no reference. */
const authority = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
/** Stricter than what Go's parser takes. */
const rfc3339 = /^[^T]+T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Headers of the CloudEvents 1.0 binary mode for Kafka, but for the one that names the schema; or why there are none: a
 * record with some of them that lacks a required one would be no event at all to a reader of CloudEvents.
 *
 * An event without an id of its own gets one from its datum, which holds when and in which notification it came: two
 * events never share it, and a record that Kafka got twice keeps it. A source or a type cannot be made up like that.
 */
export function cloudEventHeaders({
  event,
  datum,
  key,
}: CloudEventRecord): Record<string, string> | CloudEventProblem {
  if (event === undefined) return 'unreadable'
  const { id, action, timestamp, request, source } = event
  const from = [request?.host, source?.addr].find((text) => isText(text) && authority.test(text))
  if (from === undefined) return 'no-source'
  if (!isText(action)) return 'no-type'
  const subject = subjectOf(event)
  return {
    ce_specversion: '1.0',
    ce_id: isText(id) ? id : `sha256:${hash('sha256', datum, 'hex')}`,
    ce_source: `//${from}`,
    ce_type: `io.registry.event.${action}.v1`,
    ...(isTime(timestamp) ? { ce_time: timestamp } : {}),
    ...(isText(subject) ? { ce_subject: subject } : {}),
    ...(isText(key) ? { ce_partitionkey: key } : {}),
    'content-type': 'application/avro',
  }
}

/** `repository:tag`, else `repository@digest`, else `repository`. */
function subjectOf({ target }: Event): string | undefined {
  const { repository, tag, digest } = target ?? {}
  if (!repository) return undefined
  if (tag) return `${repository}:${tag}`
  return digest ? `${repository}@${digest}` : repository
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text.length <= maxText && !forbidden.test(text)
}

function isTime(text: string | undefined): text is string {
  return (
    text !== undefined &&
    text.length <= maxText &&
    rfc3339.test(text) &&
    goTimestamp(text, false) !== undefined
  )
}
