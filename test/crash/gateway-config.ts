import type { Mode } from './points.ts'
import type { Servers } from './topic-reader.ts'

export interface GatewayConfigOptions {
  readonly servers: Servers
  readonly mode: Mode
  readonly topic: string
  readonly port: number
  readonly token: string
  readonly spoolFolder: string
  /** Default 1. */
  readonly replicationFactor?: number
  /** Milliseconds; default: those of the product. */
  readonly timeouts?: { readonly requestTimeoutMs: number; readonly connectionTimeoutMs: number }
  /** Bytes; default 2 MiB. */
  readonly spoolBytes?: number
}

/**
 * The configuration file of the gateway under test. Its spool is small unless told otherwise: an eighth of it may be acked
 * records, so that segments are made and deleted all the time.
 */
export function gatewayConfig(options: GatewayConfigOptions): string {
  const {
    servers,
    mode,
    topic,
    port,
    token,
    spoolFolder,
    replicationFactor = 1,
    spoolBytes = 2_097_152,
  } = options
  return JSON.stringify({
    kafka: { brokers: servers.brokers, ...options.timeouts },
    topics: {
      ...{ events: topic, deadLetters: `${topic}-dlq`, rejected: `${topic}-rejected` },
      ...{ partitions: 6, replicationFactor },
    },
    schemaRegistry: { url: servers.schemaRegistryUrl, mode: 'register' },
    gateway: { port, ackMode: mode, maxBodyBytes: 65_536, credentials: [{ bearer: token }] },
    ...(mode === 'spool'
      ? { spool: { folder: spoolFolder, maxBytes: spoolBytes, segmentBytes: spoolBytes / 32 } }
      : {}),
    logging: { level: 'warn', format: 'json' },
  })
}
