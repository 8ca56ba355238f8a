import { type Check, note, type Seen } from './check.ts'
import type { Reach } from './reach.ts'
import { type NamedTarget, reachOne } from './reach-check.ts'

/** An endpoint of the bridge, or the proxy on the way to it. */
export interface EndpointTarget {
  readonly name: string
  /** The way to it. Throws RelayError CONFIG_INVALID for files and addresses that cannot be used. */
  readonly target: () => NamedTarget
  /** It is reached through a proxy: nothing beyond that is looked at. */
  readonly proxied: boolean
}

/** A check for each endpoint. Nothing is posted, and of credentials only those are sent that stand in the URL itself. */
export function endpointChecks(
  endpoints: readonly EndpointTarget[],
  reach: Reach,
  now: () => number,
): readonly Check[] {
  return endpoints.map(
    ({ name, target, proxied }): Check => ({
      ...{ name: `endpoint ${name}`, part: 'endpoints', otherwise: `${name} cannot be reached` },
      async run(): Promise<readonly Seen[]> {
        const seen = await reachOne(reach, target(), now)
        return proxied && seen.state === 'ok'
          ? [seen, note(`${name}: what lies behind its proxy is not looked at`)]
          : [seen]
      },
    }),
  )
}
