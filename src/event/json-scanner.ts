/*
 * The only code that looks at JSON text below `JSON.parse`: where a value stands in it, and what is space between values. It
 * relies on the text being valid JSON and is called after `JSON.parse` has said so; that keeps it to a few lines and makes it
 * no second parser.
 */

/** Half-open range of a value in the text, white space around it left out. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A member of an object or an element of an array (`key` is its index then); the span is that of the value. */
export interface Child extends Span {
  readonly key: string
  /** Where the whole of it begins: a member at its key, an element at its value. */
  readonly from: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * The members or elements of the value that starts at `start`, in the order of the text, duplicate keys included.
 * Empty for a value that is neither object nor array.
 */
export function childSpans(text: string, start: number): readonly Child[] {
  const children: Child[] = []
  forEachChild(text, start, (child) => children.push(child))
  return children
}

/** The same one by one, for texts that may have a million of them. */
export function forEachChild(text: string, start: number, visit: (child: Child) => void): void {
  let at = skipSpace(text, start)
  const opening = text.charCodeAt(at)
  if (opening !== openBrace && opening !== openBracket) return
  let index = 0
  // Each round takes a member or an element and the comma behind it. The check for the end of the text is for the
  // caller who broke the rule above: it gets nonsense then, not an endless loop.
  at = skipSpace(text, at + 1)
  while (at < text.length && !isClosing(text.charCodeAt(at))) {
    const from = at
    let key = String(index++)
    if (opening === openBrace) {
      const end = endOfString(text, at)
      key = keyOf(text.slice(at, end))
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = endOfValue(text, at)
    visit({ key, from, start: at, end })
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
  }
}

/**
 * Where the value at the JSON pointer `path` stands, counted from the value that starts at `start`. Of duplicate keys
 * the last one counts, as in `JSON.parse`. `undefined` when there is nothing at the path.
 */
export function spanAt(text: string, path: readonly string[], start = 0): Span | undefined {
  const first = skipSpace(text, start)
  let span: Span = { start: first, end: endOfValue(text, first) }
  for (const key of path) {
    const child = childSpans(text, span.start).findLast((candidate) => candidate.key === key)
    if (child === undefined) return undefined
    span = { start: child.start, end: child.end }
  }
  return span
}

/** Without the white space between its tokens; texts and numbers stay letter for letter as they were. */
export function compactJson(text: string): string {
  let compact = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === quote) at = endOfString(text, at)
    else if (isSpace(unit)) {
      compact += text.slice(from, at)
      from = skipSpace(text, at)
      at = from
    } else at++
  }
  return compact + text.slice(from)
}

/** True when arrays and objects nest deeper than `limit`; right for any text, valid JSON or not. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  return excess(text, { depth: limit, values: Number.POSITIVE_INFINITY }) === 'depth'
}

/**
 * Which of the limits a text is over, if any; right for any text, valid JSON or not, so that a parser need not see what
 * it would spend gigabytes on. `values` counts arrays, objects and commas: never less than the values there are, less
 * one.
 */
export function excess(
  text: string,
  limits: { readonly depth: number; readonly values: number },
): 'depth' | 'values' | undefined {
  if (text.length <= limits.values && opensAtMost(text, limits.depth)) return undefined
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) at = endOfString(text, at) - 1
    else if (unit === openBrace || unit === openBracket) {
      if (++depth > limits.depth) return 'depth'
      if (++values > limits.values) return 'values'
    } else if (isClosing(unit)) depth--
    else if (unit === comma && ++values > limits.values) return 'values'
  }
  return undefined
}

/** Nothing can nest deeper than the brackets it has, those within texts included: true of all that registries send. */
function opensAtMost(text: string, limit: number): boolean {
  let opens = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opens > limit) return false
    }
  }
  return true
}

// No recursion: the strict decoder accepts what Go does, 10,000 levels.
function endOfValue(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      at = endOfString(text, at)
      if (depth === 0) return at
    } else if (unit === openBrace || unit === openBracket) {
      depth++
      at++
    } else if (isClosing(unit)) {
      // A closing mark at depth 0 belongs to the parent: the value was a number or a literal.
      if (depth === 0) return at
      at++
      if (--depth === 0) return at
    } else if (depth === 0 && (unit === comma || isSpace(unit))) return at
    else at++
  }
  return at
}

// Just behind the closing quote. An escape is two units at least, and the second one is never looked at.
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) return at + 1
    if (unit === backslash) at++
  }
  return text.length
}

// Keys are rarely escaped, and JSON.parse for a single text costs more than the slice.
function keyOf(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && isSpace(text.charCodeAt(at))) at++
  return at
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

function isClosing(unit: number): boolean {
  return unit === closeBrace || unit === closeBracket
}
