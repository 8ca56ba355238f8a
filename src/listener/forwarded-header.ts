/** What is used of a `Forwarded` header. */
export interface Forwarded {
  readonly proto?: string
  readonly host?: string
}

const token = /[^"(),/:;<=>?@[\]{}\s\p{Cc}]+/uy
const quoted = /"((?:[^"\\]|\\[\t -~])*)"/y
const gap = /\s*/y

/**
 * The first element of a `Forwarded` header (RFC 7239), which the first proxy wrote: `proto=https;host="a.test:88",
 * proto=http`. Empty when that element is malformed, or names a parameter twice without quotes: half an answer would
 * be mixed with what the other headers say.
 */
export function parseForwarded(header: string): Forwarded {
  const pairs = new Map<string, string>()
  let at = 0
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    const match = expression.exec(header)
    if (match !== null) at = expression.lastIndex
    return match
  }
  const skip = (): string | undefined => {
    take(gap)
    return header[at]
  }

  let next = skip()
  while (next !== undefined && next !== ',') {
    const name = take(token)?.[0].toLowerCase()
    if (name === undefined || skip() !== '=') return {}
    at++
    skip()
    const text = take(quoted)
    const value = text === null ? take(token)?.[0] : text[1]?.replace(/\\(.)/g, '$1')
    if (value === undefined || (text === null && pairs.has(name))) return {}
    pairs.set(name, value)
    next = skip()
    if (next === ';') {
      at++
      next = skip()
    } else if (next !== undefined && next !== ',') return {}
  }
  const proto = pairs.get('proto')
  const host = pairs.get('host')
  return { ...(proto && { proto }), ...(host && { host }) }
}
