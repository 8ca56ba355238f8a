import type { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** One endpoint of the bridge, after defaults. Durations are milliseconds. */
export interface EndpointConfig {
  /** Names the consumer group: a renamed endpoint starts from the beginning of the topic. */
  readonly name: string
  readonly url: string
  /** Further header lines; several values make several lines. Values are secrets; files are read again when they change. */
  readonly headers: Readonly<Record<string, readonly Secret[]>>
  /** For one attempt, connection to answer. Default 10,000. */
  readonly timeoutMs: number
  /** Limits within `timeoutMs`. */
  readonly timeouts: EndpointTimeouts
  /** Repositories in flight at once, over all partitions and topics. Default 64. */
  readonly concurrency: number
  /** Requests that are begun in a second at most; default: no limit. */
  readonly maxPerSecond?: number | undefined
  /** Events that it gets. Default: all. */
  readonly only: OnlyConfig
  /** Events that it does not get, of those. Default: none. */
  readonly ignore: EndpointIgnoreConfig
  /** How Envelopes are written: as they were received (default), or as a registry of that version would for old listeners. */
  readonly envelope: 'original' | 'distribution-2' | 'distribution-3'
  /** Signatures of Standard Webhooks; default: none. */
  readonly signing?: SigningConfig | undefined
  readonly retry: EndpointRetryConfig
  readonly breaker: EndpointBreakerConfig
  /** Of an https endpoint. PEM files, read again when they change. */
  readonly tls?: TlsConfig | undefined
  /** Default: none; variables of the environment are not looked at. */
  readonly proxy?: EndpointProxyConfig | undefined
  readonly addresses: EndpointAddressesConfig
}

export interface EndpointTimeouts {
  /** TCP and TLS. Default 5,000, or `timeoutMs` where that is less. */
  readonly connectMs: number
  /** From the request being sent to the last header of the answer. Default: `timeoutMs`. */
  readonly headersMs?: number | undefined
  /** For reading the rest of the answer, which decides nothing. Default 2,000, or `timeoutMs` where that is less. */
  readonly bodyMs: number
}

/** An event is meant when every list that is not empty matches it. */
export interface OnlyConfig {
  readonly actions: readonly string[]
  readonly mediaTypes: readonly string[]
  readonly repositories: { readonly include: readonly string[]; readonly exclude: readonly string[] }
}

/** An event is ignored as soon as one list matches it. */
export interface EndpointIgnoreConfig extends OnlyConfig {
  readonly userAgents: readonly string[]
  readonly methods: readonly string[]
}

export interface SigningConfig {
  /** `whsec_` and base64 of 24 to 64 bytes each. Every one signs, so that a receiver can change from one to the next. */
  readonly secrets: readonly Secret[]
}

export interface EndpointRetryConfig {
  /** Ceiling of the wait after the first failure; it doubles with each. Default 200. */
  readonly firstMs: number
  /** No wait is longer. Default 30,000. */
  readonly maxMs: number
  /** Wait after an answer that says the set-up is wrong (401, 403, 404 …). Default 60,000. */
  readonly slowMs: number
  /** Longest pause that the endpoint may ask for by `Retry-After`. Default 300,000. */
  readonly maxRetryAfterMs: number
  /** Attempts until an event goes to the dead letters. Default: no limit. */
  readonly maxAttempts?: number | undefined
  /** Time since the event was received after which a failure sends it to the dead letters. Default: no limit. */
  readonly maxAgeMs?: number | undefined
}

export interface EndpointBreakerConfig {
  /** Repositories that fail one after the other, without a success, until nothing but a probe is sent. Default 5. */
  readonly failures: number
  /** Until the first probe. Default 1,000; doubles with each that fails. */
  readonly openMs: number
  /** Default 30,000. */
  readonly maxOpenMs: number
}

export interface EndpointProxyConfig {
  readonly url: string
  readonly username?: string | undefined
  readonly password?: Secret | undefined
  readonly caFile?: string | undefined
}

/** Which addresses may be connected to. Link-local ones and those of metadata services never, unless allowed here. */
export interface EndpointAddressesConfig {
  /** Also deny loopback and private networks. Default `false`: most receivers live there. */
  readonly denyPrivate: boolean
  /** Addresses or networks (`10.1.0.0/16`) that are allowed whatever else is said. Default: none. */
  readonly allow: readonly string[]
}
