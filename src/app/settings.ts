import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { KafkaConfig, SchemaRegistryConfig } from '../config/config.ts'
import type { HeaderValues } from '../http/request-headers.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { KafkaFiles } from './kafka-files.ts'
import { RegistryFiles } from './registry-files.ts'

/** For a short life: files are read once. `watchConnections` is for one that outlives its passwords and certificates. */
export function kafkaOptions(config: KafkaConfig): KafkaConnectionOptions {
  return new KafkaFiles(config).options
}

/** The same for the schema registry. */
export function schemaRegistryOptions(config: SchemaRegistryConfig): SchemaRegistryOptions {
  return new RegistryFiles(config).options
}

export function headerValues(
  headers: Readonly<Record<string, readonly { reveal(): string }[]>>,
): HeaderValues {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.map((value) => value.reveal())]),
  )
}
