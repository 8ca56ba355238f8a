import type { z } from 'zod'
import { configSchema } from './schema.ts'

/**
 * What may stand at a key: a text, one of a few texts, a text that must not be printed, a number, true or false, a list, or keys
 * and values.
 */
export type Accepted = 'text' | 'choice' | 'secret' | 'number' | 'switch' | 'list' | 'map'

/** A key of the configuration and what is below it, as the rules have it. */
export interface KeyNode {
  readonly accepts: ReadonlySet<Accepted>
  /** Of a map with fixed keys; where one of several maps may stand, the keys of all of them. */
  readonly keys: ReadonlyMap<string, KeyNode>
  /** Of a list. */
  readonly element: KeyNode | undefined
  /** Of a map whose keys are free: what each of its values is. */
  readonly member: KeyNode | undefined
  /** Where the rules state it; what is worked out of other keys is not here. */
  readonly fallback: unknown
  /** A block that is there without being written, so that one without a key below it means nothing. */
  readonly optionalBlock: boolean
}

const nothing: KeyNode = {
  accepts: new Set(),
  keys: new Map(),
  element: undefined,
  member: undefined,
  fallback: undefined,
  optionalBlock: false,
}

let known: KeyNode | undefined

/** The keys of the configuration. Made once: every step of reading one asks for them. */
export function configKeys(): KeyNode {
  known ??= nodeOf(configSchema)
  return known
}

/** The node at a path; undefined where the rules know none. */
export function nodeAt(root: KeyNode, path: readonly PropertyKey[]): KeyNode | undefined {
  return path.reduce<KeyNode | undefined>(
    (node, key) => node?.keys.get(String(key)) ?? node?.element ?? node?.member,
    root,
  )
}

/** True for a key that no rule names, as that of a header. */
export function isFreeKey(root: KeyNode, path: readonly PropertyKey[]): boolean {
  const key = path.at(-1)
  return typeof key === 'string' && nodeAt(root, path.slice(0, -1))?.keys.has(key) !== true
}

/** True where a text may stand, of whatever kind. */
export function takesText({ accepts }: KeyNode): boolean {
  return accepts.has('text') || accepts.has('choice') || accepts.has('secret')
}

/** True for a secret, and for what holds one. */
export function holdsSecret({ accepts, keys, element, member }: KeyNode): boolean {
  return (
    accepts.has('secret') ||
    [...keys.values(), element, member].some((below) => below !== undefined && holdsSecret(below))
  )
}

/** Paths of all keys that can be set: not those within lists, and none that the rules leave open. */
export function pathsOf(node: KeyNode, path: readonly string[] = []): readonly (readonly string[])[] {
  const below = [...node.keys].flatMap(([key, child]) => pathsOf(child, [...path, key]))
  return path.length === 0 || node.accepts.size === 0 ? below : [path, ...below]
}

function nodeOf(schema: z.core.$ZodType): KeyNode {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
      return accepting('text')
    case 'enum':
    case 'literal':
      return accepting('choice')
    case 'number':
      return accepting('number')
    case 'boolean':
      return accepting('switch')
    case 'array':
      return { ...accepting('list'), element: nodeOf(def.element) }
    case 'record':
      return { ...accepting('map'), member: nodeOf(def.valueType) }
    case 'object':
      return { ...accepting('map'), keys: keysOf(def.shape) }
    case 'union':
      return def.options.map(nodeOf).reduce(either, nothing)
    // Only secrets are instances of a class.
    case 'custom':
      return accepting('secret')
    case 'pipe':
      return nodeOf(def.in)
    case 'optional':
      return nodeOf(def.innerType)
    case 'default':
      return { ...nodeOf(def.innerType), fallback: def.defaultValue }
    case 'prefault':
      return { ...nodeOf(def.innerType), optionalBlock: true }
    default:
      return nothing
  }
}

function accepting(kind: Accepted): KeyNode {
  return { ...nothing, accepts: new Set([kind]) }
}

function keysOf(shape: Readonly<Record<string, z.core.$ZodType>>): ReadonlyMap<string, KeyNode> {
  return new Map(Object.entries(shape).map(([key, schema]) => [key, nodeOf(schema)]))
}

function either(one: KeyNode, other: KeyNode): KeyNode {
  const keys = new Map(one.keys)
  for (const [key, node] of other.keys) keys.set(key, either(keys.get(key) ?? nothing, node))
  return {
    accepts: new Set([...one.accepts, ...other.accepts]),
    keys,
    element: one.element ?? other.element,
    member: one.member ?? other.member,
    fallback: one.fallback ?? other.fallback,
    optionalBlock: one.optionalBlock && other.optionalBlock,
  }
}
