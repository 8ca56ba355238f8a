import { isUtf8 } from 'node:buffer'
import { RelayError } from '../errors.ts'
import type { Event } from './event.ts'
import { EventReader } from './event-reader.ts'
import { foldKey } from './event-shape.ts'
import { childSpans, nestsDeeperThan, spanAt } from './json-scanner.ts'
import { isJsonObject, type JsonObject, jsonTypeName } from './json-type.ts'

/** One event of a body, with the text it came as. */
export interface ReceivedEvent {
  readonly event: Event
  /** The Envelope of this one event: the whole body when it holds no other, else one made around its verbatim text. */
  readonly envelopeText: string
  /** Fields left out because they had another type: JSON pointer within the event, and what was found there. */
  readonly problems: readonly string[]
}

/** A registry nests ten levels; the limit keeps a hostile body from costing more than a look at its bytes. */
export const maxDepth = 64

/**
 * Reads a notification body from any sender: keys in any case, unknown members, fields of another type. Every event
 * is returned, whatever its shape, because refusing one would block the queue of the registry that sent it. Empty for
 * an Envelope with no events.
 *
 * @throws RelayError NOT_AN_ENVELOPE with the reason: not UTF-8, not JSON, too deep, no `events`, or an element that
 * is no object. The message holds nothing of the body.
 */
export function readEnvelope(body: Uint8Array): readonly ReceivedEvent[] {
  const text = textOf(body)
  const document = parse(text)
  if (!isJsonObject(document)) throw notAnEnvelope(`the body is ${jsonTypeName(document)}, not an object`)
  const key = eventsKey(document)
  if (key === undefined) {
    if (Object.keys(document).length === 0) return []
    throw notAnEnvelope('the object has no "events"')
  }
  const elements = document[key]
  if (elements === null) return []
  if (!Array.isArray(elements)) throw notAnEnvelope(`"events" is ${jsonTypeName(elements)}, not an array`)
  const misfit = elements.findIndex((element) => !isJsonObject(element))
  if (misfit !== -1)
    throw notAnEnvelope(`events[${misfit}] is ${jsonTypeName(elements[misfit])}, not an object`)

  if (elements.length === 1) {
    return [received(elements[0], text, () => spanAt(text, [key, '0'])?.start ?? 0)]
  }
  const array = spanAt(text, [key])
  const spans = array === undefined ? [] : childSpans(text, array.start)
  return spans.map(({ start, end }, index) => {
    const envelopeText = `{\n   "events": [\n      ${text.slice(start, end)}\n   ]\n}`
    // Reads in the small text: a look-up of a number or of `meta` then costs the same however many events there are.
    return received(elements[index], envelopeText, () => envelopeText.indexOf('[') + 1)
  })
}

function received(element: JsonObject, text: string, start: () => number): ReceivedEvent {
  const reader = new EventReader(text, start)
  return { event: reader.read(element), envelopeText: text, problems: reader.problems }
}

function textOf(body: Uint8Array): string {
  if (body.byteLength === 0) throw notAnEnvelope('the body is empty')
  if (!isUtf8(body)) throw notAnEnvelope('the body is not UTF-8')
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  if (nestsDeeperThan(text, maxDepth)) throw notAnEnvelope(`the body nests deeper than ${maxDepth} levels`)
  return text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The engine's message quotes the body, which may hold a token: only the position is taken from it.
    const position = /position (\d+)/.exec(String(error))?.[1]
    throw notAnEnvelope(`the body is not JSON${position === undefined ? '' : ` (error at ${position})`}`)
  }
}

// Of several spellings the last one counts, as in Go.
function eventsKey(document: JsonObject): string | undefined {
  if (Object.hasOwn(document, 'events') && Object.keys(document).length === 1) return 'events'
  return Object.keys(document).findLast((key) => foldKey(key) === 'events')
}

function notAnEnvelope(reason: string): RelayError {
  return new RelayError('NOT_AN_ENVELOPE', `Not an Envelope: ${reason}.`)
}
