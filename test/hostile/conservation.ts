import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { Kept, KeptEvent, KeptRejected } from './kept.ts'

/** What the gateway puts around one event of several. */
const before = '{\n   "events": [\n      '
const after = '\n   ]\n}'

const keptOfOversize = 64 * 1024
const maxDepth = 64
const maxValues = 250_000
const maxEvents = 10_000

/**
 * What is wrong with what was kept of a body that was answered 200; undefined: all of it is there, once, and nothing
 * else. A body comes back whole, as one event or as rejected, or it can be put together again from its elements.
 */
export function lossOf(body: Buffer, kept: readonly Kept[], maxBodyBytes: number): string | undefined {
  const [first] = kept
  if (first === undefined) return isEmptyEnvelope(body) ? undefined : 'nothing was kept'
  if (kept.length === 1) {
    if (first.kind === 'event' && first.count === 1) return lossOfEvent(body, first)
    if (first.kind === 'rejected' && first.index === undefined) {
      return lossOfRejected(body, first, maxBodyBytes)
    }
  }
  const wholes = kept.filter((one): one is KeptRejected => one.kind === 'rejected' && one.index === undefined)
  const [whole] = wholes
  if (whole === undefined) return lossOfElements(body, kept)
  return wholes.length === 1 ? lossBesideWhole(body, whole, kept) : 'kept as a whole more than once'
}

/** An Envelope that holds more than its events: they are kept, and the body as rejected beside them. */
function lossBesideWhole(body: Buffer, whole: KeptRejected, kept: readonly Kept[]): string | undefined {
  if (whole.reason !== 'MORE_THAN_EVENTS') return `events, and rejected as ${whole.reason}`
  if (!whole.value.equals(body)) return 'the rejected bytes differ'
  if (elementsOf(body) !== kept.length - 1) return `${kept.length - 1} elements were kept`
  const text = body.toString()
  for (const element of kept) {
    if (element === whole) continue
    const slice = sliceOf(element)
    if (typeof slice !== 'string') return slice.problem
    if (!text.includes(slice)) return 'an element that is not in the body'
  }
  return undefined
}

function lossOfEvent(body: Buffer, { envelope }: KeptEvent): string | undefined {
  return Buffer.from(envelope).equals(body) ? undefined : 'the Envelope differs from the body'
}

function lossOfRejected(body: Buffer, rejected: KeptRejected, maxBodyBytes: number): string | undefined {
  const { reason, content, value, bytes, sha256 } = rejected
  if (bytes !== body.length) return `rejected with ${bytes} bytes instead of ${body.length}`
  if (sha256 !== createHash('sha256').update(body).digest('hex')) return 'rejected with another SHA-256'
  if (body.length > maxBodyBytes) {
    if (reason !== 'TOO_LARGE') return `too large, and rejected as ${reason}`
    if (content !== 'beginning' || !value.equals(body.subarray(0, keptOfOversize))) {
      return 'the beginning differs'
    }
    return undefined
  }
  if (content !== 'whole' || !value.equals(body)) return 'the rejected bytes differ'
  if (reason === 'MORE_THAN_EVENTS') return elementsOf(body) === 0 ? undefined : 'no event was kept'
  if (reason !== 'NOT_AN_ENVELOPE') return `rejected as ${reason}`
  return elementsOf(body) === undefined ? undefined : 'an Envelope was rejected'
}

/** Walks through the body along the elements: between them there is white space and a comma, around them the Envelope. */
function lossOfElements(body: Buffer, kept: readonly Kept[]): string | undefined {
  if (!isUtf8(body)) return 'elements were made of a body that is not UTF-8'
  const text = body.toString()
  let at = endOfStart(text)
  if (at === undefined) return 'what stands before the events was not kept'
  for (const [index, element] of kept.toSorted((a, b) => indexOf(a) - indexOf(b)).entries()) {
    if (indexOf(element) !== index) return `element ${index} was not kept`
    if (element.kind === 'event' && element.count !== kept.length) {
      return `an event of ${element.count}, and ${kept.length} were kept`
    }
    const slice = sliceOf(element)
    if (typeof slice !== 'string') return slice.problem
    if (!text.startsWith(slice, at)) return `element ${index} differs`
    at = endOf(/[ \t\r\n]*,?[ \t\r\n]*/y, text, at + slice.length) ?? at
  }
  return endOf(/\][ \t\r\n]*\}[ \t\r\n]*$/y, text, at) === undefined
    ? 'what stands behind the events was not kept'
    : undefined
}

/** Behind the bracket that opens the list of events; undefined where something else stands before it. */
function endOfStart(text: string): number | undefined {
  const start = /^[ \t\r\n]*\{[ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*/u.exec(text)
  return start !== null && isEventsKey(JSON.parse(start[1] ?? '""')) ? start[0].length : undefined
}

/** As Go compares keys. */
function isEventsKey(key: string): boolean {
  return /^events$/iu.test(key)
}

function indexOf({ index }: Kept): number {
  return index ?? -1
}

/** The text of an element as it stood in the body. */
function sliceOf(element: Kept): string | { readonly problem: string } {
  if (element.kind === 'event') {
    const { envelope } = element
    const wrapped = envelope.startsWith(before) && envelope.endsWith(after)
    return wrapped ? envelope.slice(before.length, -after.length) : { problem: 'an odd Envelope around it' }
  }
  const text = element.value.toString()
  if (element.reason !== 'NOT_AN_EVENT') return { problem: `an element rejected as ${element.reason}` }
  if (element.sha256 !== createHash('sha256').update(element.value).digest('hex')) {
    return { problem: 'an element with another SHA-256' }
  }
  return isObject(JSON.parse(text)) ? { problem: 'an object was rejected as no event' } : text
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Says nothing: no event, and nothing beside the list of them. */
function isEmptyEnvelope(body: Buffer): boolean {
  const text = body.toString()
  const at = endOfStart(text)
  if (at !== undefined) return /^\][ \t\r\n]*\}[ \t\r\n]*$/.test(text.slice(at))
  return /^[ \t\r\n]*\{[ \t\r\n]*("events"[ \t\r\n]*:[ \t\r\n]*null[ \t\r\n]*)?\}[ \t\r\n]*$/iu.test(text)
}

/** How long the list of events is; undefined for what is no Envelope by the rules of docs/quarantine.md. */
function elementsOf(body: Buffer): number | undefined {
  if (!isUtf8(body)) return undefined
  const text = body.toString()
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(document)) return undefined
  const key = Object.keys(document).findLast(isEventsKey)
  if (key === undefined || nestsDeeperThan(maxDepth, text)) return undefined
  const events = document[key] ?? []
  if (!Array.isArray(events) || events.length > maxEvents) return undefined
  return (text.match(/[[{,]/g) ?? []).length <= maxValues ? events.length : undefined
}

/** By the text: of a key that stands there twice, JSON.parse shows the last value alone. */
function nestsDeeperThan(limit: number, json: string): boolean {
  let depth = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    if (depth > limit) return true
  }
  return false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
