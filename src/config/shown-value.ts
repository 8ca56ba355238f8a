import { type ConfigPath, pathText } from './config-path.ts'
import { holdsSecret, isFreeKey, type KeyNode, takesText } from './key-tree.ts'
import { masked, maskUrls } from './mask.ts'
import { endpointKeys } from './notifications-block.ts'
import { Secret } from './secret.ts'

/** A variable is not set, or the file of a secret cannot be read. */
const unreadable = '[cannot be read]'

/** Keys of the block `notifications`, which the rules of a registry read, but for the headers. */
const registryKeys: readonly string[] = [
  'fanouttimeout',
  'events.includereferences',
  'endpoints.0.ignore.mediatypes',
  'endpoints.0.ignore.actions',
  ...endpointKeys.filter((key) => key !== 'headers' && key !== 'ignore').map((key) => `endpoints.0.${key}`),
]

/** What holds keys and values there. */
const registryBlocks: readonly string[] = [
  '',
  'events',
  'endpoints.0',
  'endpoints.0.ignore',
  'endpoints.0.headers',
]

/**
 * What may be seen of a value. Masked is what the rules call a secret, what no rule knows (it may be one under a misspelt key),
 * and what is of the wrong kind where a secret has its place below.
 *
 * @param node undefined where the rules know no such key
 */
export function shownValue(node: KeyNode | undefined, path: ConfigPath, value: unknown): unknown {
  if (!isOpen(node, path, value)) return maskedValue(value)
  return typeof value === 'string' && isEndpointUrl(path) ? withoutPath(value) : plain(value)
}

/** True for keys and values where no rule wants any and a secret could stand: one of the keys may be it. */
export function hidesBlock(node: KeyNode | undefined, path: ConfigPath): boolean {
  if (path[0] === 'notifications') return !registryBlocks.includes(registryPath(path))
  return node === undefined || (holdsSecret(node) && !node.accepts.has('map'))
}

/**
 * The path as it is shown. In braces the comma of a password makes a key without a value of what is behind it, so such a key is
 * not named where no rule knows it.
 */
export function shownPath(keys: KeyNode, path: ConfigPath, value: unknown): string {
  const isFree =
    path[0] === 'notifications' ? !registryKeys.includes(registryPath(path)) : isFreeKey(keys, path)
  return pathText(isFree && value === null ? [...path.slice(0, -1), '…'] : path)
}

export function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret)
}

function isOpen(node: KeyNode | undefined, path: ConfigPath, value: unknown): boolean {
  if (path[0] === 'notifications') return registryKeys.includes(registryPath(path))
  if (node === undefined || node.accepts.has('secret')) return false
  return !holdsSecret(node) || fits(node, value)
}

function registryPath(path: ConfigPath): string {
  return pathText(path.slice(1).map((key) => (typeof key === 'number' ? 0 : key)))
}

/** True for a value of the right kind that is no secret itself. */
function fits(node: KeyNode, value: unknown): boolean {
  const { accepts, element } = node
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) {
    return accepts.has('list') && value.every((one) => element !== undefined && fits(element, one))
  }
  switch (typeof value) {
    case 'boolean':
      return accepts.has('switch')
    case 'number':
      return accepts.has('number')
    case 'object':
      return accepts.has('map')
    default:
      return takesText(node) && !accepts.has('secret')
  }
}

function maskedValue(value: unknown): unknown {
  if (typeof value === 'symbol') return unreadable
  if (value === null || value === undefined) return null
  return Array.isArray(value) ? value.map(maskedValue) : masked
}

function plain(value: unknown): unknown {
  if (value instanceof Secret || isBlock(value)) return masked
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'string') return maskUrls(value)
  if (typeof value === 'symbol') return unreadable
  return value ?? null
}

/** Whoever knows the path of a chat's or a scanner's webhook may post to it. */
function isEndpointUrl(path: ConfigPath): boolean {
  const [block, list, , key, ...below] = path
  return (
    (block === 'bridge' || block === 'notifications') &&
    list === 'endpoints' &&
    key === 'url' &&
    below.length === 0
  )
}

function withoutPath(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.host === '') return text === '' ? '' : masked
  const { protocol, username, password, host, pathname, search, hash } = url
  const user = username === '' && password === '' ? '' : `${masked}@`
  return `${protocol}//${user}${host}/${`${pathname}${search}${hash}`.length > 1 ? '…' : ''}`
}
