import { isRelayError } from '../errors.ts'
import type { Facts } from '../telemetry.ts'
import { hidden, redactText, secretName } from './redact-text.ts'

/**
 * Below this a log line costs more than it tells. Errors of HTTP clients hold sockets, and those whole graphs of
 * objects: without a limit one line walked megabytes.
 */
const maxDepth = 6
const maxMembers = 50

/**
 * Which errors show their stack. `unexpected`: all but those of the relay that may pass by themselves, and what those come from:
 * that a broker is away needs no stack to be understood.
 */
export type Stacks = 'all' | 'unexpected' | 'none'

/**
 * Facts as they may be logged. Walks them instead of naming paths: an error of a library three levels down
 * (`err.cause.config.headers.authorization`) is where secrets leak, and nobody lists that path beforehand.
 */
export function redactFacts(facts: Facts, stacks: Stacks = 'all'): Facts {
  return redactMembers(facts, maxDepth, stacks)
}

function redact(value: unknown, depth: number, stacks: Stacks): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return redactError(value, depth, stacks)
  // Bytes are bodies, keys or credentials; none of them belongs into a log.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (depth <= 0) return Array.isArray(value) ? '[array]' : '[object]'
  if (Array.isArray(value)) return redactArray(value, depth, stacks)
  if (value instanceof Map) return redactMembers(Object.fromEntries(value), depth, stacks)
  if (value instanceof Set) return redactArray([...value], depth, stacks)
  // Date, URL, Secret: what they show of themselves is what they want to be shown.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redact(value.toJSON(), depth - 1, stacks)
  return redactMembers(value, depth, stacks)
}

function redactArray(items: readonly unknown[], depth: number, stacks: Stacks): unknown[] {
  const shown = items.slice(0, maxMembers).map((item) => redact(item, depth - 1, stacks))
  return items.length > maxMembers ? [...shown, `… (${items.length} items)`] : shown
}

function redactMembers(object: object, depth: number, stacks: Stacks): Facts {
  const entries = Object.entries(object)
  const shown: [string, unknown][] = entries
    .slice(0, maxMembers)
    .map(([name, value]) => [name, isSecret(name, value) ? hidden : redact(value, depth - 1, stacks)])
  if (entries.length > maxMembers) shown.push(['…', `${entries.length} members`])
  return Object.fromEntries(shown)
}

/** A count named `tokens` or a flag named `hasPassword` tells nothing; only text and objects can hold the secret itself. */
function isSecret(name: string, value: unknown): boolean {
  return secretName.test(name) && typeof value !== 'number' && typeof value !== 'boolean' && value != null
}

/** Own members too (`code`, `facts`): they say what a message cannot. */
function redactError(error: Error, depth: number, stacks: Stacks): Facts {
  if (depth <= 0) return { type: error.name, message: redactText(error.message) }
  const { cause, stack } = error
  const inside = stacks === 'unexpected' && isRelayError(error) && error.retriable ? 'none' : stacks
  return {
    ...redactMembers({ ...error }, depth, inside),
    type: error.name,
    message: redactText(error.message),
    ...(stack === undefined || inside === 'none' ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth - 1, inside) }),
  }
}
