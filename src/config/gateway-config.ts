import type { Secret } from './secret.ts'

/** The gateway: the port that registries post to. Durations are milliseconds, sizes bytes. */
export interface GatewayConfig {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host: string
  /** Port to listen on; 0 lets the system choose. Default 8080. */
  readonly port: number
  /** Path that registries post to. Default `/notifications`. */
  readonly path: string
  /**
   * What is larger is kept by its beginning and its SHA-256. Default 32 MiB: events of 25 MB were made with a large manifest and
   * references.
   */
  readonly maxBodyBytes: number
  /**
   * Milliseconds until a post is answered at the latest, with 503 when nothing can be kept in time. Default 800: registries give
   * up after 1 s unless told otherwise, and the answer must come before.
   */
  readonly ackBudgetMs: number
  /** Named in every record as its publisher. Default: the host's name. */
  readonly publisherId?: string | undefined
  /**
   * What a 2xx means. `spool` (default): the event is on this machine's disk and will be in Kafka; posts are taken also
   * while Kafka is away. `kafka`: every in-sync replica has it; while Kafka is away the answer is 503.
   */
  readonly ackMode: 'spool' | 'kafka'
  /**
   * `false` (default): whatever an authenticated sender posts is kept, in the topic of what was rejected where it is no
   * event, and answered 2xx. `true`: such posts are answered 400, 413 or 415, which makes registries that retry for
   * ever stop at them.
   */
  readonly strict: boolean
  /** Any of them lets a sender in; without any, everybody who reaches the port may post. Default: none. */
  readonly credentials: readonly CredentialConfig[]
  /** HTTPS instead of HTTP. Default: none. */
  readonly tls?: GatewayTlsConfig | undefined
  /** What one sender can take of the gateway. */
  readonly limits: GatewayLimitsConfig
  /** Events to be acknowledged and not stored. */
  readonly ignore: IgnoreConfig
  /** What is taken out of events before they are stored anywhere. */
  readonly redact: RedactConfig
  readonly duplicates: DuplicatesConfig
  readonly quarantine: QuarantineConfig
}

export type CredentialConfig = BearerConfig | BasicConfig

/** `Authorization: Bearer <token>`. */
export interface BearerConfig {
  /** The token, without the word Bearer. A file is read again when it changes. */
  readonly bearer: Secret
}

/** `Authorization: Basic`, as registries make it of a URL with user name and password. */
export interface BasicConfig {
  /** Without a colon, which ends the user name in the header. */
  readonly username: string
  /** Of that user. A file is read again when it changes. */
  readonly password: Secret
}

/** PEM files, read again when they change. */
export interface GatewayTlsConfig {
  /** The certificate, followed by those between it and its authority. */
  readonly certificateFile: string
  /** Private key of the certificate. */
  readonly keyFile: string
  /** Given: only clients with a certificate of one of these authorities are let in. Default: none. */
  readonly clientCaFile?: string | undefined
}

export interface GatewayLimitsConfig {
  /** Milliseconds for the header lines of a request. Default 10000. */
  readonly headersTimeoutMs: number
  /** Milliseconds for all of a request, its body included. Default 15000. */
  readonly requestTimeoutMs: number
  /** Milliseconds that a connection may idle between two requests. Default 5000. */
  readonly keepAliveTimeoutMs: number
  /** How often the two time-outs of requests are looked at, in milliseconds. Default 2000. */
  readonly checkIntervalMs: number
  /** Milliseconds from a connection to the end of its TLS handshake. Default 10000. */
  readonly tlsHandshakeTimeoutMs: number
  /** Bytes of all header lines of a request. Default 8 KiB. */
  readonly maxHeaderBytes: number
  /** Header lines of a request. Default 256. */
  readonly maxHeaders: number
  /** Requests until a connection is closed. Default 1000. */
  readonly maxRequestsPerConnection: number
  /** Connections at once; further ones are closed. Default 2048. */
  readonly maxConnections: number
  /**
   * Bytes of the bodies of all requests that are not answered yet; over it the answer is 503. At least `gateway.maxBodyBytes`.
   * Default 256 MiB.
   */
  readonly maxBodiesBytes: number
  /** A body that takes more milliseconds must have come at `minBodyBytesPerSecond` on average from then on. Default 5000. */
  readonly bodyGraceMs: number
  /** The slowest average at which a body may come in. Default 1024. */
  readonly minBodyBytesPerSecond: number
  /** Milliseconds in which the rest of a refused body is read, so that its sender gets to see the answer. Default 2000. */
  readonly lingerMs: number
  /** Events of one Envelope. Default 10000. */
  readonly maxEvents: number
}

/** A list that is empty says nothing. An event is ignored as soon as one list says so. */
export interface IgnoreConfig {
  /**
   * Media types of the target, compared exactly; the empty text stands for events without one, which all deletes are.
   * Default: none.
   *
   * @example [application/octet-stream]
   */
  readonly mediaTypes: readonly string[]
  /** Actions of events, compared exactly. Default: none. */
  readonly actions: readonly string[]
  readonly repositories: {
    /**
     * Given: every repository is ignored but these patterns, with `*` within a segment of the path, `**` across segments.
     * Default: none.
     */
    readonly include: readonly string[]
    /**
     * Patterns of repositories that are ignored. Default: none.
     *
     * @example ["scratch/**"]
     */
    readonly exclude: readonly string[]
  }
  /**
   * Patterns of the `User-Agent` of the request that made the event. Default: none.
   *
   * @example ["*Trivy*"]
   */
  readonly userAgents: readonly string[]
  /**
   * HTTP methods of the request that made the event. Default: none.
   *
   * @example [HEAD]
   */
  readonly methods: readonly string[]
}

export interface RedactConfig {
  /**
   * `recommended`: the token that GitLab's registry sends as `/actor/user` is dropped, and the last part of addresses is cut off.
   * Default `none`.
   */
  readonly preset: 'none' | 'recommended'
  /** Further rules, after those of the preset. Default: none. */
  readonly rules: readonly RedactRuleConfig[]
  /** Key of the HMAC; needed by rules with the action `hmac`. */
  readonly key?: Secret | undefined
  /** Names the key in what it made, so that it can be changed. Default `1`. */
  readonly keyId: string
}

/** What is done to one field of every event. */
export interface RedactRuleConfig {
  /**
   * JSON pointer into an event, e.g. `/actor/user`.
   *
   * @example /actor/name
   */
  readonly pointer: string
  /**
   * `keep` it whatever the preset says, `drop` it, `mask` it by a fixed text, put an `hmac` of it in its place, or cut off the last
   * part of an address (`truncate-ip`).
   */
  readonly action: 'keep' | 'drop' | 'mask' | 'hmac' | 'truncate-ip'
}

/** What a registry posts again is not published again while its id is remembered. */
export interface DuplicatesConfig {
  /** Ids remembered; 0 switches it off. Default 100000. */
  readonly maxEvents: number
  /** Milliseconds for which an id is remembered. Default 600000. */
  readonly maxAgeMs: number
}

/** How what cannot be published as an event is kept. */
export interface QuarantineConfig {
  /**
   * `keep`: the bytes. `events`: those of events that are too large or that Kafka refuses, as they were redacted; of anything
   * else, which no rule can reach, only number of bytes and SHA-256. `digest`: of everything only these. Default: `keep`, where
   * something is redacted `events`.
   */
  readonly content: 'keep' | 'events' | 'digest'
  /**
   * What is too large for a record of Kafka: `file` keeps the whole of it in a file beside the spool, `cut` only its beginning.
   * Default: `file`, in the ack mode `kafka` always `cut`.
   */
  readonly oversize: 'file' | 'cut'
  /** Bytes of all such files together; beyond it what is too large is cut. Default 1 GiB. */
  readonly maxFileBytes: number
}
