import type { TraceContext } from '../telemetry.ts'

export interface ReadTraceContext {
  readonly context: TraceContext | undefined
  /** Headers that were there and are none by the rules: not passed on. */
  readonly dropped: readonly ('traceparent' | 'tracestate')[]
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const parent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
/** Of a key a vendor may have a part before an `@`; digits at its beginning are of level 2. */
const member =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(?:@[a-z0-9][a-z0-9_\-*/]{0,255})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
/** What every system must carry; with more it may not get through the next one. */
const maxState = 512
const maxMembers = 32

/**
 * What a request says of the trace it belongs to. Both headers come from whoever posts, and go where other systems read
 * them: what breaks the rules of the specification is left out, and without a `traceparent` a `tracestate` says nothing.
 */
export function readTraceContext(headers: Headers): ReadTraceContext {
  const { traceparent: parentText, tracestate: stateText } = headers
  if (parentText === undefined && stateText === undefined) return { context: undefined, dropped: [] }
  const traceparent = traceparentOf(parentText)
  if (traceparent === undefined) {
    const dropped = (['traceparent', 'tracestate'] as const).filter((name) => headers[name] !== undefined)
    return { context: undefined, dropped }
  }
  if (stateText === undefined) return { context: { traceparent }, dropped: [] }
  const tracestate = tracestateOf(stateText)
  if (tracestate === undefined) return { context: { traceparent }, dropped: ['tracestate'] }
  return { context: { traceparent, tracestate }, dropped: [] }
}

/** Of a version that we do not know, the parts that we do, as the specification asks. */
function traceparentOf(text: string | readonly string[] | undefined): string | undefined {
  const match = typeof text === 'string' ? parent.exec(text) : null
  if (match === null) return undefined
  const [, version, traceId = '', parentId = '', flags = '', more] = match
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  if (version === '00') return more === undefined ? `00-${traceId}-${parentId}-${flags}` : undefined
  return `00-${traceId}-${parentId}-${Number.parseInt(flags, 16) % 2 === 1 ? '01' : '00'}`
}

/** Several lines of it are one list, which node:http has joined. */
function tracestateOf(text: string | readonly string[]): string | undefined {
  if (typeof text !== 'string' || text.length > maxState) return undefined
  const members = text
    .split(',')
    .map((one) => one.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((one) => one !== '')
  if (members.length === 0 || members.length > maxMembers || !members.every((one) => member.test(one))) {
    return undefined
  }
  const keys = members.map((one) => one.slice(0, one.indexOf('=')))
  return new Set(keys).size === keys.length ? members.join(',') : undefined
}
