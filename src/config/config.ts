import type { GatewayConfig } from './gateway-config.ts'
import type { Secret } from './secret.ts'

/** The configuration of every command, after defaults, variables and secrets. Durations are milliseconds, sizes bytes. */
export interface Config {
  readonly kafka: KafkaConfig
  readonly topics: TopicsConfig
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
  /** Default 3,000; raise it for TLS over long distances. */
  readonly connectionTimeoutMs: number
  /** Default 15,000: above the brokers' session timeout of 9 s, or every failover makes needless time-outs. */
  readonly requestTimeoutMs: number
}

/** PEM files. */
export interface TlsConfig {
  readonly caFile?: string | undefined
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly serverName?: string | undefined
}

export interface SaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: Secret
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
}

export interface SchemaRegistryConfig {
  /** Base URL of the Confluent-compatible API. */
  readonly url: string
  /** `lookup` (default): the schema was registered by somebody else, e.g. CI. `register`: done here, for development. */
  readonly mode: 'lookup' | 'register'
  readonly username?: string | undefined
  readonly password?: Secret | undefined
  /** Bearer token, instead of user name and password. */
  readonly token?: Secret | undefined
  /** For one call. Default 5,000. */
  readonly timeoutMs: number
}

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
  /** Default `registry-relay`. Each endpoint has a consumer group of its own: `<group>.<endpoint name>`. */
  readonly group: string
  readonly endpoints: readonly EndpointConfig[]
}

export interface EndpointConfig {
  /** Names the consumer group: a renamed endpoint starts from the beginning of the topic. */
  readonly name: string
  readonly url: string
  /** Further header lines; several values make several lines. Values are secrets. */
  readonly headers: Readonly<Record<string, readonly Secret[]>>
  /** For one attempt, connection to answer. Default 10,000. */
  readonly timeoutMs: number
  /** Repositories in flight at once, over all partitions. Default 64. */
  readonly concurrency: number
}

export interface LoggingConfig {
  /** Default `info`. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `auto` (default): readable on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json'
}
