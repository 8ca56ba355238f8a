import type { EndpointConfig } from '../config/endpoint-config.ts'
import { changedKeys, sameSource } from './changed-keys.ts'

/** What is to be done for the endpoints of one configuration to become those of another. */
export interface EndpointChanges {
  readonly added: readonly EndpointConfig[]
  /** As they are to be. */
  readonly changed: readonly EndpointConfig[]
  /** Names. */
  readonly removed: readonly string[]
}

/** By name. One that only moved within its list did not change, nor did one with a new content in a file that it names. */
export function endpointChanges(
  before: readonly EndpointConfig[],
  after: readonly EndpointConfig[],
): EndpointChanges {
  const known = new Map(before.map((endpoint) => [endpoint.name, endpoint]))
  const wanted = new Set(after.map(({ name }) => name))
  return {
    added: after.filter(({ name }) => !known.has(name)),
    changed: after.filter((endpoint) => {
      const old = known.get(endpoint.name)
      return old !== undefined && changedKeys(old, endpoint, sameSource).length > 0
    }),
    removed: before.map(({ name }) => name).filter((name) => !wanted.has(name)),
  }
}
