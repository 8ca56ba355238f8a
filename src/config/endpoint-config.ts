import type { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** One endpoint of the bridge. Durations are milliseconds. */
export interface EndpointConfig {
  /** Names the consumer group: a renamed endpoint starts from the beginning of the topic. */
  readonly name: string
  /**
   * http or https, without user name and password.
   *
   * @example https://scanner.example/hook
   */
  readonly url: string
  /**
   * Further header lines: a name and its whole value each, or a list of values, which make several lines. A value may be
   * `{ file: path }`, which is read again when it changes. Not those that the relay sets itself. Default: none.
   *
   * @example { Authorization: { file: /run/secrets/receiver-authorization } }
   */
  readonly headers: Readonly<Record<string, readonly Secret[]>>
  /** Milliseconds for one attempt, connection to answer. A stop waits as long for requests under way. Default 10000. */
  readonly timeoutMs: number
  /** Limits within `timeoutMs`. */
  readonly timeouts: EndpointTimeouts
  /** Repositories in flight at once, over all partitions and topics. Default 64. */
  readonly concurrency: number
  /** Requests that are begun in a second at most. Default: no limit. */
  readonly maxPerSecond?: number | undefined
  /** Events that it gets, of all. */
  readonly only: OnlyConfig
  /** Events that it does not get, of those. */
  readonly ignore: EndpointIgnoreConfig
  /**
   * How Envelopes are written: as the registry posted them (`original`), or as one of that version would, for old listeners.
   * Default `original`.
   */
  readonly envelope: 'original' | 'distribution-2' | 'distribution-3'
  /** Signatures of Standard Webhooks. Default: none. */
  readonly signing?: SigningConfig | undefined
  /** When an event is sent again, and when it is given up. */
  readonly retry: EndpointRetryConfig
  /** When an endpoint that fails gets nothing but probes. */
  readonly breaker: EndpointBreakerConfig
  /** Of an https endpoint. Default: none. */
  readonly tls?: TlsConfig | undefined
  /** Proxy in front of the endpoint; variables such as HTTPS_PROXY are not looked at. Default: none. */
  readonly proxy?: EndpointProxyConfig | undefined
  readonly addresses: EndpointAddressesConfig
}

export interface EndpointTimeouts {
  /** Milliseconds for TCP and TLS. Default: 5000, or `timeoutMs` where that is less. */
  readonly connectMs: number
  /** Milliseconds from the request being sent to the last header of the answer. Default: `timeoutMs`. */
  readonly headersMs?: number | undefined
  /** Milliseconds for the rest of the answer, which decides nothing. Default: 2000, or `timeoutMs` where that is less. */
  readonly bodyMs: number
}

/** An event is meant when every list that is not empty matches it. */
export interface OnlyConfig {
  /** Actions of events, compared exactly. Default: none. */
  readonly actions: readonly string[]
  /**
   * Media types of the target, compared exactly; the empty text stands for events without one, which all deletes are.
   * Default: none.
   */
  readonly mediaTypes: readonly string[]
  readonly repositories: {
    /**
     * Patterns of repositories: `*` within a segment of the path, `**` across segments. Where given, one must match. Default:
     * none.
     *
     * @example ["team/**"]
     */
    readonly include: readonly string[]
    /** Patterns of repositories, none of which may match. Default: none. */
    readonly exclude: readonly string[]
  }
}

/** An event is ignored as soon as one list matches it. */
export interface EndpointIgnoreConfig extends OnlyConfig {
  readonly repositories: {
    /**
     * Given: every repository is ignored but these patterns, with `*` within a segment of the path, `**` across segments.
     * Default: none.
     */
    readonly include: readonly string[]
    /** Patterns of repositories that are ignored. Default: none. */
    readonly exclude: readonly string[]
  }
  /** Patterns of the `User-Agent` of the request that made the event. Default: none. */
  readonly userAgents: readonly string[]
  /** HTTP methods of the request that made the event. Default: none. */
  readonly methods: readonly string[]
}

export interface SigningConfig {
  /**
   * `whsec_` and base64 of 24 to 64 bytes each. Every one signs, so that a receiver can change from one to the next. Files are
   * read again when they change.
   *
   * @example [{ file: /run/secrets/receiver-signing }]
   */
  readonly secrets: readonly Secret[]
}

export interface EndpointRetryConfig {
  /** Ceiling of the wait after the first failure, in milliseconds; it doubles with each. At most `maxMs`. Default 200. */
  readonly firstMs: number
  /** No wait is longer, in milliseconds. Default 30000. */
  readonly maxMs: number
  /** Milliseconds to wait after an answer that says the set-up is wrong (3xx, 401, 403, 404 …). Default 60000. */
  readonly slowMs: number
  /** Longest pause that the endpoint may ask for by `Retry-After`, in milliseconds. Default 300000. */
  readonly maxRetryAfterMs: number
  /** Attempts until an event goes to the dead letters. Default: no limit. */
  readonly maxAttempts?: number | undefined
  /** Milliseconds since the event was received after which a failure sends it to the dead letters. Default: no limit. */
  readonly maxAgeMs?: number | undefined
}

export interface EndpointBreakerConfig {
  /** Repositories that fail one after the other, without a success, until nothing but a probe is sent. Default 5. */
  readonly failures: number
  /** Milliseconds until the first probe; doubles with each that fails. At most `maxOpenMs`. Default 1000. */
  readonly openMs: number
  /** Longest time between two probes, in milliseconds. Default 30000. */
  readonly maxOpenMs: number
}

export interface EndpointProxyConfig {
  /** http or https, host and port only. */
  readonly url: string
  /** For Basic authentication at the proxy. Default: none. */
  readonly username?: string | undefined
  /** Of that user. A file is read again when it changes. */
  readonly password?: Secret | undefined
  /** Authorities of the certificate of an https proxy, as PEM. Default: those of Node.js. */
  readonly caFile?: string | undefined
}

/** Which addresses may be connected to. Link-local ones and those of metadata services never, unless allowed here. */
export interface EndpointAddressesConfig {
  /** `true`: loopback and private networks are denied too. Default `false`: most receivers live there. */
  readonly denyPrivate: boolean
  /**
   * Addresses or networks (`10.1.0.0/16`) that are allowed whatever else is said. Default: none.
   *
   * @example [10.1.2.3, 10.1.0.0/16]
   */
  readonly allow: readonly string[]
}
