import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { KafkaConfig, SchemaRegistryConfig } from '../config/config.ts'
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
