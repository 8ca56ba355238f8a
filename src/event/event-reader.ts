import type { ByteCount, Event } from './event.ts'
import { eventShape, type Field, fieldOf, type Shape } from './event-shape.ts'
import { childSpans, forEachChild, type Span } from './json-scanner.ts'
import { isJsonObject, type JsonObject, jsonTypeName } from './json-type.ts'

/** Where a value stands below the event; a chain, so that the way down costs nothing unless somebody asks. */
interface Place {
  /** Absent for the event itself. */
  readonly parent?: Place
  readonly key: string
  /**
   * The text of what is inside, once it was asked for. Without this memory every odd number in a long list would be
   * a scan of the whole list: seconds of work for one body of a megabyte.
   */
  spans?: ReadonlyMap<string, Span>
}

/** How many problems of one event are named; a hostile body has one per member. */
const maxProblems = 20

/** How much of a key is named. */
const maxKey = 128

/**
 * Makes the typed event from a parsed one. Takes what has the right type and names the rest in `problems`; `null`
 * leaves a member absent. One reader serves one event.
 */
export class EventReader {
  readonly problems: string[] = []
  readonly #text: string
  readonly #startOfEvent: () => number

  /**
   * @param text what the event was parsed from: exact digits and the text of `meta` are taken from it.
   * @param startOfEvent where the event begins in it; asked only when one of those is needed.
   */
  constructor(text: string, startOfEvent: () => number) {
    this.#text = text
    this.#startOfEvent = startOfEvent
  }

  read(parsed: JsonObject): Event {
    return this.#object(eventShape, parsed, { key: '' }) as Event
  }

  #object(shape: Shape, parsed: JsonObject, parent: Place): object {
    const members: Record<string, unknown> = {}
    // Own keys, one by one: `parsed` is never merged or spread, so that a key like `__proto__` stays a key.
    for (const key of Object.keys(parsed)) {
      const value = parsed[key]
      if (value === null) continue
      const field = fieldOf(shape, key)
      if (field === undefined) continue
      const read = this.#value(field, value, { parent, key })
      if (read !== undefined) members[field.member] = read
    }
    return members
  }

  #value(field: Field, value: unknown, place: Place): unknown {
    switch (field.kind) {
      case 'text':
      case 'timestamp':
      case 'bytes':
        return typeof value === 'string' ? value : this.#problem(place, value, 'text')
      case 'count':
        return this.#count(value, place)
      case 'texts':
        return this.#list(value, place, (item, at) =>
          typeof item === 'string' ? item : item === null ? '' : this.#problem(at, item, 'text'),
        )
      case 'textMap':
        return this.#textMap(value, place)
      case 'jsonMap':
        return this.#jsonMap(value, place)
      case 'objects':
        return this.#list(value, place, (item, at) => this.#nested(field.shape, item ?? {}, at))
      case 'object':
      case 'pointer':
        return this.#nested(field.shape, value, place)
    }
  }

  #nested(shape: Shape, value: unknown, place: Place): object | undefined {
    return isJsonObject(value) ? this.#object(shape, value, place) : this.#problem(place, value, 'an object')
  }

  // An element that is left out does not take the others with it.
  #list<T>(value: unknown, place: Place, read: (item: unknown, at: Place) => T | undefined): T[] | undefined {
    if (!Array.isArray(value)) return this.#problem(place, value, 'an array')
    const list: T[] = []
    for (const [index, item] of value.entries()) {
      const element = read(item, { parent: place, key: String(index) })
      if (element !== undefined) list.push(element)
    }
    return list
  }

  #textMap(value: unknown, place: Place): Map<string, string> | undefined {
    if (!isJsonObject(value)) return this.#problem(place, value, 'an object')
    const map = new Map<string, string>()
    for (const key of Object.keys(value)) {
      const text = value[key]
      if (typeof text === 'string') map.set(key, text)
      else if (text === null) map.set(key, '')
      else this.#problem({ parent: place, key }, text, 'text')
    }
    return map
  }

  // Verbatim: numbers, order and layout inside `meta` come back as they were, whatever sent them.
  #jsonMap(value: unknown, place: Place): Map<string, string> | undefined {
    if (!isJsonObject(value)) return this.#problem(place, value, 'an object')
    const map = new Map<string, string>()
    const span = this.#spanOf(place)
    if (span === undefined) return map
    forEachChild(this.#text, span.start, ({ key, start, end }) => {
      map.set(key, this.#text.slice(start, end))
    })
    return map
  }

  #count(value: unknown, place: Place): ByteCount | undefined {
    // `+ 0` turns -0 into 0, which is what Go makes of it.
    if (Number.isSafeInteger(value)) return (value as number) + 0
    if (typeof value !== 'number') return this.#problem(place, value, 'an integer')
    // Decided without a look at the digits, of which there may be a million; what rounds to the limit may be within it.
    if (!Number.isInteger(value) || Math.abs(value) > 2 ** 63) {
      return this.#problem(place, value, 'a 64-bit integer')
    }
    const span = this.#spanOf(place)
    const digits = span === undefined ? '' : this.#text.slice(span.start, span.end)
    if (/^-?\d{1,19}$/.test(digits)) {
      const exact = BigInt(digits)
      if (BigInt.asIntN(64, exact) === exact) return exact
    }
    return this.#problem(place, value, 'a 64-bit integer')
  }

  #spanOf({ parent, key }: Place): Span | undefined {
    if (parent === undefined) return { start: this.#startOfEvent(), end: this.#text.length }
    if (parent.spans === undefined) {
      const span = this.#spanOf(parent)
      const children = span === undefined ? [] : childSpans(this.#text, span.start)
      parent.spans = new Map(children.map((child) => [child.key, child]))
    }
    return parent.spans.get(key)
  }

  #problem(place: Place, found: unknown, expected: string): undefined {
    if (this.problems.length === maxProblems) return undefined
    const named = `${pointerTo(place)}: ${jsonTypeName(found)} instead of ${expected}`
    this.problems.push(this.problems.length === maxProblems - 1 ? `${named}; and perhaps more` : named)
    return undefined
  }
}

function pointerTo({ parent, key }: Place): string {
  if (parent === undefined) return ''
  // A key may be most of a body, and the escaping of it gigabytes.
  const name = key.length > maxKey ? `${key.slice(0, maxKey).toWellFormed()}…` : key
  return `${pointerTo(parent)}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
