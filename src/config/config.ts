import type { EndpointConfig } from './endpoint-config.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** The configuration of every command, after defaults, variables and secrets. Durations are milliseconds, sizes bytes. */
export interface Config {
  readonly kafka: KafkaConfig
  readonly topics: TopicsConfig
  readonly records: RecordsConfig
  readonly schemaRegistry: SchemaRegistryConfig
  readonly gateway: GatewayConfig
  readonly spool: SpoolConfig
  readonly bridge: BridgeConfig
  readonly management: ListenConfig
  readonly logging: LoggingConfig
}

export interface KafkaConfig {
  /** `host:port` each; in the file also one comma-separated text, as variables give it. */
  readonly brokers: readonly string[]
  /** Default `registry-relay`. */
  readonly clientId: string
  /** `true`: TLS with the certificate authorities of Node.js. Default `false`. */
  readonly tls: boolean | TlsConfig
  readonly sasl?: SaslConfig | undefined
  /** Of batches; the topics keep what they get. Default `none`. `zstd` from Node.js 22.15 on; `snappy` and `lz4` with their optional packages. */
  readonly compression: 'none' | 'gzip' | 'zstd' | 'snappy' | 'lz4'
  /** Default 3,000, with TLS 10,000, whose handshake is two round trips more. */
  readonly connectionTimeoutMs?: number | undefined
  /** Default 15,000: above the brokers' session timeout of 9 s, or every failover makes needless time-outs. */
  readonly requestTimeoutMs: number
}

export type SaslConfig = SaslPasswordConfig | SaslTokenConfig

export interface SaslPasswordConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: Secret
}

/** Tokens by OAuth 2.0 client credentials, as an OpenID provider gives them. */
export interface SaslTokenConfig {
  readonly mechanism: 'oauthbearer'
  /** Token endpoint of the provider. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scope?: string | undefined
  readonly audience?: string | undefined
  /** Authorities of the token endpoint; default: those of Node.js. */
  readonly caFile?: string | undefined
}

export interface TopicsConfig {
  /** Default `registry.events.v1`. */
  readonly events: string
  /** Default `registry.events.dlq.v1`. */
  readonly deadLetters: string
  /** Default `registry.events.rejected.v1`. */
  readonly rejected: string
  /** Default 12. Chosen once: raising it later moves repositories to other partitions and breaks their order. */
  readonly partitions: number
  /** Default 3; 1 on a single broker. */
  readonly replicationFactor: number
  /**
   * Events that go to a topic of their own instead: the first route that matches. Kafka keeps order inside one topic only, so
   * whoever reads two of them may meet a repository's pull before the push that came first. Default: none.
   */
  readonly routes: readonly RouteConfig[]
}

/** An event matches when every list that is not empty matches it. */
export interface RouteConfig {
  readonly topic: string
  /** Compared exactly: `[pull]`. */
  readonly actions: readonly string[]
  /** Media types of the target, compared exactly. */
  readonly mediaTypes: readonly string[]
  /** Patterns: `*` within a segment, `**` across segments. */
  readonly repositories: { readonly include: readonly string[]; readonly exclude: readonly string[] }
}

/** What records of events carry beside the event. */
export interface RecordsConfig {
  /** In front of the repository in every key, so that several registries can share a topic: `eu-1/`. Default: empty. */
  readonly keyPrefix: string
  /** Headers of the CloudEvents binary mode. Each header costs; default `false`. */
  readonly cloudEvents: boolean
  /** The headers `traceparent` and `tracestate` of the request, where it had them. Default `false`. */
  readonly traceparent: boolean
}

export interface SchemaRegistryConfig {
  /** Base URLs of the Confluent-compatible API; in the file also one comma-separated text. The next is asked where one fails. */
  readonly urls: readonly string[]
  /** `lookup` (default): the schema was registered by somebody else, e.g. CI. `register`: done here, for development. */
  readonly mode: 'lookup' | 'register'
  readonly username?: string | undefined
  readonly password?: Secret | undefined
  /** Bearer token, instead of user name and password. */
  readonly token?: Secret | undefined
  /** For an https URL whose authority Node.js does not know, or that asks for a client certificate. */
  readonly tls?: TlsConfig | undefined
  /** For one call. Default 5,000. */
  readonly timeoutMs: number
  /** Subject of a topic's schema. Default `topic-name`: `<topic>-value`. */
  readonly subjectStrategy: SubjectStrategy
  /** How often known ids are held against the registry. Default 300,000. */
  readonly revalidateMs: number
  /**
   * Where ids are remembered, so that a start needs no registry. Absolute; in the file relative to the file. Default with a
   * spool: `schema-ids.json` in its folder; else nowhere.
   */
  readonly cacheFile?: string | undefined
}

/** `topic-name`: `<topic>-value`; `record-name`: the schema's full name; `topic-record-name`: `<topic>-<full name>`. */
export type SubjectStrategy = 'topic-name' | 'record-name' | 'topic-record-name'

export interface ListenConfig {
  /** Default `127.0.0.1`. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

/** What is acknowledged and not yet in Kafka, with `gateway.ackMode: spool`. */
export interface SpoolConfig {
  /** One process at a time. Absolute; in the file relative to the file. Default `registry-relay-spool`. */
  readonly folder: string
  /** On the disk; over it the answer is 503. Default 10 GiB. */
  readonly maxBytes: number
  /** Of one file of the log. At most an eighth of `maxBytes`. Default 64 MiB, or that eighth. */
  readonly segmentBytes: number
  /** An event that waits longer is warned of in the log. Default 900,000. */
  readonly warnAgeMs: number
}

export interface BridgeConfig {
  /**
   * Default `registry-relay`. Each endpoint has a consumer group of its own, `<group>.<endpoint name>`, and for each topic of
   * `topics.routes` one more, `<group>.<topic>.<endpoint name>`.
   */
  readonly group: string
  /**
   * For how long a record holds up its repository whose schema the registry does not know, until it is kept among the dead
   * letters. Default 900,000.
   */
  readonly unknownSchemaMs: number
  /** Those of `bridge.endpoints`, then those of the block `notifications`. No two have the same name. */
  readonly endpoints: readonly EndpointConfig[]
  /** Names of those of the block `notifications` that are switched off and so left out above. */
  readonly disabledEndpoints: readonly string[]
  /**
   * What was hardly meant so, or has no effect here: `file:line:column: …` each. To be logged by whoever starts the bridge.
   */
  readonly remarks: readonly string[]
}

export interface LoggingConfig {
  /** Default `info`. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `auto` (default): readable on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json'
}
