import { RelayError } from '../errors.ts'

/** Static headers of an endpoint; several values are sent as several lines, in order. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>

/** What no endpoint may configure: the message's own framing, the proxy's, and what says which event and attempt it is. */
export const reserved: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'registry-relay-attempt',
  'registry-relay-record',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
])

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
/** An id goes into one line and comes back unchanged: visible ASCII, no longer than receivers keep. */
const plainId = /^[\x21-\x7e]{1,256}$/
const plainText = /^[\x21-\x7e](?:[\x20-\x7e]{0,2046}[\x21-\x7e])?$/

/**
 * Checks static headers once, at construction, so that no attempt can fail for them.
 * @returns name and value alternating, as they are sent
 * @throws CONFIG_INVALID with the name of the header, never its value
 */
export function staticHeaders(values: HeaderValues): readonly string[] {
  const lines: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (!token.test(name)) throw invalid(name, 'is no name of a header')
    if (reserved.has(name.toLowerCase())) throw invalid(name, 'is set by the relay itself')
    for (const one of typeof value === 'string' ? [value] : value) {
      if (!fieldValue.test(one))
        throw invalid(name, 'has a value with a line break or other control character')
      lines.push(name, one)
    }
  }
  for (const single of ['host', 'user-agent']) {
    if (lines.filter((line, at) => at % 2 === 0 && line.toLowerCase() === single).length > 1) {
      throw invalid(single, 'may have one value only')
    }
  }
  return lines
}

/**
 * The media type as it was received. One that cannot stand in a header (nothing that came by HTTP can be so)
 * is replaced: it would fail every attempt, and hold up its repository for ever.
 */
export function contentTypeHeader(mediaType: string): string {
  return mediaType !== '' && fieldValue.test(mediaType) ? mediaType : 'application/octet-stream'
}

/** The id, or undefined when it cannot stand in a header: the id is in the body all the same. */
export function webhookIdHeader(eventId: string | undefined): string | undefined {
  return eventId !== undefined && plainId.test(eventId) ? eventId : undefined
}

/** A place of a record, or a trace context; undefined when it cannot stand in one line, or is too long for receivers. */
export function textHeader(text: string | undefined): string | undefined {
  return text !== undefined && plainText.test(text) ? text : undefined
}

function invalid(name: string, why: string): RelayError {
  return new RelayError('CONFIG_INVALID', `headers: ${JSON.stringify(name)} ${why}`, {
    facts: { header: name },
  })
}
