import { configKeys, type KeyNode } from './key-tree.ts'

/**
 * The values without the blocks that have nothing under them: where all keys of `limits:` are commented out, that is no
 * mistake. Only blocks that are there anyway; a `tls:` without a key stays, and is wrong.
 */
export function withoutEmptyBlocks(value: unknown): unknown {
  return without(value, configKeys())
}

function without(value: unknown, node: KeyNode | undefined): unknown {
  if (node === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => without(one, node.element))
  // Not what a class made, as a secret is.
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => member !== null || node.keys.get(key)?.optionalBlock !== true)
      .map(([key, member]) => [key, without(member, node.keys.get(key) ?? node.member)]),
  )
}
