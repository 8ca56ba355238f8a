import type { EndpointConfig } from './endpoint-config.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { Secret } from './secret.ts'
import type { TlsConfig } from './tls-config.ts'

/** The configuration of every command, after defaults, variables and secrets. Durations are milliseconds, sizes bytes. */
export interface Config {
  /** The brokers, and how connections to them are made. */
  readonly kafka: KafkaConfig
  /** Names of the topics, and how `registry-relay topics apply` makes them. */
  readonly topics: TopicsConfig
  readonly records: RecordsConfig
  /** The registry of Avro schemas. */
  readonly schemaRegistry: SchemaRegistryConfig
  readonly gateway: GatewayConfig
  readonly spool: SpoolConfig
  /** The topic bridge, which delivers the topic to HTTP endpoints. */
  readonly bridge: BridgeConfig
  readonly management: ManagementConfig
  /** Log lines, on standard output. */
  readonly logging: LoggingConfig
}

export interface KafkaConfig {
  /**
   * Brokers to begin with, `host:port` each, as a list or one comma-separated text. One that answers is enough.
   *
   * @example kafka-1:9092,kafka-2:9092
   * @example [kafka-1:9092, kafka-2:9092]
   */
  readonly brokers: readonly string[]
  /** Name of this client in the logs, quotas and metrics of the brokers. Default `registry-relay`. */
  readonly clientId: string
  /** `true`: TLS with the certificate authorities of Node.js; PEM files: with these. Default `false`. */
  readonly tls: boolean | TlsConfig
  /** How the relay authenticates at the brokers, by password or by token. Default: not at all. */
  readonly sasl?: SaslConfig | undefined
  /**
   * Of batches; the topics keep what they get. `zstd` from Node.js 22.15 on; `snappy` and `lz4` with the npm packages `snappy`
   * and `lz4-napi`. Default `none`.
   */
  readonly compression: 'none' | 'gzip' | 'zstd' | 'snappy' | 'lz4'
  /** For making a connection, in milliseconds. Default: 3000, with TLS, whose handshake is two round trips more, 10000. */
  readonly connectionTimeoutMs?: number | undefined
  /**
   * For one request to a broker, in milliseconds. Default 15000: above the brokers' session timeout of 9 s, or every failover
   * makes needless time-outs.
   */
  readonly requestTimeoutMs: number
}

export type SaslConfig = SaslPasswordConfig | SaslTokenConfig

/** User name and password. */
export interface SaslPasswordConfig {
  /** As the brokers have it enabled. `plain` sends the password as it is: use it with TLS. */
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  /** Name of the user at the brokers. */
  readonly username: string
  /** Of that user. A file is read again when it changes: change the brokers first, then the file. */
  readonly password: Secret
}

/** Tokens by OAuth 2.0 client credentials, as an OpenID provider gives them. */
export interface SaslTokenConfig {
  /** The name of this way at the brokers. */
  readonly mechanism: 'oauthbearer'
  /**
   * Token endpoint of the provider.
   *
   * @example https://login.example/oauth2/token
   */
  readonly tokenUrl: string
  /** Of this client at the provider. */
  readonly clientId: string
  /** Of this client at the provider. A file is read again when it changes. */
  readonly clientSecret: Secret
  /** Asked for with each token, several separated by spaces. Default: none. */
  readonly scope?: string | undefined
  /** Asked for with each token, for providers that want it. Default: none. */
  readonly audience?: string | undefined
  /** Authorities of the token endpoint's certificate, as PEM. Default: those of Node.js. */
  readonly caFile?: string | undefined
}

export interface TopicsConfig {
  /** Every event that no route takes. Default `registry.events.v1`. */
  readonly events: string
  /** What could not be delivered to an endpoint. Default `registry.events.dlq.v1`. */
  readonly deadLetters: string
  /** What was posted and is no event, or one too large for Kafka. Default `registry.events.rejected.v1`. */
  readonly rejected: string
  /**
   * Of topics that are made. Chosen once: raising it later moves repositories to other partitions and breaks their order.
   * Default 12.
   */
  readonly partitions: number
  /** Of topics that are made; on a single broker it must be 1. Default 3. */
  readonly replicationFactor: number
  /**
   * Events that go to a topic of their own instead: the first route that matches. Kafka keeps order inside one topic only, so
   * whoever reads two of them may meet a repository's pull before the push that came first. Default: none.
   */
  readonly routes: readonly RouteConfig[]
}

/** An event matches when every list that is not empty matches it. One list must be given. */
export interface RouteConfig {
  /** Where these events go. Several routes may name the same. */
  readonly topic: string
  /** Actions of events, compared exactly. Default: none. */
  readonly actions: readonly string[]
  /**
   * Media types of the target, compared exactly; the empty text stands for events without one, which all deletes are.
   * Default: none.
   */
  readonly mediaTypes: readonly string[]
  readonly repositories: {
    /** Patterns of repositories that are meant: `*` within a segment of the path, `**` across segments. Default: none. */
    readonly include: readonly string[]
    /** Patterns of those that are not, of these. Default: none. */
    readonly exclude: readonly string[]
  }
}

/** What records of events carry beside the event. */
export interface RecordsConfig {
  /**
   * In front of the repository in every key, so that several registries can share a topic: `eu-1/`. Default: empty.
   *
   * @example eu-1/
   */
  readonly keyPrefix: string
  /** Headers of the CloudEvents binary mode. Each header costs. Default `false`. */
  readonly cloudEvents: boolean
  /** The headers `traceparent` and `tracestate` of the request, where it had them. Default `false`. */
  readonly traceparent: boolean
}

export interface SchemaRegistryConfig {
  /**
   * Base URL of the Confluent-compatible API (Apicurio: `http://host:8080/apis/ccompat/v7`). Several, of servers of the same
   * registry, as a list or one comma-separated text: the next is asked where one fails.
   *
   * @example http://schema-registry:8081
   * @example http://apicurio:8080/apis/ccompat/v7
   */
  readonly urls: readonly string[]
  /** `lookup` (default): the schema was registered by somebody else, e.g. CI. `register`: done here, for development. */
  readonly mode: 'lookup' | 'register'
  /** For Basic authentication. Default: none. */
  readonly username?: string | undefined
  /** Of that user. A file is read again when it changes. */
  readonly password?: Secret | undefined
  /** Bearer token, instead of user name and password. A file is read again when it changes. */
  readonly token?: Secret | undefined
  /** For an https URL whose authority Node.js does not know, or that asks for a client certificate. Default: none. */
  readonly tls?: TlsConfig | undefined
  /** For one request to one server, in milliseconds. Default 5000. */
  readonly timeoutMs: number
  /**
   * Subject of a topic's schema. `topic-name` (default): `<topic>-value`; `record-name`: the schema's full name;
   * `topic-record-name`: `<topic>-<full name>`.
   */
  readonly subjectStrategy: SubjectStrategy
  /** How often known ids are held against the registry, in milliseconds; sooner after a lost connection. Default 300000. */
  readonly revalidateMs: number
  /**
   * File in which ids are remembered, so that a start needs no registry; relative to the configuration file. Default:
   * `schema-ids.json` in the spool's folder, without a spool none.
   */
  readonly cacheFile?: string | undefined
}

export type SubjectStrategy = 'topic-name' | 'record-name' | 'topic-record-name'

/** The port of the status page, `/healthz`, `/readyz` and `/metrics`. */
export interface ManagementConfig {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host: string
  /** Port to listen on; 0 lets the system choose. Default 9090. */
  readonly port: number
}

/** What is acknowledged and not yet in Kafka, with `gateway.ackMode: spool`. */
export interface SpoolConfig {
  /** Folder on a local disk, relative to the configuration file. One process at a time. Default `registry-relay-spool`. */
  readonly folder: string
  /** Bytes on the disk; over it the answer is 503. At least 4 times `gateway.maxBodyBytes`. Default 10 GiB. */
  readonly maxBytes: number
  /**
   * Bytes of one file of the log; space comes free by whole files. At most an eighth of `maxBytes`. Default: 64 MiB, or an
   * eighth of `maxBytes` where that is less.
   */
  readonly segmentBytes: number
  /** An event that waits for more milliseconds is warned of in the log. Default 900000. */
  readonly warnAgeMs: number
}

export interface BridgeConfig {
  /**
   * Each endpoint has a consumer group of its own, `<group>.<endpoint name>`, and for each topic of `topics.routes` one more,
   * `<group>.<topic>.<endpoint name>`. Default `registry-relay`.
   */
  readonly group: string
  /**
   * For how many milliseconds a record holds up its repository whose schema the registry does not know, until it is kept among
   * the dead letters. Default 900000.
   */
  readonly unknownSchemaMs: number
  /**
   * Where events are delivered to. Those of the block `notifications` come after these, and no two have the same name. Default:
   * none.
   */
  readonly endpoints: readonly EndpointConfig[]
  /** Names of those of the block `notifications` that are switched off and so left out above. */
  readonly disabledEndpoints: readonly string[]
  /**
   * What was hardly meant so, or has no effect here: `file:line:column: …` each. To be logged by whoever starts the bridge.
   */
  readonly remarks: readonly string[]
  /** What was meant so and is worth knowing, in the same form. */
  readonly notes: readonly string[]
}

export interface LoggingConfig {
  /** The least that is written. Default `info`. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `auto` (default): readable on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json'
}
