import { isUtf8 } from 'node:buffer'
import { RelayError } from '../errors.ts'
import type { Event } from './event.ts'
import { EventReader } from './event-reader.ts'
import { foldKey } from './event-shape.ts'
import { childSpans, excess, spanAt } from './json-scanner.ts'
import { isJsonObject, type JsonObject, jsonTypeName } from './json-type.ts'

/** What a body holds, in two lists; `index` tells the order they had in it. */
export interface ReadEnvelope {
  readonly events: readonly ReceivedEvent[]
  readonly rejected: readonly RejectedElement[]
  /**
   * The body says something beside its list of events that neither list holds: other members, or another list of which only
   * the last counts. Never for one event alone, which is kept with the whole body.
   */
  readonly more: boolean
}

/** One event of a body, with the text it came as. */
export interface ReceivedEvent {
  readonly event: Event
  /** The Envelope of this one event: the whole body when it holds nothing else, else one made around its verbatim text. */
  readonly envelopeText: string
  /** Fields left out because they had another type: JSON pointer within the event, and what was found there. */
  readonly problems: readonly string[]
  /** Its place in `events`. */
  readonly index: number
}

/** An element of `events` that is no object, so that there is nothing in it to be read as an event. */
export interface RejectedElement {
  /** Its place in `events`. */
  readonly index: number
  /** Its JSON text exactly as it stands in the body. */
  readonly text: string
  /** For people and logs: the place and the type. Holds nothing of the body. */
  readonly reason: string
}

export interface EnvelopeLimits {
  /** Elements of `events`, whatever they are. Default: 10,000; registries send one. */
  readonly maxEvents?: number
}

/** A registry nests ten levels; the limit keeps a hostile body from costing more than a look at its bytes. */
export const maxDepth = 64

/**
 * Texts, numbers, arrays, objects and so on in one body. JSON.parse makes 700 MB of 32 MiB of `[{},{},…]`, and an event
 * of twice as many members as this takes 110 MB and two seconds until it is proved. The fullest manifest that a
 * registry takes, 4 MiB of references, makes about 150,000.
 */
export const maxValues = 250_000

/**
 * Reads a notification body from any sender: keys in any case, unknown members, fields of another type. Every event
 * is returned, whatever its shape, because refusing one would block the queue of the registry that sent it. For the
 * same reason an element that is no object is returned beside the good ones. Both lists are empty for an Envelope with
 * no events.
 *
 * @throws RelayError NOT_AN_ENVELOPE with the reason: not UTF-8, not JSON, too deep, too many values, no `events`, or too
 * many of them. The message holds nothing of the body.
 */
export function readEnvelope(body: Uint8Array, limits: EnvelopeLimits = {}): ReadEnvelope {
  return readEnvelopeText(textOf(body), limits)
}

/** The same for a body that is text already. */
export function readEnvelopeText(text: string, limits: EnvelopeLimits = {}): ReadEnvelope {
  const { maxEvents = 10_000 } = limits
  const over = excess(text, { depth: maxDepth, values: maxValues })
  if (over === 'depth') throw notAnEnvelope(`the body nests deeper than ${maxDepth} levels`)
  if (over === 'values') throw notAnEnvelope(`the body has more than ${maxValues} values`)
  const document = parse(text)
  if (!isJsonObject(document)) throw notAnEnvelope(`the body is ${jsonTypeName(document)}, not an object`)
  const key = eventsKey(document)
  if (key === undefined) {
    if (Object.keys(document).length === 0) return { events: [], rejected: [], more: false }
    throw notAnEnvelope('the object has no "events"')
  }
  const elements = document[key]
  if (elements === null) return { events: [], rejected: [], more: hasMore(text) }
  if (!Array.isArray(elements)) throw notAnEnvelope(`"events" is ${jsonTypeName(elements)}, not an array`)
  // Before anything is made of them: sixteen million of `{}` fit into a body of 32 MiB.
  if (elements.length > maxEvents) {
    throw notAnEnvelope(`"events" has ${elements.length} elements, more than ${maxEvents}`)
  }
  return readElements(elements, text, key)
}

function readElements(elements: readonly unknown[], text: string, key: string): ReadEnvelope {
  const [first] = elements
  if (elements.length === 1 && isJsonObject(first)) {
    return {
      events: [received(first, 0, text, () => spanAt(text, [key, '0'])?.start ?? 0)],
      rejected: [],
      more: false,
    }
  }
  const events: ReceivedEvent[] = []
  const rejected: RejectedElement[] = []
  const array = spanAt(text, [key])
  const spans = array === undefined ? [] : childSpans(text, array.start)
  for (const [index, { start, end }] of spans.entries()) {
    const element = elements[index]
    const slice = text.slice(start, end)
    if (!isJsonObject(element)) {
      const reason = `events[${index}] is ${jsonTypeName(element)}, not an object`
      rejected.push({ index, text: slice, reason })
      continue
    }
    const envelopeText = `{\n   "events": [\n      ${slice}\n   ]\n}`
    // Reads in the small text: a look-up of a number or of `meta` then costs the same however many events there are.
    events.push(received(element, index, envelopeText, () => envelopeText.indexOf('[') + 1))
  }
  return { events, rejected, more: hasMore(text) }
}

function hasMore(text: string): boolean {
  return childSpans(text, spanAt(text, [])?.start ?? 0).length > 1
}

function received(element: JsonObject, index: number, text: string, start: () => number): ReceivedEvent {
  const reader = new EventReader(text, start)
  return { event: reader.read(element), envelopeText: text, problems: reader.problems, index }
}

function textOf(body: Uint8Array): string {
  if (body.byteLength === 0) throw notAnEnvelope('the body is empty')
  if (!isUtf8(body)) throw notAnEnvelope('the body is not UTF-8')
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
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
