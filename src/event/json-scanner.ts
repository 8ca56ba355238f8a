/*
 * The only code that looks at JSON text below `JSON.parse`: where a value stands in it. It relies on the text being
 * valid JSON and is called after `JSON.parse` has said so; that keeps it to a few lines and makes it no second parser.
 */

/** Half-open range of a value in the text, white space around it left out. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A member of an object or an element of an array (`key` is its index then). */
export interface Child extends Span {
  readonly key: string
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
  let at = skipSpace(text, start)
  const opening = text.charCodeAt(at)
  if (opening !== openBrace && opening !== openBracket) return []
  const children: Child[] = []
  // Each round takes a member or an element and the comma behind it. The check for the end of the text is for the
  // caller who broke the rule above: it gets nonsense then, not an endless loop.
  at = skipSpace(text, at + 1)
  while (at < text.length && !isClosing(text.charCodeAt(at))) {
    let key = String(children.length)
    if (opening === openBrace) {
      const end = endOfString(text, at)
      key = keyOf(text.slice(at, end))
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = endOfValue(text, at)
    children.push({ key, start: at, end })
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
  }
  return children
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

/** True when arrays and objects nest deeper than `limit`; right for any text, valid JSON or not. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) at = endOfString(text, at) - 1
    else if (unit === openBrace || unit === openBracket) {
      if (++depth > limit) return true
    } else if (isClosing(unit)) depth--
  }
  return false
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
