import type { Secret } from './secret.ts'

/** The gateway: the port that registries post to. Durations are milliseconds, sizes bytes. */
export interface GatewayConfig {
  /** Default `127.0.0.1`. */
  readonly host: string
  /** 0 lets the system choose. Default 8080. */
  readonly port: number
  /** Default `/notifications`. */
  readonly path: string
  /** Default 32 MiB: events of 25 MB were made with a large manifest and references. */
  readonly maxBodyBytes: number
  /** Default 800: registries give up after 1 s by default, and the answer must come before. */
  readonly ackBudgetMs: number
  /** Named in every record as its publisher. Default: the host name. */
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
  /** Any of them lets a sender in. Empty (default): everybody who reaches the port may post. */
  readonly credentials: readonly CredentialConfig[]
  /** HTTPS instead of HTTP. */
  readonly tls?: GatewayTlsConfig | undefined
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
  /** The token, without the word Bearer. */
  readonly bearer: Secret
}

/** `Authorization: Basic`, as registries make it of a URL with user name and password. */
export interface BasicConfig {
  readonly username: string
  readonly password: Secret
}

/** PEM files. They are read again when they change. */
export interface GatewayTlsConfig {
  /** The certificate, followed by those between it and its authority. */
  readonly certificateFile: string
  readonly keyFile: string
  /** Given: only clients with a certificate of one of these authorities are let in. */
  readonly clientCaFile?: string | undefined
}

export interface GatewayLimitsConfig {
  /** Default 10,000. */
  readonly headersTimeoutMs: number
  /** For all of a request, its body included. Default 15,000. */
  readonly requestTimeoutMs: number
  /** Default 5,000. */
  readonly keepAliveTimeoutMs: number
  /** How often the two time-outs of requests are looked at. Default 2,000. */
  readonly checkIntervalMs: number
  /** From a connection to the end of its TLS handshake. Default 10,000. */
  readonly tlsHandshakeTimeoutMs: number
  /** All header lines of a request. Default 8 KiB. */
  readonly maxHeaderBytes: number
  /** Header lines of a request. Default 256. */
  readonly maxHeaders: number
  /** Default 1,000. */
  readonly maxRequestsPerConnection: number
  /** Default 2,048. */
  readonly maxConnections: number
  /** Bodies of all requests that are not answered yet; over it the answer is 503. Default 256 MiB. */
  readonly maxBodiesBytes: number
  /** A body that takes longer than this must have come at `minBodyBytesPerSecond` from then on. Default 5,000. */
  readonly bodyGraceMs: number
  /** The slowest average at which a body may come in. Default 1,024. */
  readonly minBodyBytesPerSecond: number
  /** How long the rest of a refused body is read, so that its sender gets to see the answer. Default 2,000. */
  readonly lingerMs: number
  /** Events of one Envelope. Default 10,000. */
  readonly maxEvents: number
}

/** A list that is empty (default) says nothing. An event is ignored as soon as one list says so. */
export interface IgnoreConfig {
  /** Media types of the target; the empty text stands for events without one, which all deletes are. */
  readonly mediaTypes: readonly string[]
  readonly actions: readonly string[]
  /** Patterns: `*` within a segment of the path, `**` across segments. */
  readonly repositories: {
    /** Given: only these are kept. */
    readonly include: readonly string[]
    readonly exclude: readonly string[]
  }
  readonly userAgents: readonly string[]
  /** HTTP methods of the request that made the event. */
  readonly methods: readonly string[]
}

export interface RedactConfig {
  /** Default `none`. */
  readonly preset: 'none' | 'recommended'
  /** After those of the preset. */
  readonly rules: readonly RedactRuleConfig[]
  /** Of the HMAC; needed by rules with the action `hmac`. */
  readonly key?: Secret | undefined
  /** Names the key in what it made, so that it can be changed. Default `1`. */
  readonly keyId: string
}

export interface RedactRuleConfig {
  /** JSON pointer into an event, e.g. `/actor/user`. */
  readonly pointer: string
  readonly action: 'keep' | 'drop' | 'mask' | 'hmac' | 'truncate-ip'
}

/** What a registry posts again is not published again while its id is remembered. */
export interface DuplicatesConfig {
  /** Ids remembered; 0 switches it off. Default 100,000. */
  readonly maxEvents: number
  /** Default 600,000. */
  readonly maxAgeMs: number
}

/** How what cannot be published as an event is kept. */
export interface QuarantineConfig {
  /**
   * `keep` (default): the bytes. `events` (default where something is redacted): those of events that are too large or
   * that Kafka refuses, as they were redacted; of anything else, which no rule can reach, only number of bytes and
   * SHA-256. `digest`: of everything only these.
   */
  readonly content: 'keep' | 'events' | 'digest'
  /**
   * What is too large for a record of Kafka: `file` (default with `ackMode: spool`) keeps the whole of it in a file beside
   * the spool, `cut` only its beginning. Always `cut` with `ackMode: kafka`.
   */
  readonly oversize: 'file' | 'cut'
  /** All such files together; beyond it what is too large is cut. Default 1 GiB. */
  readonly maxFileBytes: number
}
