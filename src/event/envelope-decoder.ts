import { RelayError } from '../errors.ts'
import type { ByteCount, Envelope, Event } from './event.ts'
import { eventShape, type Field, fieldOf, foldKey, type LeafField, type Shape } from './event-shape.ts'
import { goJson, type MetaValue } from './go-json.ts'
import { goText } from './go-text.ts'
import { goTimestamp } from './go-timestamp.ts'
import { type Child, childSpans, nestsDeeperThan, spanAt } from './json-scanner.ts'
import { isJsonObject, jsonTypeName } from './json-type.ts'
import { familyOf, type Profile } from './profile.ts'

/** Go's own limit. */
const maxDepth = 10_000

/** `meta` is laid out anew by recursion; Go would go on to the limit above. */
const maxMetaDepth = 1_000

/** How much of a pointer is named. */
const maxPlace = 256

/**
 * Decodes an Envelope as the Go package of `profile` does, and refuses what it refuses: for programs that stand in for
 * a receiver written in Go, and for tests. A gateway uses `readEnvelope`, which refuses no event.
 *
 * As in Go: keys in any case, members unknown to the profile skipped, `null` for nothing, repeated objects merged,
 * invalid UTF-8 and lone surrogates turned into U+FFFD, timestamps normalised, `meta` laid out with its keys sorted.
 *
 * @throws RelayError NOT_AN_ENVELOPE when the body is no JSON object or `events` no array of objects; EVENT_INVALID,
 * with the JSON pointer, when a field has another type.
 */
export function decodeEnvelope(body: Uint8Array | string, profile: Profile): Envelope {
  const text = typeof body === 'string' ? body.toWellFormed() : goText(body)
  if (nestsDeeperThan(text, maxDepth)) throw notAnEnvelope(`it nests deeper than ${maxDepth} levels`)
  const document = parse(text)
  if (document === null) return { events: [] }
  if (!isJsonObject(document)) throw notAnEnvelope(`it is ${jsonTypeName(document)}, not an object`)

  const decoder = new Decoder(text, profile)
  let events: readonly object[] = []
  for (const child of childSpans(text, spanAt(text, [])?.start ?? 0)) {
    if (foldKey(child.key) === 'events') events = decoder.events(child, events)
  }
  return { events: events as readonly Event[] }
}

/** A member so far: of repeated ones, Go decodes each into what the last one left. */
type Members = Record<string, unknown>

/**
 * Walks the text by the spans of its values instead of the parsed document: a parsed one has lost repeated members,
 * which Go merges, the spelling of numbers and the escapes in timestamps, by which it refuses. Looking at the members
 * of an object is a scan of it, so a text is scanned once per level of the format; there are eight.
 */
class Decoder {
  readonly #text: string
  readonly #profile: Profile

  constructor(text: string, profile: Profile) {
    this.#text = text
    this.#profile = profile
  }

  events(array: Child, before: readonly object[]): readonly object[] {
    const found = this.#json(array)
    if (found === null) return []
    if (!Array.isArray(found)) throw notAnEnvelope(`"events" is ${jsonTypeName(found)}, not an array`)
    return childSpans(this.#text, array.start).map((child, index) => {
      const element = this.#json(child)
      if (element !== null && !isJsonObject(element)) {
        throw notAnEnvelope(`events[${index}] is ${jsonTypeName(element)}, not an object`)
      }
      return this.#object(eventShape, child, before[index], `/events/${index}`)
    })
  }

  #object(shape: Shape, object: Child, before: unknown, place: string): object {
    const members: Members = { ...(before as Members | undefined) }
    for (const child of childSpans(this.#text, object.start)) {
      const field = fieldOf(shape, child.key)
      if (field === undefined || field.families?.includes(familyOf(this.#profile)) === false) continue
      const value = this.#field(field, child, members[field.member], `${place}/${child.key}`)
      if (value === undefined) delete members[field.member]
      else members[field.member] = value
    }
    return members
  }

  #field(field: Field, child: Child, before: unknown, place: string): unknown {
    // Go leaves alone what cannot be nil, and sets the rest to nil.
    const isNull = this.#slice(child) === 'null'
    switch (field.kind) {
      case 'object':
      case 'text':
      case 'timestamp':
      case 'count':
        if (isNull) return before
        break
      default:
        if (isNull) return undefined
    }
    switch (field.kind) {
      case 'object':
      case 'pointer':
        this.#expect(child, '{', 'an object', place)
        return this.#object(field.shape, child, before, place)
      case 'objects':
        return this.#list(child, before, place, (item, last, at) => {
          if (this.#slice(item) !== 'null') this.#expect(item, '{', 'an object', at)
          return this.#object(field.shape, item, last, at)
        })
      default:
        return this.#leaf(field.kind, child, before, place)
    }
  }

  #leaf(kind: LeafField['kind'], child: Child, before: unknown, place: string): unknown {
    switch (kind) {
      case 'text':
        return this.#string(child, place)
      case 'timestamp':
        return this.#timestamp(child, place)
      case 'count':
        return this.#count(child, place)
      case 'bytes':
        return this.#bytes(child, before, place)
      case 'texts':
        return this.#list(child, before, place, (item, last, at) =>
          this.#slice(item) === 'null' ? (last ?? '') : this.#string(item, at),
        )
      case 'textMap':
        return this.#map(child, before, place, (item, at) =>
          this.#slice(item) === 'null' ? '' : this.#string(item, at),
        )
      case 'jsonMap':
        return this.#map(child, before, place, (item, at) => this.#meta(item, at))
    }
  }

  #string(child: Child, place: string): string {
    this.#expect(child, '"', 'text', place)
    return (this.#json(child) as string).toWellFormed()
  }

  // The text as it stands: Go does not look for escapes in a timestamp.
  #timestamp(child: Child, place: string): string {
    this.#expect(child, '"', 'text', place)
    const time = goTimestamp(this.#slice(child).slice(1, -1), this.#profile === 'distribution-2')
    if (time === undefined) throw invalid(place, 'it is not an RFC 3339 timestamp')
    return time
  }

  // The text again: `1.0` and `1e0` are integers to JSON.parse, and errors to Go.
  #count(child: Child, place: string): ByteCount {
    const digits = this.#slice(child)
    if (/^-?\d{1,19}$/.test(digits)) {
      const exact = BigInt(digits)
      if (BigInt.asIntN(64, exact) === exact) {
        return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
      }
    }
    throw invalid(place, 'it is not a 64-bit integer in plain digits')
  }

  // A slice of bytes is base64 to Go, but a JSON array is decoded element by element, as into any slice.
  #bytes(child: Child, before: unknown, place: string): string {
    if (this.#slice(child).startsWith('[')) {
      const last = Buffer.from(typeof before === 'string' ? before : '', 'base64')
      const bytes = childSpans(this.#text, child.start).map((item, index) => {
        const digits = this.#slice(item)
        if (digits === 'null') return last[index] ?? 0
        if (/^-?\d{1,3}$/.test(digits) && Number(digits) >= 0 && Number(digits) <= 255) return Number(digits)
        throw invalid(`${place}/${index}`, 'it is not a byte')
      })
      return Buffer.from(bytes).toString('base64')
    }
    const base64 = this.#string(child, place).replace(/[\r\n]/g, '')
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      throw invalid(place, 'it is not padded base64')
    }
    return Buffer.from(base64, 'base64').toString('base64')
  }

  // Go keeps `meta` as maps and doubles, so order and spelling are lost here, as they are there. What is not copied:
  // Go also refuses a number out of range that a repeated key replaces.
  #meta(child: Child, place: string): string {
    if (nestsDeeperThan(this.#slice(child), maxMetaDepth)) {
      throw invalid(place, `it nests deeper than ${maxMetaDepth} levels`)
    }
    return goJson(sorted(this.#json(child), place))
  }

  // Into what the array before left, element by element: a member that the new element lacks keeps its old value.
  #list<T>(
    array: Child,
    before: unknown,
    place: string,
    read: (item: Child, before: T | undefined, place: string) => T,
  ): T[] {
    this.#expect(array, '[', 'an array', place)
    const last = (before ?? []) as readonly T[]
    return childSpans(this.#text, array.start).map((item, i) => read(item, last[i], `${place}/${i}`))
  }

  // Keys that only differ in what is no Unicode fall together, and the last value stays.
  #map(
    object: Child,
    before: unknown,
    place: string,
    read: (item: Child, place: string) => string,
  ): Map<string, string> {
    this.#expect(object, '{', 'an object', place)
    const map = new Map(before as ReadonlyMap<string, string> | undefined)
    for (const item of childSpans(this.#text, object.start)) {
      map.set(item.key.toWellFormed(), read(item, `${place}/${item.key}`))
    }
    return map
  }

  #expect(child: Child, firstCharacter: string, expected: string, place: string): void {
    if (this.#text.startsWith(firstCharacter, child.start)) return
    throw invalid(place, `it is ${jsonTypeName(this.#json(child))} instead of ${expected}`)
  }

  #slice({ start, end }: Child): string {
    return this.#text.slice(start, end)
  }

  #json(child: Child): unknown {
    return JSON.parse(this.#slice(child))
  }
}

/** A value as Go holds it in a variable of type any: objects are maps, numbers are doubles. */
function sorted(value: unknown, place: string): MetaValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(place, 'a number is out of range')
  if (Array.isArray(value)) return value.map((item) => sorted(item, place))
  if (!isJsonObject(value)) return value as null | boolean | number
  return new Map(Object.keys(value).map((key) => [key.toWellFormed(), sorted(value[key], place)]))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without the cause: the engine's message quotes the body, which may hold a token.
    throw notAnEnvelope('it is not JSON')
  }
}

function notAnEnvelope(reason: string): RelayError {
  return new RelayError('NOT_AN_ENVELOPE', `The body is not an Envelope: ${reason}.`)
}

function invalid(pointer: string, reason: string): RelayError {
  // A key may be most of a body.
  const place = pointer.length > maxPlace ? `${pointer.slice(0, maxPlace).toWellFormed()}…` : pointer
  return new RelayError('EVENT_INVALID', `Cannot decode ${place}: ${reason}.`, { facts: { place } })
}
