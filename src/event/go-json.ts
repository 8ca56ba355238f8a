import { RelayError } from '../errors.ts'
import { compareBytes, goString } from './go-string.ts'

/** A value of GitLab's `meta`. An object keeps its member order, as a Go struct does; a Map is sorted, as a Go map. */
export type MetaValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly MetaValue[]
  | { readonly [member: string]: MetaValue }
  | ReadonlyMap<string, MetaValue>

/** Where the members of `meta` stand in an Envelope. */
const metaDepth = 4

/**
 * The JSON text of a value as Go lays it out inside an Envelope: what `Event.meta` holds for a key.
 *
 * ```ts
 * const meta = new Map([['blob', goJson({ storageBackend: 's3aws', redirected: true })]])
 * ```
 *
 * @param depth levels of indentation of the line the value begins on; the default is right for `meta`.
 * @throws RelayError EVENT_INVALID for NaN and the infinities, which JSON has no text for.
 */
export function goJson(value: MetaValue, depth: number = metaDepth): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  // GitLab is built with Go 1.22 or later, and no other registry sends `meta`.
  if (typeof value === 'string') return goString(value, true)
  if (typeof value === 'number') return numberText(value)
  if (isList(value)) {
    return block(
      '[',
      value.map((item) => goJson(item, depth + 1)),
      ']',
      depth,
    )
  }
  const members = isMap(value) ? [...value].sort(([a], [b]) => compareBytes(a, b)) : Object.entries(value)
  return block(
    '{',
    members.map(([key, member]) => `${goString(key, true)}: ${goJson(member, depth + 1)}`),
    '}',
    depth,
  )
}

// Go and ECMAScript print a double alike, but for the sign of -0.
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new RelayError('EVENT_INVALID', `JSON has no text for ${value}`)
  return Object.is(value, -0) ? '-0' : String(value)
}

function block(opening: string, lines: readonly string[], closing: string, depth: number): string {
  if (lines.length === 0) return opening + closing
  const outer = `\n${'   '.repeat(depth)}`
  return `${opening}${lines.map((line) => `${outer}   ${line}`).join(',')}${outer}${closing}`
}

// Readonly arrays and maps do not narrow by the built-in checks.
function isList(value: object): value is readonly MetaValue[] {
  return Array.isArray(value)
}

function isMap(value: object): value is ReadonlyMap<string, MetaValue> {
  return value instanceof Map
}
