import { RelayError } from '../errors.ts'
import type { Present } from '../present.ts'

/** How to reach a Kafka cluster; the same for producers, consumers and admins. */
export interface KafkaConnectionOptions {
  /** Bootstrap addresses, each `host:port`. An IPv6 address must be given by a host name. */
  readonly brokers: readonly string[]
  /** Name in the brokers' logs and quotas. Default `registry-relay`. */
  readonly clientId?: string
  /** `true`: TLS with the CAs of Node. */
  readonly tls?: boolean | Present<KafkaTls>
  /** The mechanism must stay the same. */
  readonly sasl?: Present<KafkaSasl>
  /** Milliseconds until a TCP or TLS connection must stand. Default 3,000; 10,000 with TLS, whose handshake is two round trips more. */
  readonly connectionTimeoutMs?: number
  /** Milliseconds until a request must be answered. Default 15,000: above the 9 s after which a cluster drops a dead broker. */
  readonly requestTimeoutMs?: number
  /** Also log what the client does on the wire, at level debug. Costs at every request; default false. */
  readonly debug?: boolean
}

/** PEM texts, as of `node:tls`. */
export interface KafkaTls {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

export type KafkaSasl = KafkaPassword | KafkaToken

export interface KafkaPassword {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** OAuth 2.0; see {@link OAuthTokens} for one source of tokens. */
export interface KafkaToken {
  readonly mechanism: 'oauthbearer'
  /**
   * A token that is valid now, called at every new connection and before a session on an old one ends. Its RelayError with
   * the code KAFKA_CONFIGURATION is tried again slowly, any other error soon.
   */
  readonly token: () => Promise<string>
  /** The broker did not take this one: a source that keeps tokens asks for another. */
  readonly refused?: (token: string) => void
}

/** The same with every default filled in. */
export interface KafkaConnection extends Omit<KafkaConnectionOptions, 'tls'> {
  readonly clientId: string
  readonly tls: boolean | Present<KafkaTls>
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly debug: boolean
}

/**
 * Fills the defaults in and checks what the client would only find out, or get wrong, when it connects.
 * @throws RelayError CONFIG_INVALID naming the option
 */
export function kafkaConnection(options: KafkaConnectionOptions): KafkaConnection {
  if (options.brokers.length === 0) throw invalid('brokers must name at least one host:port')
  for (const broker of options.brokers) {
    // The client splits at the first colon, so an IPv6 address would end as a connection to a host named "[".
    const parts = /^([^:\s]+):(\d{1,5})$/.exec(broker)
    const port = Number(parts?.[2])
    if (parts === null || port < 1 || port > 65_535) {
      throw invalid(`brokers must be host:port (a host name, for an IPv6 address too), not ${broker}`)
    }
  }
  const tls = options.tls ?? false
  return {
    ...options,
    clientId: options.clientId ?? 'registry-relay',
    tls,
    connectionTimeoutMs: milliseconds(
      'connectionTimeoutMs',
      options.connectionTimeoutMs ?? (tls ? 10_000 : 3_000),
    ),
    requestTimeoutMs: milliseconds('requestTimeoutMs', options.requestTimeoutMs ?? 15_000),
    debug: options.debug ?? false,
  }
}

function milliseconds(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw invalid(`${name} must be a whole number of milliseconds above 0, not ${value}`)
  }
  return value
}

function invalid(message: string): RelayError {
  return new RelayError('CONFIG_INVALID', `Kafka connection: ${message}`)
}
