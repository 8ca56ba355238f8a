import type { Config } from '../config/config.ts'
import type { EndpointConfig } from '../config/endpoint-config.ts'
import { RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import { type IgnoreRules, ignoreFilter } from '../event/ignore-rules.ts'
import { type MatchRules, matchFilter } from '../event/match-rules.ts'
import type { Profile } from '../event/profile.ts'
import type { Deliverer } from '../http/deliverer.ts'
import { type DeliveryOptions, HttpDelivery } from '../http/delivery.ts'
import type { Telemetry, Tracer } from '../telemetry.ts'
import type { DeliveryRetry } from '../topic-bridge/delivery-retry.ts'
import type { EndpointBreakerOptions } from '../topic-bridge/endpoint-breaker.ts'
import { EndpointGate } from '../topic-bridge/endpoint-gate.ts'
import { type EndpointDeliveryOptions, endpointOptions } from './endpoint-files.ts'

/** An endpoint of a bridge. Durations are milliseconds. */
export interface BridgeEndpointOptions
  extends Pick<
    DeliveryOptions,
    | 'url'
    | 'headers'
    | 'signingSecrets'
    | 'tls'
    | 'proxy'
    | 'addresses'
    | 'connectTimeoutMs'
    | 'headersTimeoutMs'
    | 'bodyTimeoutMs'
    | 'maxRetryAfterMs'
  > {
  /** Names the consumer group: letters, digits, `_`, `-`. */
  readonly name: string
  /** For one attempt. Default 10,000. */
  readonly timeoutMs?: number
  /** Repositories in flight at once, over all partitions and topics. Default 64. */
  readonly concurrency?: number
  /** Requests that are begun in a second at most. Default: no limit. */
  readonly maxPerSecond?: number | undefined
  /** Events that it gets. Default: all. */
  readonly only?: MatchRules
  /** Events that it does not get, of those. Default: none. */
  readonly ignore?: IgnoreRules
  /** How Envelopes are written. Default `original`: as they were received. */
  readonly envelope?: 'original' | Profile
  readonly retry?: DeliveryRetry
  readonly breaker?: EndpointBreakerOptions
}

/** What the bridges of one endpoint share: one for each topic. */
export interface BridgeEndpoint {
  readonly name: string
  readonly deliverer: Deliverer
  readonly gate: EndpointGate
  readonly wants: ((event: Event) => boolean) | undefined
  readonly profile: Profile | undefined
  readonly retry: DeliveryRetry
  /** How long a bridge that stops or gives partitions back waits for requests under way, milliseconds. */
  readonly drainMs: number
}

const defaultTimeoutMs = 10_000
/** All members of a group wait that long for one of them. */
const longestDrainMs = 25_000

/** @throws RelayError CONFIG_INVALID naming the option */
export function openEndpoint(options: BridgeEndpointOptions, telemetry: Telemetry): BridgeEndpoint {
  const { name, concurrency = 64, maxPerSecond, envelope = 'original', retry = {}, breaker = {} } = options
  return {
    name,
    deliverer: openDelivery(options, telemetry.tracer),
    gate: new EndpointGate({ endpoint: name, concurrency, maxPerSecond, breaker, telemetry }),
    wants: filterOf(options),
    profile: envelope === 'original' ? undefined : envelope,
    retry,
    // For as long as an attempt may take: what is under way ends, and is not sent again.
    drainMs: Math.min(options.timeoutMs ?? defaultTimeoutMs, longestDrainMs),
  }
}

/** Only what posts: no limits but those of one attempt. @throws RelayError CONFIG_INVALID naming the option */
function openDelivery(options: BridgeEndpointOptions, tracer?: Tracer): HttpDelivery {
  const { timeoutMs = defaultTimeoutMs, concurrency = 64, headersTimeoutMs = timeoutMs } = options
  return new HttpDelivery({
    ...options,
    maxConnections: connectionsFor(concurrency),
    headersTimeoutMs,
    totalTimeoutMs: timeoutMs,
    tracer,
  })
}

/**
 * The client uses a connection again only after a whole turn of the event loop. An answer frees its place among the requests under
 * way at once, and with as many connections as places the next request would wait for that turn: 6 % of the rate at 40 places
 * and answers after 20 ms.
 */
function connectionsFor(concurrency: number): number {
  return 2 * concurrency
}

/** Undefined where every event is meant: then no record is read twice to find that out. */
function filterOf({
  only = {},
  ignore = {},
}: BridgeEndpointOptions): ((event: Event) => boolean) | undefined {
  const rules = [...Object.values(only), ...Object.values(ignore)]
  const empty = rules.every((rule) => Object.values(rule ?? {}).flat().length === 0)
  if (empty) return undefined
  const meant = matchFilter(only)
  const ignored = ignoreFilter(ignore)
  return (event) => meant(event) && !ignored(event)
}

/**
 * What the configuration says of an endpoint.
 *
 * @param delivery from its files, read once or again and again
 */
export function bridgeEndpointOptions(
  config: EndpointConfig,
  delivery: EndpointDeliveryOptions = endpointOptions(config),
): BridgeEndpointOptions {
  const { name, timeoutMs, concurrency, maxPerSecond, only, ignore, envelope, retry, breaker } = config
  return { ...delivery, name, timeoutMs, concurrency, maxPerSecond, only, ignore, envelope, retry, breaker }
}

/** The endpoint of that name. @throws RelayError CONFIG_INVALID, with the names that there are */
export function configuredEndpoint(config: Pick<Config, 'bridge'>, name: string): EndpointConfig {
  const { endpoints } = config.bridge
  const endpoint = endpoints.find((one) => one.name === name)
  if (endpoint !== undefined) return endpoint
  const names = endpoints.map((one) => one.name).join(', ')
  throw new RelayError(
    'CONFIG_INVALID',
    `there is no endpoint ${JSON.stringify(name)} in the configuration; there are: ${names === '' ? 'none' : names}`,
  )
}

/** For a command that posts by itself: no limits but those of one attempt. @throws RelayError CONFIG_INVALID */
export function openDeliverer(
  config: Pick<Config, 'bridge'>,
  name: string,
): { readonly deliverer: Deliverer; close(): Promise<void> } {
  const deliverer = openDelivery(bridgeEndpointOptions(configuredEndpoint(config, name)))
  return { deliverer, close: () => deliverer.close() }
}
