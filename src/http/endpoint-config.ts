import type { IgnoreRules } from '../event/ignore-rules.ts'
import type { Profile } from '../event/profile.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { HeaderValues } from './request-headers.ts'
import { retriesOfThreshold } from './threshold-retries.ts'

/** Everything about an endpoint but its name and URL. As in a registry, a number of 0 or less stands for the default. */
export interface EndpointConfig extends ConnectionOptions {
  /** How Envelopes are written; `gitlab` also retries as GitLab's registry does. Default `distribution-3`. */
  readonly profile?: Profile
  /** Added to those of the request. Values are secrets. */
  readonly headers?: HeaderValues
  /** For one attempt. Default 1 s. */
  readonly timeoutMs?: number
  /**
   * Distribution: failures in a row that are tried again at once, before one attempt per backoff is made; nothing is ever
   * given up. Default 10. GitLab: an old way to say `maxRetries`.
   */
  readonly threshold?: number
  /** The wait, or with `maxRetries` the first of them. Default 1 s. */
  readonly backoffMs?: number
  /**
   * GitLab: attempts after the first; then the event is lost and the next one's turn has come. In between 1, 1.5, 2.25 …
   * backoffs pass, up to a minute, each of them drawn between its half and its one and a half. Below 0: as many as a
   * quarter of an hour allows, which ends the others too. Default 10 with the profile `gitlab`; given with another
   * profile, it is obeyed instead of `threshold`.
   */
  readonly maxRetries?: number
  /** Of the target, compared exactly; added to `ignore.mediaTypes`. */
  readonly ignoredMediaTypes?: readonly string[]
  /** Events that are not for this endpoint; they are counted nowhere. */
  readonly ignore?: IgnoreRules
  /**
   * Events that may wait, beside the one being sent. Default 3,000 for `gitlab`. A registry of Distribution has no limit
   * and grows until it is killed: here it is 100,000, some 300 MB with manifests of usual size.
   */
  readonly queueSizeLimit?: number
  /** What happens to an event that finds no room. Default `drop-newest`, as GitLab does. */
  readonly whenFull?: 'drop-newest' | 'drop-oldest' | 'reject'
  /** How long `close` goes on sending what waits. Default 5 s. */
  readonly queuePurgeTimeoutMs?: number
  /** Statuses after which an event is given up at once, see `HttpSinkOptions`. Default none, as in a registry. */
  readonly refusals?: readonly number[]
}

/** Which endpoint: the name is what metrics and log lines know it by. */
export interface NamedEndpoint extends EndpointConfig {
  readonly name: string
  readonly url: string | URL
}

/** A configuration with every default in place. */
export interface EndpointSettings {
  readonly profile: Profile
  readonly timeoutMs: number
  readonly backoffMs: number
  readonly retry: { readonly threshold: number } | { readonly maxRetries: number }
  readonly ignore: IgnoreRules
  readonly queueSizeLimit: number
  readonly queuePurgeTimeoutMs: number
}

export function endpointSettings(config: EndpointConfig): EndpointSettings {
  const { profile = 'distribution-3', ignore = {}, ignoredMediaTypes = [] } = config
  const gitlab = profile === 'gitlab'
  const backoffMs = positiveOr(config.backoffMs, 1_000)
  return {
    profile,
    timeoutMs: positiveOr(config.timeoutMs, 1_000),
    backoffMs,
    retry:
      gitlab || (config.maxRetries ?? 0) !== 0
        ? { maxRetries: maxRetriesOf(config, backoffMs) }
        : { threshold: positiveOr(config.threshold, 10) },
    ignore: { ...ignore, mediaTypes: [...(ignore.mediaTypes ?? []), ...ignoredMediaTypes] },
    queueSizeLimit: positiveOr(config.queueSizeLimit, gitlab ? 3_000 : 100_000),
    queuePurgeTimeoutMs: positiveOr(config.queuePurgeTimeoutMs, 5_000),
  }
}

function maxRetriesOf({ maxRetries = 0, threshold = 0 }: EndpointConfig, backoffMs: number): number {
  if (maxRetries !== 0) return maxRetries < 0 ? Number.POSITIVE_INFINITY : maxRetries
  return threshold > 0 ? retriesOfThreshold(threshold, backoffMs) : 10
}

function positiveOr(value: number | undefined, otherwise: number): number {
  return value !== undefined && value > 0 ? value : otherwise
}

/** The `notifications` block of a registry's configuration, as far as endpoints go; `readNotifications` makes one. */
export interface EndpointsBlock {
  readonly endpoints: readonly {
    readonly name: string
    readonly url: string
    readonly headers: Readonly<Record<string, readonly string[]>>
    readonly timeoutMs?: number
    readonly threshold?: number
    readonly backoffMs?: number
    readonly maxRetries?: number
    readonly ignoredMediaTypes: readonly string[]
    readonly ignore: { readonly mediaTypes: readonly string[]; readonly actions: readonly string[] }
    readonly queuePurgeTimeoutMs?: number
    readonly queueSizeLimit?: number
  }[]
}

/**
 * The endpoints of a registry's configuration, ready to be made.
 *
 * @param common for all of them, and what the file cannot say: the profile (the file does not tell which registry it is
 * for), TLS, a proxy. Headers and ignore rules are added to those of the file; of anything else the file counts more.
 */
export function endpointsFromNotifications(
  block: EndpointsBlock,
  common: EndpointConfig = {},
): readonly NamedEndpoint[] {
  return block.endpoints.map((endpoint) => ({
    ...common,
    ...endpoint,
    headers: { ...common.headers, ...endpoint.headers },
    ignoredMediaTypes: [...(common.ignoredMediaTypes ?? []), ...endpoint.ignoredMediaTypes],
    ignore: {
      ...common.ignore,
      mediaTypes: [...(common.ignore?.mediaTypes ?? []), ...endpoint.ignore.mediaTypes],
      actions: [...(common.ignore?.actions ?? []), ...endpoint.ignore.actions],
    },
  }))
}
