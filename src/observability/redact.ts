import type { Facts } from '../telemetry.ts'

const hidden = '[redacted]'

/** Names whose values are secrets wherever they stand: `password`, `sasl.password`, `userToken`, `Authorization`. */
const secretName =
  /authorization|cookie|password|passwd|passphrase|secret|token|credential|api[-_]?key|private[-_]?key/i

/** `scheme://user:password@` in URLs, and Authorization values quoted in messages of other libraries. */
const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi
const authorizationValue = /\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{4,}/gi

/**
 * Below this a log line costs more than it tells. Errors of HTTP clients hold sockets, and those whole graphs of
 * objects: without a limit one line walked megabytes.
 */
const maxDepth = 6
const maxMembers = 50
const maxTextLength = 8_192

/**
 * Facts as they may be logged. Walks them instead of naming paths: an error of a library three levels down
 * (`err.cause.config.headers.authorization`) is where secrets leak, and nobody lists that path beforehand.
 */
export function redactFacts(facts: Facts): Facts {
  return redactMembers(facts, maxDepth)
}

/** Free text as it may be logged: credentials in URLs and Authorization values taken out, over-long text cut. */
export function redactText(text: string): string {
  const cut =
    text.length > maxTextLength ? `${text.slice(0, maxTextLength)}… (${text.length} characters)` : text
  return cut.replace(userInfo, `$1${hidden}@`).replace(authorizationValue, `$1 ${hidden}`)
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return redactError(value, depth)
  // Bytes are bodies, keys or credentials; none of them belongs into a log.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (depth <= 0) return Array.isArray(value) ? '[array]' : '[object]'
  if (Array.isArray(value)) return redactArray(value, depth)
  if (value instanceof Map) return redactMembers(Object.fromEntries(value), depth)
  if (value instanceof Set) return redactArray([...value], depth)
  // Date, URL, Secret: what they show of themselves is what they want to be shown.
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth - 1)
  return redactMembers(value, depth)
}

function redactArray(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, maxMembers).map((item) => redact(item, depth - 1))
  return items.length > maxMembers ? [...shown, `… (${items.length} items)`] : shown
}

function redactMembers(object: object, depth: number): Facts {
  const entries = Object.entries(object)
  const shown: [string, unknown][] = entries
    .slice(0, maxMembers)
    .map(([name, value]) => [name, isSecret(name, value) ? hidden : redact(value, depth - 1)])
  if (entries.length > maxMembers) shown.push(['…', `${entries.length} members`])
  return Object.fromEntries(shown)
}

/** A count named `tokens` or a flag named `hasPassword` tells nothing; only text and objects can hold the secret itself. */
function isSecret(name: string, value: unknown): boolean {
  return secretName.test(name) && typeof value !== 'number' && typeof value !== 'boolean' && value != null
}

/** Own members too (`code`, `facts`): they say what a message cannot. */
function redactError(error: Error, depth: number): Facts {
  if (depth <= 0) return { type: error.name, message: redactText(error.message) }
  const { cause } = error
  return {
    ...redactMembers({ ...error }, depth),
    type: error.name,
    message: redactText(error.message),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth - 1) }),
  }
}
