import { readFileSync } from 'node:fs'
import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { KafkaConfig, SchemaRegistryConfig, TlsConfig } from '../config/config.ts'
import { RelayError, toError } from '../errors.ts'
import type { HeaderValues } from '../http/request-headers.ts'
import type { KafkaConnectionOptions, KafkaTls } from '../kafka/connection.ts'

/** From the words of the configuration to the options of the rooms: certificates are read and secrets revealed here. */
export function kafkaOptions(config: KafkaConfig): KafkaConnectionOptions {
  const { brokers, clientId, tls, sasl, connectionTimeoutMs, requestTimeoutMs } = config
  return {
    brokers,
    clientId,
    tls: typeof tls === 'boolean' ? tls : kafkaTls(tls),
    ...(sasl === undefined ? {} : { sasl: { ...sasl, password: sasl.password.reveal() } }),
    connectionTimeoutMs,
    requestTimeoutMs,
  }
}

export function schemaRegistryOptions(config: SchemaRegistryConfig): SchemaRegistryOptions {
  const { url, username, password, token, timeoutMs } = config
  if (token !== undefined) return { url, timeoutMs, auth: { token: token.reveal() } }
  if (username === undefined) return { url, timeoutMs }
  return { url, timeoutMs, auth: { username, password: password?.reveal() ?? '' } }
}

export function headerValues(
  headers: Readonly<Record<string, readonly { reveal(): string }[]>>,
): HeaderValues {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.map((value) => value.reveal())]),
  )
}

function kafkaTls({ caFile, certificateFile, keyFile, serverName }: TlsConfig): KafkaTls {
  return {
    ...(caFile === undefined ? {} : { ca: readPem('kafka.tls.caFile', caFile) }),
    ...(certificateFile === undefined ? {} : { cert: readPem('kafka.tls.certificateFile', certificateFile) }),
    ...(keyFile === undefined ? {} : { key: readPem('kafka.tls.keyFile', keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

/** `key`: of the configuration, for the message of CONFIG_INVALID. */
export function readPem(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new RelayError('CONFIG_INVALID', `"${key}": ${toError(error).message}`, { cause: error })
  }
}
